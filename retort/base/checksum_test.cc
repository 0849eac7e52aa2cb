#include "retort/base/checksum.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

TEST(Checksum, IsXxh3Of128Bits) {
  EXPECT_EQ(checksum_of(""), "99aa06d3014798d86001c324468d497f");  // xxHash's own test vector
}

TEST(Checksum, DoesNotDependOnHowBytesArrive) {
  const std::string text(100000, 'x');
  Checksum sum;
  for (size_t at = 0; at < text.size(); at += 777) sum.add(std::string_view(text).substr(at, 777));
  EXPECT_EQ(sum.hex(), checksum_of(text));
}

TEST(Checksum, SeesOneBit) {
  std::string text(5000, 'x');
  const std::string before = checksum_of(text);
  text[4321] = static_cast<char>(text[4321] ^ 1);
  EXPECT_NE(checksum_of(text), before);
}

}  // namespace
}  // namespace retort
