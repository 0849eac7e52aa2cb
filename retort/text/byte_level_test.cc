#include "retort/text/byte_level.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

TEST(ByteLevel, EveryByteHasItsCharacter) {
  for (int b = 0; b < 256; ++b) {
    char byte = static_cast<char>(b);
    std::string back;
    EXPECT_TRUE(append_byte_level(to_byte_level({&byte, 1}), back));
    EXPECT_EQ(back, std::string(1, byte));
  }
  EXPECT_EQ(to_byte_level(" the\n"), "ĠtheĊ");
}

TEST(ByteLevel, TextWithACharacterThatIsNoByteIsRefusedWhole) {
  std::string out = "kept";
  for (auto text : {"<｜x｜>", "a b", "ń\xFF", "\u0144"}) {
    EXPECT_FALSE(append_byte_level(text, out)) << text;
    EXPECT_EQ(out, "kept");
  }
}

}  // namespace
}  // namespace retort
