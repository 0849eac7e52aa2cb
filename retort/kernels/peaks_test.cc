#include "retort/kernels/peaks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace retort::kernels {
namespace {

constexpr double kSeconds = 0.005;

class Peaks : public testing::TestWithParam<Isa> {};

TEST_P(Peaks, AreThoseOfARealMachine) {
  // Between 10 million operations a second (under a sanitizer) and 10^13: a loop that was optimised away is
  // faster than any core.
  const double flops = fma_flops(GetParam(), kSeconds);
  EXPECT_GT(flops, 1e7);
  EXPECT_LT(flops, 1e13);
  const std::vector<std::byte> bytes(1 << 20);
  const double read = read_bytes_per_second(GetParam(), bytes, kSeconds);
  EXPECT_GT(read, 1e7);
  EXPECT_LT(read, 1e13);
}

TEST_P(Peaks, OfDotInstructionsExistAtTheLevelThatHasThem) {
  const bool has = GetParam() == Isa::avx512_vnni_bf16;
  ASSERT_EQ(bf16_flops(GetParam(), kSeconds).has_value(), has);
  ASSERT_EQ(int8_ops(GetParam(), kSeconds).has_value(), has);
  if (!has) return;
  EXPECT_GT(*bf16_flops(GetParam(), kSeconds), 0.5 * fma_flops(GetParam(), kSeconds));
  EXPECT_LT(*int8_ops(GetParam(), kSeconds), 1e13);
}

INSTANTIATE_TEST_SUITE_P(Levels, Peaks, testing::ValuesIn(supported_isas()),
                         [](const auto& row) { return std::string(name(row.param)); });

}  // namespace
}  // namespace retort::kernels
