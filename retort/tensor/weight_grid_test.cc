#include "retort/tensor/weight_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "retort/base/random.h"
#include "retort/tensor/float_formats.h"

namespace retort {
namespace {

std::vector<float> random_row(uint64_t seed, int64_t n) {
  Random random(seed);
  std::vector<float> row(static_cast<size_t>(n));
  for (float& w : row) w = random.normal();
  return row;
}

std::vector<float> rounded(const WeightGrid& grid, std::vector<float> row) {
  round_to_grid(grid, row.data(), row.data(), static_cast<int64_t>(row.size()));
  return row;
}

/// What a code of the grid stands for, before the scale.
std::vector<float> codes_of(const WeightGrid& grid) {
  std::vector<float> codes;
  for (int code = 0; code < 1 << grid.bits; ++code) {
    const float value = grid.is_e4m3 ? to_f32(f8_e4m3{static_cast<uint8_t>(code)})
                                     : static_cast<float>(code - (1 << (grid.bits - 1)));
    if (!std::isnan(value)) codes.push_back(value);
  }
  return codes;
}

TEST(WeightGrid, EveryNameIsFoundAndNoOther) {
  for (const WeightGrid& grid : weight_grids()) EXPECT_EQ(find_weight_grid(grid.name), &grid);
  EXPECT_EQ(weight_grids().size(), 5u);
  EXPECT_EQ(find_weight_grid("int4"), nullptr);
}

TEST(WeightGrid, NoCodeOfTheGridIsNearer) {
  for (const WeightGrid& grid : weight_grids()) {
    const std::vector<float> codes = codes_of(grid);
    const std::vector<float> row = random_row(3, 256), out = rounded(grid, row);
    const int64_t group = grid.group == 0 ? 256 : grid.group;
    for (int64_t i = 0; i < 256; ++i) {
      const float scale = grid_scale(grid, row.data() + i / group * group, group);
      const auto at = static_cast<size_t>(i);
      float best = std::numeric_limits<float>::infinity();
      for (float code : codes) best = std::min(best, std::fabs(row[at] / scale - code));
      EXPECT_EQ(std::fabs(row[at] / scale - out[at] / scale), best) << grid.name << " column " << i;
    }
  }
}

TEST(WeightGrid, TiesGoToEvenAndTheEndsAreClamped) {
  // 15 is 7.5 steps: the scale is exactly 2.
  std::vector<float> row(32, 0.0f);
  row[0] = 15, row[1] = -15, row[2] = 1, row[3] = 3, row[4] = -1, row[5] = -3, row[6] = 2.1f;
  const std::vector<float> out = rounded(*find_weight_grid("int4-g32"), row);
  const std::vector<float> wanted = {14, -16, 0, 4, 0, -4, 2};
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(out[i], wanted[i]) << i;
}

TEST(WeightGrid, ScalesAreValuesOfBf16) {
  for (const WeightGrid& grid : weight_grids()) {
    const std::vector<float> row = random_row(5, 128);
    const float scale = grid_scale(grid, row.data(), 128);
    EXPECT_EQ(to_f32(to_bf16(scale)), scale) << grid.name;
  }
}

TEST(WeightGrid, GroupsDoNotKnowOfEachOther) {
  const WeightGrid& grid = *find_weight_grid("int4-g64");
  std::vector<float> row = random_row(7, 128);
  const std::vector<float> before = rounded(grid, row);
  for (size_t i = 64; i < 128; ++i) row[i] *= 1000;
  const std::vector<float> after = rounded(grid, row);
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + 64, after.begin()));
}

TEST(WeightGrid, ZerosAndTheSmallestValuesStayFinite) {
  for (const WeightGrid& grid : weight_grids())
    for (float w : {0.0f, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::min(), 1e30f})
      for (float x : rounded(grid, std::vector<float>(128, w))) EXPECT_TRUE(std::isfinite(x)) << grid.name;
}

TEST(WeightGrid, FourBitsHaveSixteenValuesInAGroup) {
  const std::vector<float> out = rounded(*find_weight_grid("int4-g128"), random_row(11, 128));
  EXPECT_LE(std::set<float>(out.begin(), out.end()).size(), 16u);
}

}  // namespace
}  // namespace retort
