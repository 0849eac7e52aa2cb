#include "retort/cli/duration.h"

#include <gtest/gtest.h>

namespace retort::cli {
namespace {

TEST(Duration, IsANumberWithAUnit) {
  EXPECT_EQ(parse_duration("90s"), 90);
  EXPECT_EQ(parse_duration("10m"), 600);
  EXPECT_EQ(parse_duration("1.5h"), 5400);
}

TEST(Duration, IsRefusedWithoutUnitOrSense) {
  for (const char* wrong : {"", "10", "m", "-5m", "0s", "10 parsecs", "nanm", "1e999h", "5mm"})
    EXPECT_ANY_THROW(parse_duration(wrong)) << wrong;
}

}  // namespace
}  // namespace retort::cli
