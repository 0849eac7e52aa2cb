#include "retort/base/peak_memory.h"

#include <gtest/gtest.h>

#include <memory>

namespace retort {
namespace {

constexpr size_t kBytes = 128 << 20;

TEST(PeakMemory, RemembersWhatWasGivenBackUntilItIsReset) {
  const uint64_t before = peak_memory_bytes();
  ASSERT_GT(before, 0u);
  {
    auto block = std::make_unique_for_overwrite<char[]>(kBytes);
    volatile char* pages = block.get();  // or the compiler leaves all of it out
    for (size_t i = 0; i < kBytes; i += 4096) pages[i] = 1;
  }
  // The kernel counts pages of each processor apart and adds them up now and then.
  EXPECT_GE(peak_memory_bytes(), before + kBytes / 2);
  if (!reset_peak_memory()) GTEST_SKIP() << "this kernel does not reset it";
  EXPECT_LT(peak_memory_bytes(), before + kBytes / 2);
}

}  // namespace
}  // namespace retort
