#include "retort/compress/sparsity_levels.h"

#include <gtest/gtest.h>

namespace retort::compress {
namespace {

constexpr size_t kSteps = 20;

/// Errors scale[s] times a convex curve.
SiteCosts costs(std::array<double, kInputSites> scale, std::array<double, kInputSites> weights) {
  SiteCosts c;
  c.weights = weights;
  for (size_t s = 0; s < kInputSites; ++s)
    for (size_t i = 0; i <= kSteps; ++i) {
      const double x = static_cast<double>(i) / kSteps;
      c.error[s].push_back(scale[s] * x * x * x);
    }
  return c;
}

double mean(const SiteLevels& levels, const SiteCosts& c) {
  double sum = 0, total = 0;
  for (size_t s = 0; s < kInputSites; ++s) {
    sum += levels[s] * c.weights[s];
    total += c.weights[s];
  }
  return sum / total;
}

TEST(SparsityLevels, KeepTheSparsityOfTheLayerAndDoNotDescend) {
  const SiteCosts c = costs({1, 5, 0.3, 2}, {30, 10, 50, 25});
  const double grid[] = {0, 0.05, 0.33, 0.5, 0.7, 0.95};
  const auto levels = choose_levels(c, grid);
  for (size_t i = 0; i < std::size(grid); ++i) {
    EXPECT_NEAR(mean(levels[i], c), grid[i], 1e-12);
    for (size_t s = 0; s < kInputSites; ++s) {
      EXPECT_GE(levels[i][s], i == 0 ? 0 : levels[i - 1][s]);
      EXPECT_LE(levels[i][s], 1);
    }
  }
}

TEST(SparsityLevels, PruneMoreWhereAWeightCostsLess) {
  const SiteCosts c = costs({1, 1, 1, 1}, {1, 2, 4, 8});
  const double grid[] = {0.5};
  const SiteLevels levels = choose_levels(c, grid)[0];
  for (size_t s = 1; s < kInputSites; ++s) EXPECT_GT(levels[s], levels[s - 1]);
}

TEST(SparsityLevels, LeaveASiteAloneThatIsNotPruned) {
  const SiteCosts c = costs({1, 1, 1, 1}, {10, 10, 0, 0});
  const double grid[] = {0.4};
  const SiteLevels levels = choose_levels(c, grid)[0];
  EXPECT_EQ(levels[2], 0);
  EXPECT_NEAR(levels[0], 0.4, 0.05);
}

}  // namespace
}  // namespace retort::compress
