#include "retort/cli/size.h"

#include <gtest/gtest.h>

namespace retort::cli {
namespace {

TEST(Size, IsANumberWithAUnit) {
  EXPECT_EQ(parse_size("16GB"), 16e9);
  EXPECT_EQ(parse_size("16 GiB"), 16.0 * 1024 * 1024 * 1024);
  EXPECT_EQ(parse_size("0.5MB"), 5e5);
}

TEST(Size, IsRefusedWithoutUnitOrSense) {
  for (const char* wrong : {"", "16", "GB", "-1GB", "0GB", "nanGB", "infGB", "16gb", "16 G B", "16GBs"})
    EXPECT_ANY_THROW(parse_size(wrong)) << wrong;
}

}  // namespace
}  // namespace retort::cli
