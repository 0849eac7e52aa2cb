#include "retort/infer/sampler.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort {
namespace {

constexpr int64_t kBlock = 16;  // tokens looked at together; most blocks hold no candidate

int64_t length(std::span<const float> x) {
  return static_cast<int64_t>(x.size());
}

/// The index of the largest logit.
int64_t check_and_argmax(const kernels::ElementwiseKernels& kernels, std::span<const float> logits) {
  int64_t bad = 0;
  for (float l : logits) bad += !(l <= FLT_MAX);  // NaN or +inf
  if (bad > 0)
    fail(ErrorCode::internal,
         "sampler: {} of {} logits are NaN or infinite: the model's weights or arithmetic are broken", bad,
         logits.size());
  int64_t best = kernels.argmax(logits.data(), length(logits));
  if (logits[static_cast<size_t>(best)] < -FLT_MAX)
    fail(ErrorCode::internal, "sampler: all {} logits are -inf: no token can be chosen", logits.size());
  return best;
}

/// The n largest logits, largest first, by insertion: almost every logit fails the first comparison.
void largest(std::span<const float> logits, int32_t n, std::vector<TokenLogprob>& top) {
  top.clear();
  for (size_t i = 0; i < logits.size(); ++i) {
    bool full = static_cast<int32_t>(top.size()) == n;
    if (full && !(logits[i] > top.back().logprob)) continue;
    if (full) top.pop_back();
    auto after = std::ranges::find_if(top, [&](const TokenLogprob& t) { return t.logprob < logits[i]; });
    top.insert(after, {static_cast<int32_t>(i), logits[i]});
  }
}

}  // namespace

SampledToken Sampler::sample(std::span<const float> logits, const SamplingState& state,
                             std::vector<TokenLogprob>& top) {
  const SamplingParameters& parameters = state.parameters;
  top.clear();
  int64_t best = check_and_argmax(kernels_, logits);
  SampledToken sampled;
  bool modified = state.penalties.active() || !parameters.logit_bias.empty();
  if (state.forced)
    sampled.token = *state.forced;
  else if (parameters.greedy() && !modified)
    sampled.token = static_cast<int32_t>(best);
  else
    sampled.token = choose(logits, state);
  if (!parameters.wants_logprobs()) return sampled;
  float log_sum = kernels_.log_sum_exp(logits.data(), length(logits));
  sampled.logprob = logits[static_cast<size_t>(sampled.token)] - log_sum;
  if (parameters.top_logprobs > 0) largest(logits, parameters.top_logprobs, top);
  for (TokenLogprob& t : top) t.logprob -= log_sum;
  return sampled;
}

int32_t Sampler::choose(std::span<const float> logits, const SamplingState& state) {
  const SamplingParameters& parameters = state.parameters;
  scratch_.assign(logits.begin(), logits.end());
  if (state.penalties.active()) state.penalties.apply(scratch_.data());
  for (const LogitBias& b : parameters.logit_bias) scratch_[static_cast<size_t>(b.token)] += b.bias;
  if (parameters.greedy()) return static_cast<int32_t>(kernels_.argmax(scratch_.data(), length(scratch_)));
  return draw(parameters, random_uniform(parameters.seed, state.position));
}

/// Draws from the modified logits in scratch_; u is uniform in [0, 1).
int32_t Sampler::draw(const SamplingParameters& parameters, double u) {
  int64_t n = length(scratch_);
  int64_t best = kernels_.argmax(scratch_.data(), n);
  float max = scratch_[static_cast<size_t>(best)];
  if (!(std::fabs(max) <= FLT_MAX))
    return static_cast<int32_t>(best);  // a penalty drove the logits out of range
  float inverse = 1.0f / parameters.temperature;
  for (float& x : scratch_) x = (x - max) * inverse;
  kernels_.softmax(scratch_.data(), n);
  bool top_k = parameters.top_k > 0 && parameters.top_k < n;
  if (!top_k && parameters.top_p >= 1.0f && parameters.min_p <= 0.0f) return walk_all(u);

  gather(parameters, scratch_[static_cast<size_t>(best)]);
  std::optional<Candidate> last = last_kept(parameters);
  if (last) std::erase_if(candidates_, [&](const Candidate& c) { return likelier(*last, c); });
  // The kept ones are walked by id, so the draw does not depend on how a library partitions.
  double mass = 0.0;
  for (const Candidate& c : candidates_) mass += c.p;
  double left = u * mass;
  for (const Candidate& c : candidates_)
    if ((left -= c.p) < 0.0) return c.token;
  return candidates_.back().token;
}

/// Collects into candidates_, by id, a set that certainly holds all tokens which the filters keep: those of
/// at least some probability, lowered until there are enough of them.
void Sampler::gather(const SamplingParameters& parameters, float p_max) {
  bool top_k = parameters.top_k > 0, top_p = parameters.top_p < 1.0f;
  // What min-p drops need not be seen, unless it counts in the mass that top-p refers to.
  float lowest = std::max(top_k && top_p ? 0.0f : parameters.min_p * p_max, FLT_MIN);
  for (float threshold = p_max * 0x1p-8f;; threshold *= 0x1p-8f) {
    threshold = std::max(threshold, lowest);
    candidates_.clear();
    double mass = 0.0;
    auto n = static_cast<int64_t>(scratch_.size());
    for (int64_t block = 0; block < n; block += kBlock) {
      const float* p = scratch_.data() + block;
      int64_t size = std::min(kBlock, n - block);
      int hits = 0;
      for (int64_t i = 0; i < size; ++i) hits += p[i] >= threshold;
      if (hits == 0) continue;
      for (int64_t i = 0; i < size; ++i) {
        if (p[i] < threshold) continue;
        candidates_.push_back({static_cast<int32_t>(block + i), p[i]});
        mass += p[i];
      }
    }
    bool enough = top_k   ? static_cast<int64_t>(candidates_.size()) >= parameters.top_k
                  : top_p ? mass >= parameters.top_p
                          : false;
    if (enough || threshold <= lowest) return;
  }
}

/// The least likely token that all filters keep; nothing if they keep every candidate.
std::optional<Sampler::Candidate> Sampler::last_kept(const SamplingParameters& parameters) {
  order_ = candidates_;
  size_t n = order_.size();
  std::optional<Candidate> last;
  double mass = 1.0;  // that top-p refers to
  auto k = static_cast<size_t>(parameters.top_k);
  if (k > 0 && k < n) {
    std::nth_element(order_.begin(), order_.begin() + static_cast<int64_t>(k) - 1, order_.end(), likelier);
    n = k;
    last = order_[k - 1];
  }
  if (k > 0) {
    mass = 0.0;
    for (size_t i = 0; i < n; ++i) mass += order_[i].p;
  }
  if (parameters.top_p < 1.0f) last = last_of_mass(n, parameters.top_p * mass);
  if (parameters.min_p > 0.0f) {
    float p_max = std::ranges::min_element(order_, likelier)->p;
    Candidate limit{INT32_MAX, parameters.min_p * p_max};
    if (!last || likelier(limit, *last)) last = limit;
  }
  return last;
}

/// The token with which the likeliest of order_[0, n) first reach the mass: a quickselect by mass, O(n).
Sampler::Candidate Sampler::last_of_mass(size_t n, double mass) {
  auto at = [&](size_t i) { return order_.begin() + static_cast<int64_t>(i); };
  size_t low = 0, high = n;
  double before = 0.0;  // mass of [0, low), less than asked for
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    std::nth_element(at(low), at(middle), at(high), likelier);
    double part = 0.0;
    for (size_t i = low; i < middle; ++i) part += order_[i].p;
    if (before + part >= mass) {
      high = middle;
    } else {
      before += part;
      low = middle;
    }
  }
  return order_[low];
}

int32_t Sampler::walk_all(double u) const {
  double mass = 0.0;
  for (float p : scratch_) mass += p;
  double left = u * mass;
  for (size_t i = 0; i < scratch_.size(); ++i)
    if ((left -= scratch_[i]) < 0.0) return static_cast<int32_t>(i);
  return static_cast<int32_t>(kernels_.argmax(scratch_.data(), length(scratch_)));
}

}  // namespace retort
