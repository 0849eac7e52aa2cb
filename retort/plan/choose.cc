#include "retort/plan/choose.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "retort/base/error.h"

namespace retort::plan {
namespace {

std::string gib(double bytes) {
  const double value = bytes / (1024.0 * 1024 * 1024);
  if (value < 0.1) return fmt::format("{:.1f} MiB", value * 1024);
  return fmt::format("{:.1f} GiB", value);
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

std::string label(const Candidate& c) {
  return c.precision.empty() ? c.model : fmt::format("{} in {}", c.model, c.precision);
}

/// "91.2 % (86 to 95; measured, run 3fa9...)"
std::string quality_text(const Quality& q) {
  const std::string interval =
      q.low < q.high ? fmt::format("{:.0f} to {:.0f}; ", 100 * q.low, 100 * q.high) : "";
  return fmt::format("{} ({}{}, {})", percent(q.value), interval, name(q.obtained), q.source);
}

double present_memory(const Situation& s, const Candidate& c) {
  return std::min(c.device_memory_bytes, s.memory_bytes.value_or(HUGE_VAL));
}

/// With a byte in a thousand million for the rounding of what is computed here.
bool fits_memory(const Situation& s, const Candidate& c) {
  return c.memory_bytes <= present_memory(s, c) * (1 - s.headroom) * (1 + 1e-9);
}

/// Every limit but memory, so that memory can be looked at alone.
Assessment assess_beside_memory(const Situation& s, const Candidate& c) {
  if (!c.quality) return {Obstacle::no_quality, "its quality was not measured"};
  if (c.quality->obtained != s.evidence)
    return {Obstacle::other_evidence, fmt::format("its quality is {}, and {} quality is asked",
                                                  name(c.quality->obtained), name(s.evidence))};
  if (c.quality->high < s.useful)
    return {Obstacle::not_useful, fmt::format("{} solved; below {} it does not do the job",
                                              quality_text(*c.quality), percent(s.useful))};
  if (s.tokens_per_second) {
    if (!c.tokens_per_second)
      return {Obstacle::no_speed, fmt::format("its speed on {} cannot be predicted", c.device)};
    if (c.tokens_per_second->value < *s.tokens_per_second)
      return {Obstacle::too_slow,
              fmt::format("{:.3g} tokens/s ({}), {:.3g} asked", c.tokens_per_second->value,
                          name(c.tokens_per_second->obtained), *s.tokens_per_second)};
  }
  if (s.usd_per_million) {
    if (!c.usd_per_million) return {Obstacle::no_price, fmt::format("no price is known for {}", c.device)};
    if (c.usd_per_million->value > *s.usd_per_million)
      return {Obstacle::too_dear,
              fmt::format("{:.3g} USD per million tokens ({}), at most {:.3g} asked",
                          c.usd_per_million->value, name(c.usd_per_million->obtained), *s.usd_per_million)};
  }
  return {};
}

Assessment assess(const Situation& s, const Candidate& c) {
  Assessment out = assess_beside_memory(s, c);
  if (out.obstacle == Obstacle::none && !fits_memory(s, c))
    out = {Obstacle::too_large,
           fmt::format("needs {}, there are {} with {:.0f} % kept free", gib(c.memory_bytes),
                       gib(present_memory(s, c)), 100 * s.headroom)};
  return out;
}

/// What is small is good. Where a solved problem's tokens are not known, a model is not shown to be cheaper
/// than one of which they are: it comes behind.
std::pair<bool, double> cost(const Candidate& c, Prefer prefer) {
  const bool unknown = !c.tokens_per_solved;
  const double tokens = c.tokens_per_solved.value_or(1);
  switch (prefer) {
    case Prefer::memory:
      return {false, c.memory_bytes};
    case Prefer::speed:
      return {unknown, c.tokens_per_second ? tokens / c.tokens_per_second->value : HUGE_VAL};
    case Prefer::price:
      return {unknown, c.usd_per_million ? tokens * c.usd_per_million->value : HUGE_VAL};
  }
  return {true, HUGE_VAL};
}

/// Candidates that share one quality: precisions of a model that was measured in another. Others stand alone.
struct Contestants {
  std::vector<size_t> members;  // by memory
  size_t smallest() const { return members.front(); }
};

bool same_model(const Candidate& a, const Candidate& b) {
  return a.model == b.model && a.device == b.device && a.quality->obtained == b.quality->obtained &&
         a.quality->value == b.quality->value &&
         !(a.quality->of_this_precision && b.quality->of_this_precision);
}

class Choosing {
 public:
  Choosing(const Situation& situation, std::span<const Candidate> all, const NotWorse& not_worse)
      : s_(situation), all_(all), not_worse_(not_worse) {}

  /// The rule's steps 2 and 3 over candidates that break no limit but perhaps memory; `passed_over`: a model
  /// that must not be chosen.
  std::optional<size_t> best(const std::optional<size_t>& passed_over = std::nullopt) const {
    const Contestants* current = nullptr;
    const std::vector<Contestants> contestants = contestants_by_memory(passed_over);
    for (const Contestants& next : contestants)
      if (fits(next.smallest()) && (current == nullptr || replaces(next, *current))) current = &next;
    if (current == nullptr) return std::nullopt;
    size_t out = current->smallest();
    for (const size_t i : current->members)
      if (fits(i) && all_[i].bits_per_weight > all_[out].bits_per_weight) out = i;
    return out;
  }

 private:
  bool fits(size_t i) const { return fits_memory(s_, all_[i]); }

  /// The smallest first; of equal size the better, then the faster or cheaper, then by name: an order that
  /// does not depend on the order of the candidates.
  std::vector<Contestants> contestants_by_memory(const std::optional<size_t>& passed_over) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < all_.size(); ++i)
      if (assess_beside_memory(s_, all_[i]).obstacle == Obstacle::none &&
          !(passed_over && all_[i].model == all_[*passed_over].model &&
            all_[i].device == all_[*passed_over].device))
        order.push_back(i);
    const auto key = [&](size_t i) {
      const Candidate& c = all_[i];
      return std::tuple(c.memory_bytes, -c.quality->value, cost(c, Prefer::speed), cost(c, Prefer::price),
                        std::string_view(c.model), std::string_view(c.precision), std::string_view(c.device));
    };
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
    std::vector<Contestants> out;
    for (const size_t i : order) {
      const auto group = std::find_if(out.begin(), out.end(), [&](const Contestants& one) {
        return same_model(all_[one.smallest()], all_[i]);
      });
      if (group == out.end())
        out.push_back({{i}});
      else
        group->members.push_back(i);
    }
    return out;
  }

  bool replaces(const Contestants& next, const Contestants& current) const {
    const Candidate& a = all_[next.smallest()];
    const Candidate& b = all_[current.smallest()];
    if (a.quality->value > b.quality->value && !not_worse_(b, a, s_.margin)) return true;
    return a.quality->value >= b.quality->value && cost(a, s_.prefer) < cost(b, s_.prefer);
  }

  const Situation& s_;
  std::span<const Candidate> all_;
  const NotWorse& not_worse_;
};

/// The best that any limit lets through: what the chosen one is measured against.
std::optional<size_t> best_quality(std::span<const Candidate> all, std::span<const Assessment> assessments) {
  std::optional<size_t> out;
  for (size_t i = 0; i < all.size(); ++i)
    if (assessments[i].obstacle == Obstacle::none &&
        (!out || all[i].quality->value > all[*out].quality->value))
      out = i;
  return out;
}

std::string preference_text(const Candidate& c, Prefer prefer) {
  const std::string memory = fmt::format("needs {}", gib(c.memory_bytes));
  if (prefer == Prefer::speed && c.tokens_per_second)
    return fmt::format("{}, {:.3g} tokens/s ({})", memory, c.tokens_per_second->value,
                       name(c.tokens_per_second->obtained));
  if (prefer == Prefer::price && c.usd_per_million)
    return fmt::format("{}, {:.3g} USD per million tokens ({})", memory, c.usd_per_million->value,
                       name(c.usd_per_million->obtained));
  return memory;
}

std::string reason_for(const Situation& s, std::span<const Candidate> all, size_t chosen, size_t best) {
  const Candidate& c = all[chosen];
  std::string out = fmt::format("{} solved; {}", quality_text(*c.quality), preference_text(c, s.prefer));
  if (c.quality->value >= all[best].quality->value)
    out += "; nothing better keeps within the limits";
  else
    out += fmt::format(
        "; the best within the limits, {}, solves {} and needs {}, and {} is shown not to be worse by "
        "more than {:.1f} points",
        label(all[best]), quality_text(*all[best].quality), gib(all[best].memory_bytes), c.model,
        100 * s.margin);
  if (!c.quality->of_this_precision)
    out += fmt::format("; what {} loses was not measured: `retort eval` it", c.precision);
  return out;
}

std::string against(const Situation& s, const Candidate& runner_up, const Candidate& chosen) {
  const double lost = chosen.quality->value - runner_up.quality->value;
  if (lost > 0)
    return fmt::format("{} solved, {:.1f} points fewer; {}", quality_text(*runner_up.quality), 100 * lost,
                       preference_text(runner_up, s.prefer));
  return fmt::format("{} solved; {}, against {}", quality_text(*runner_up.quality),
                     preference_text(runner_up, s.prefer), preference_text(chosen, s.prefer));
}

/// One limit at a time is lifted, and set to what the candidate that then is chosen needs.
class WaysOut {
 public:
  WaysOut(const Situation& situation, std::span<const Candidate> all, const NotWorse& not_worse)
      : s_(situation), all_(all), not_worse_(not_worse) {}

  std::vector<std::string> lines() {
    lift_memory();
    if (s_.tokens_per_second) lift_speed();
    if (s_.usd_per_million) lift_price();
    if (s_.evidence == Obtained::measured) lift_evidence();
    return out_;
  }

 private:
  /// The candidates that would do with a changed situation.
  template <typename Use>
  void each_that_would_do(const Situation& s, Use use) const {
    for (const Candidate& c : all_)
      if (assess(s, c).obstacle == Obstacle::none) use(c);
  }

  /// The device that holds it may be too small as well: so the memory that is asked for is that of a device.
  void lift_memory() {
    const Candidate* least = nullptr;
    for (const Candidate& c : all_)
      if (assess_beside_memory(s_, c).obstacle == Obstacle::none && !fits_memory(s_, c) &&
          (least == nullptr || c.memory_bytes < least->memory_bytes))
        least = &c;
    if (least != nullptr)
      out_.push_back(fmt::format("memory: {} of it would take {}",
                                 gib(least->memory_bytes / (1 - s_.headroom)), label(*least)));
  }

  void lift_speed() {
    Situation lifted = s_;
    lifted.tokens_per_second.reset();
    const Candidate* fastest = nullptr;
    each_that_would_do(lifted, [&](const Candidate& c) {
      if (c.tokens_per_second &&
          (fastest == nullptr || c.tokens_per_second->value > fastest->tokens_per_second->value))
        fastest = &c;
    });
    if (fastest != nullptr)
      out_.push_back(fmt::format("speed: {} would do at {:.3g} tokens/s ({}) on {}", label(*fastest),
                                 fastest->tokens_per_second->value,
                                 name(fastest->tokens_per_second->obtained), fastest->device));
  }

  void lift_price() {
    Situation lifted = s_;
    lifted.usd_per_million.reset();
    const Candidate* cheapest = nullptr;
    each_that_would_do(lifted, [&](const Candidate& c) {
      if (c.usd_per_million &&
          (cheapest == nullptr || c.usd_per_million->value < cheapest->usd_per_million->value))
        cheapest = &c;
    });
    if (cheapest != nullptr)
      out_.push_back(fmt::format("price: {} would cost {:.3g} USD per million tokens ({}) on {}",
                                 label(*cheapest), cheapest->usd_per_million->value,
                                 name(cheapest->usd_per_million->obtained), cheapest->device));
  }

  void lift_evidence() {
    Situation lifted = s_;
    lifted.evidence = Obtained::published;
    if (const auto i = Choosing(lifted, all_, not_worse_).best())
      out_.push_back(fmt::format("evidence: by published figures, {} ({})", label(all_[*i]),
                                 quality_text(*all_[*i].quality)));
  }

  const Situation& s_;
  std::span<const Candidate> all_;
  const NotWorse& not_worse_;
  std::vector<std::string> out_;
};

std::string why_none(std::span<const Candidate> all, std::span<const Assessment> assessments) {
  if (all.empty()) return "there is nothing to choose from";
  static constexpr const char* kWhy[] = {"",
                                         "have no quality",
                                         "have other evidence",
                                         "solve too little",
                                         "have no predicted speed",
                                         "are too slow",
                                         "have no price",
                                         "are too dear",
                                         "do not fit"};
  int counts[std::size(kWhy)] = {};
  for (const Assessment& one : assessments) ++counts[static_cast<int>(one.obstacle)];
  std::string out;
  for (size_t i = 1; i < std::size(counts); ++i)
    if (counts[i] > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", counts[i], kWhy[i]);
  return fmt::format("nothing fits: of {} candidates {}", all.size(), out);
}

}  // namespace

std::string_view name(Prefer prefer) {
  static constexpr std::string_view kNames[] = {"memory", "speed", "price"};
  return kNames[static_cast<size_t>(prefer)];
}

bool not_worse_by_intervals(const Candidate& a, const Candidate& b, double margin) {
  const Quality &x = *a.quality, &y = *b.quality;
  // Newcombe (1998): the interval of a difference from the intervals of its two shares.
  const double low = x.value - y.value - std::hypot(x.value - x.low, y.high - y.value);
  return low >= -margin - 1e-12;  // exactly the margin is not more than it
}

Choice choose(const Situation& s, std::span<const Candidate> all, const NotWorse& not_worse) {
  Choice out;
  for (const Candidate& c : all) out.assessments.push_back(assess(s, c));
  const Choosing choosing(s, all, not_worse);
  out.chosen = choosing.best();
  if (!out.chosen) {
    out.reason = why_none(all, out.assessments);
    out.ways_out = WaysOut(s, all, not_worse).lines();
    return out;
  }
  out.reason = reason_for(s, all, *out.chosen, *best_quality(all, out.assessments));
  out.runner_up = choosing.best(out.chosen);
  if (out.runner_up) out.why_not = against(s, all[*out.runner_up], all[*out.chosen]);
  return out;
}

}  // namespace retort::plan
