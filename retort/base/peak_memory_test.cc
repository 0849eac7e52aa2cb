#include "retort/base/peak_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

namespace retort {
namespace {

constexpr size_t kBytes = 64 << 20;

TEST(PeakMemory, RemembersWhatWasGivenBackUntilItIsReset) {
  const uint64_t before = peak_memory_bytes();
  ASSERT_GT(before, 0u);
  {
    auto block = std::make_unique_for_overwrite<char[]>(kBytes);
    std::memset(block.get(), 1, kBytes);
    ASSERT_EQ(block[kBytes / 2], 1);
  }
  EXPECT_GE(peak_memory_bytes(), kBytes);
  if (!reset_peak_memory()) GTEST_SKIP() << "this kernel does not reset it";
  EXPECT_LT(peak_memory_bytes(), before + kBytes);
}

}  // namespace
}  // namespace retort
