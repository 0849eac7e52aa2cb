#include "retort/cli/speed_meter.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

#include "retort/base/arithmetic.h"
#include "retort/base/random.h"

namespace retort::cli {
namespace {

constexpr int64_t kStepTokens = 512;  // as the engine cuts prompts

int64_t pages_for(int64_t positions) {
  return div_up<int64_t>(positions, kernels::kPageTokens);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

SpeedMeter::SpeedMeter(const CausalLM& model, Context& context, const kernels::KvLayout& kv,
                       const SpeedMeterLimits& limits, std::function<void()> check)
    : model_(model),
      context_(context),
      check_(std::move(check)),
      pages_per_sequence_(pages_for(limits.max_positions)),
      cache_(kv, static_cast<int>(model.config().num_hidden_layers),
             std::max(pages_per_sequence_ * limits.max_batch, pages_for(limits.max_prefill))),
      pages_(static_cast<size_t>(cache_.n_pages())),
      tokens_(static_cast<size_t>(std::max({limits.max_prefill, limits.max_positions, limits.max_batch}))) {
  const ModelConfig& config = model.config();
  if (config.has_experts()) {
    expert_load_.emplace(config.num_hidden_layers, config.num_local_experts);
    context_.expert_load = &*expert_load_;
  }
  std::iota(pages_.begin(), pages_.end(), 0);
  Random random(1);
  for (auto& token : tokens_)
    token = static_cast<int32_t>(random.below(static_cast<uint64_t>(config.vocab_size)));
}

SpeedMeter::~SpeedMeter() {
  context_.expert_load = nullptr;
}

std::span<const int32_t> SpeedMeter::pages_of(int64_t sequence) const {
  return std::span(pages_).subspan(static_cast<size_t>(sequence * pages_per_sequence_));
}

void SpeedMeter::forward(std::span<const SequenceStep> sequences) {
  check_();
  context_.arena.reset();
  model_.forward(context_, sequences, cache_);
}

void SpeedMeter::compute_prompt(int64_t n) {
  for (int64_t done = 0; done < n;) {
    int64_t now = std::min(kStepTokens, n - done);
    SequenceStep step{
        .tokens = std::span(tokens_).subspan(static_cast<size_t>(done), static_cast<size_t>(now)),
        .position = done,
        .pages = pages_of(0),
        .n_logits = done + now == n ? 1 : 0};
    forward(std::span(&step, 1));
    done += now;
  }
}

double SpeedMeter::prefill(int64_t n) {
  if (expert_load_) expert_load_->clear();
  auto start = std::chrono::steady_clock::now();
  compute_prompt(n);
  computed_ = n;
  return seconds_since(start);
}

double SpeedMeter::decode(int64_t batch, int64_t context, int64_t steps) {
  // One context is computed; the other sequences get copies, so that each reads keys and values of its own.
  if (computed_ < context) compute_prompt(context);
  computed_ = context;
  size_t bytes = static_cast<size_t>(pages_per_sequence_) * cache_.page_stride();
  for (int64_t s = 1; s < batch; ++s)
    std::memcpy(cache_.layer_base(0) + static_cast<size_t>(s) * bytes, cache_.layer_base(0), bytes);

  if (expert_load_) expert_load_->clear();
  std::vector<SequenceStep> sequences(static_cast<size_t>(batch));
  auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < steps; ++i) {
    for (int64_t s = 0; s < batch; ++s)
      sequences[static_cast<size_t>(s)] = {.tokens = std::span(tokens_).subspan(static_cast<size_t>(s), 1),
                                           .position = context + i,
                                           .pages = pages_of(s)};
    forward(sequences);
  }
  return seconds_since(start);
}

double SpeedMeter::kv_bytes_per_position() const {
  return static_cast<double>(cache_.page_bytes()) / kernels::kPageTokens;
}

}  // namespace retort::cli
