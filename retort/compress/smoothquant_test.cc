#include "retort/compress/smoothquant.h"

#include <gtest/gtest.h>

namespace retort::compress {
namespace {

TEST(SmoothQuant, BalancesTheLargestInputAgainstTheLargestWeight) {
  InputStatistics inputs;
  inputs.tokens = 3;
  inputs.max_abs = {16, 1, 0, 4};
  GroupWeights weights;
  weights.parts.push_back({{0.25f, -1, 1, 0, -0.25f, 0.5f, 1, 0}, 2, 4, &inputs});
  const std::vector<float> scale = smoothquant_scale(weights);
  EXPECT_FLOAT_EQ(scale[0], 8);  // sqrt(16) / sqrt(0.25): both become 2
  EXPECT_FLOAT_EQ(scale[1], 1);
  EXPECT_FLOAT_EQ(scale[2], 1);  // no inputs
  EXPECT_FLOAT_EQ(scale[3], 1);  // no weights
}

TEST(SmoothQuant, TakesTheLargestOfAllReaders) {
  InputStatistics first, second;
  first.max_abs = {1};
  second.max_abs = {4};
  GroupWeights weights;
  weights.parts.push_back({{0.5f}, 1, 1, &first});
  weights.parts.push_back({{-2.0f, 4.0f}, 2, 1, &second});
  EXPECT_FLOAT_EQ(smoothquant_scale(weights)[0], 1);  // sqrt(4 / 4)
  EXPECT_FLOAT_EQ(smoothquant_scale(weights, 1)[0], 4);
}

}  // namespace
}  // namespace retort::compress
