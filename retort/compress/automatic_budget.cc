#include "retort/compress/automatic_budget.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "retort/base/check.h"

namespace retort::compress {
namespace {

using Items = std::span<const std::vector<FormatOption>>;

constexpr uint64_t kSteps = 1 << 16;

uint64_t smallest(const std::vector<FormatOption>& options) {
  RETORT_CHECK(!options.empty());
  return std::min_element(options.begin(), options.end(), [](auto& a, auto& b) { return a.bytes < b.bytes; })
      ->bytes;
}

/// Bytes above an item's smallest option are what there is to spend; all sums are multiples of their divisor.
uint64_t common_divisor(Items items) {
  uint64_t divisor = 0;
  for (const auto& options : items)
    for (const auto& option : options) divisor = std::gcd(divisor, option.bytes - smallest(options));
  return std::max<uint64_t>(1, divisor);
}

/// Steps that an option costs above the smallest of its item.
uint64_t steps_of(const FormatOption& option, uint64_t least, uint64_t step) {
  return (option.bytes - least + step - 1) / step;
}

/// Replaces options by better ones while bytes are left that rounding up has held back.
void spend_rest(Items items, std::vector<int>& choice, uint64_t left) {
  for (bool found = true; found;) {
    found = false;
    double best_gain = 0;
    size_t best_item = 0;
    int best_option = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      const FormatOption& now = items[i][static_cast<size_t>(choice[i])];
      for (size_t o = 0; o < items[i].size(); ++o) {
        const FormatOption& other = items[i][o];
        if (other.bytes > now.bytes + left || !(now.loss - other.loss > best_gain)) continue;
        best_gain = now.loss - other.loss;
        best_item = i;
        best_option = static_cast<int>(o);
        found = true;
      }
    }
    if (!found) return;
    left += items[best_item][static_cast<size_t>(choice[best_item])].bytes;
    left -= items[best_item][static_cast<size_t>(best_option)].bytes;
    choice[best_item] = best_option;
  }
}

}  // namespace

std::optional<std::vector<int>> choose_under_budget(Items items, uint64_t budget) {
  uint64_t least = 0;
  for (const auto& options : items) least += smallest(options);
  if (least > budget) return std::nullopt;
  const uint64_t spare = budget - least, divisor = common_divisor(items);
  const uint64_t step = std::max(divisor, (spare / kSteps + divisor) / divisor * divisor);
  const auto capacity = static_cast<size_t>(std::min<uint64_t>(spare / step, kSteps));

  // best[s]: the least loss of the items so far with s steps; taken[i][s]: item i's option there.
  std::vector<double> best(capacity + 1, 0.0);
  std::vector<std::vector<uint8_t>> taken;
  for (const auto& options : items) {
    RETORT_CHECK(options.size() < 256);
    const uint64_t floor = smallest(options);
    std::vector<double> next(capacity + 1, INFINITY);
    auto& mine = taken.emplace_back(capacity + 1);
    for (size_t o = 0; o < options.size(); ++o) {
      const uint64_t steps = steps_of(options[o], floor, step);
      for (size_t s = steps; s <= capacity; ++s) {
        const double loss = best[s - steps] + options[o].loss;
        if (loss < next[s]) {
          next[s] = loss;
          mine[s] = static_cast<uint8_t>(o);
        }
      }
    }
    best = std::move(next);
  }
  std::vector<int> choice(items.size());
  uint64_t bytes = 0;
  for (size_t i = items.size(), s = capacity; i-- > 0;) {
    choice[i] = taken[i][s];
    const FormatOption& option = items[i][static_cast<size_t>(choice[i])];
    s -= steps_of(option, smallest(items[i]), step);
    bytes += option.bytes;
  }
  RETORT_CHECK(bytes <= budget);
  spend_rest(items, choice, budget - bytes);
  return choice;
}

}  // namespace retort::compress
