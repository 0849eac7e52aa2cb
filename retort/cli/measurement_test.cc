#include "retort/cli/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace retort::cli {
namespace {

TEST(Spread, IsTheMedianAndHalfTheQuartilesDistance) {
  Spread s = spread({5, 1, 3, 2, 4});
  EXPECT_DOUBLE_EQ(s.median, 3);
  EXPECT_DOUBLE_EQ(s.half_range, 1);
}

TEST(Spread, OfOneValueIsThatValue) {
  Spread s = spread({7});
  EXPECT_DOUBLE_EQ(s.median, 7);
  EXPECT_DOUBLE_EQ(s.half_range, 0);
}

TEST(Spread, OneOutlierDoesNotMoveTheMedian) {
  EXPECT_DOUBLE_EQ(spread({10, 10, 10, 10, 900}).median, 10);
}

TEST(RunId, IsHexAndADayAndNewEachTime) {
  std::string a = new_run_id();
  EXPECT_THAT(a, testing::MatchesRegex("[0-9a-f]{8}-[0-9]{8}"));
  EXPECT_NE(a, new_run_id());
}

}  // namespace
}  // namespace retort::cli
