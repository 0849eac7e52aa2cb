#include "retort/text/shown.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

TEST(Shown, IsOneLineWhateverTheText) {
  EXPECT_EQ(shown("a\n\"é中\"\x1b[0m"), "a\\x0a\"é中\"\\x1b[0m");
  EXPECT_EQ(shown("\xFF\xE4\xB8"), "\\xff\\xe4\\xb8");
  EXPECT_EQ(shown("\u2028\u0085"), "\\xe2\\x80\\xa8\\xc2\\x85");
  EXPECT_EQ(shown("中文", 4), "中...");
  EXPECT_EQ(shown(std::string(5000, 'x')).size(), 123u);
}

}  // namespace
}  // namespace retort
