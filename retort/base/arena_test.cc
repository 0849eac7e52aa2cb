#include "retort/base/arena.h"

#include <gtest/gtest.h>

#include <cstring>

namespace retort {
namespace {

TEST(Arena, BlocksAreAlignedAndDoNotOverlap) {
  Arena arena;
  std::vector<std::pair<std::byte*, size_t>> parts;
  for (size_t n : {1u, 63u, 64u, 65u, 5000u, 3000000u, 7u, 0u}) {
    std::byte* p = arena.allocate(n);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % Arena::kAlignment, 0u);
    std::memset(p, static_cast<int>(parts.size() + 1), n + Arena::kAlignment);
    parts.push_back({p, n});
  }
  for (size_t i = 0; i < parts.size(); ++i)
    for (size_t j = 0; j < parts[i].second; ++j) ASSERT_EQ(parts[i].first[j], static_cast<std::byte>(i + 1));
}

TEST(Arena, ASecondRoundAllocatesNothingNew) {
  Arena arena;
  auto round = [&] {
    std::byte* first = arena.allocate(100);
    for (int i = 0; i < 50; ++i) arena.allocate(100000);
    size_t used = arena.used();
    arena.reset();
    return std::pair(first, used);
  };
  round();
  auto [second, used2] = round();
  auto [third, used3] = round();
  EXPECT_EQ(second, third);
  EXPECT_EQ(used2, used3);
  EXPECT_EQ(arena.used(), 0u);
  EXPECT_EQ(arena.peak(), used2);
}

TEST(Arena, AMarkGivesBackWhatCameAfterIt) {
  Arena arena;
  arena.allocate(10);
  size_t before = arena.used();
  std::byte* inside = nullptr;
  {
    Arena::Mark mark(arena);
    inside = arena.allocate(1000);
    arena.allocate(5000000);
  }
  EXPECT_EQ(arena.used(), before);
  EXPECT_EQ(arena.allocate(1000), inside);
}

}  // namespace
}  // namespace retort
