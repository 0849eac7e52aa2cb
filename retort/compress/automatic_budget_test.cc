#include "retort/compress/automatic_budget.h"

#include <gtest/gtest.h>

#include <cmath>

#include "retort/base/random.h"

namespace retort::compress {
namespace {

using Items = std::vector<std::vector<FormatOption>>;

/// Larger options lose less, as formats do; sizes are multiples of `unit`.
Items random_items(size_t n, size_t n_options, uint64_t unit, uint64_t seed) {
  Random random(seed);
  Items items(n);
  for (auto& options : items) {
    uint64_t bytes = unit * (1 + random.below(8));
    double loss = std::exp(2.0 * random.uniform());
    for (size_t o = 0; o < n_options; ++o) {
      options.push_back({bytes, loss});
      bytes += unit * (1 + random.below(6));
      loss *= 0.2 + 0.6 * random.uniform();
    }
  }
  return items;
}

struct Total {
  uint64_t bytes = 0;
  double loss = 0;
};

Total total_of(const Items& items, const std::vector<int>& choice) {
  Total total;
  for (size_t i = 0; i < items.size(); ++i) {
    total.bytes += items[i][static_cast<size_t>(choice[i])].bytes;
    total.loss += items[i][static_cast<size_t>(choice[i])].loss;
  }
  return total;
}

/// The least loss of all choices that fit.
double brute_force(const Items& items, uint64_t budget, size_t item = 0) {
  if (item == items.size()) return 0;
  double best = INFINITY;
  for (const FormatOption& option : items[item])
    if (option.bytes <= budget)
      best = std::min(best, option.loss + brute_force(items, budget - option.bytes, item + 1));
  return best;
}

TEST(AutomaticBudget, FindsWhatBruteForceFinds) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const Items items = random_items(6, 4, 32, seed);
    for (uint64_t budget : {uint64_t{700}, uint64_t{1100}, uint64_t{1777}, uint64_t{5000}}) {
      const auto choice = choose_under_budget(items, budget);
      const double least = brute_force(items, budget);
      ASSERT_EQ(choice.has_value(), std::isfinite(least));
      if (!choice) continue;
      EXPECT_LE(total_of(items, *choice).bytes, budget);
      EXPECT_NEAR(total_of(items, *choice).loss, least, 1e-9);
    }
  }
}

TEST(AutomaticBudget, StaysBelowBudgetsOfManyBytes) {
  // Sizes without a common divisor, and far more sums than steps.
  Items items = random_items(200, 6, 1'000'003, 9);
  Random random(4);
  uint64_t least = 0, most = 0;
  for (auto& options : items) {
    for (auto& option : options) option.bytes += random.below(1000);
    least += options.front().bytes;
    most += options.back().bytes;
  }
  for (double share : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    const uint64_t budget = least + static_cast<uint64_t>(share * static_cast<double>(most - least));
    const auto choice = choose_under_budget(items, budget);
    ASSERT_TRUE(choice);
    const Total total = total_of(items, *choice);
    EXPECT_LE(total.bytes, budget);
    // What is left would not pay for anything.
    EXPECT_GE(static_cast<double>(total.bytes), static_cast<double>(budget) * 0.995) << share;
  }
  EXPECT_FALSE(choose_under_budget(items, least - 1));
}

}  // namespace
}  // namespace retort::compress
