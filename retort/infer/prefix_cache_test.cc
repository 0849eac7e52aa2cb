#include "retort/infer/prefix_cache.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace retort {
namespace {

using Tokens = std::array<int32_t, kernels::kPageTokens>;

Tokens page_of(int32_t first) {
  Tokens tokens{};
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = first + static_cast<int32_t>(i);
  return tokens;
}

TEST(PagePool, GivesEachPageOnce) {
  PagePool pool(3);
  std::vector<int32_t> pages = {pool.take(), pool.take(), pool.take()};
  std::sort(pages.begin(), pages.end());
  EXPECT_EQ(pages, (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(pool.take(), -1);
}

TEST(PagePool, IsHeldUntilTheLastHolderReleases) {
  PagePool pool(1);
  int32_t page = pool.take();
  pool.retain(page);
  EXPECT_FALSE(pool.release(page));
  EXPECT_TRUE(pool.held(page));
  EXPECT_TRUE(pool.release(page));
  EXPECT_FALSE(pool.held(page));
}

TEST(PrefixCache, FindsAPageAfterItsHolderLeft) {
  PrefixCache cache(4);
  int32_t page = cache.take();
  EXPECT_EQ(cache.insert(page, PrefixCache::kNone, 7, page_of(1)), page);
  cache.release(page);
  EXPECT_EQ(cache.find(PrefixCache::kNone, 7, page_of(1)), page);
  EXPECT_EQ(cache.n_unused(), 1);
  EXPECT_EQ(cache.n_free(), 3);
}

TEST(PrefixCache, CollidingHashesDoNotMixUpPages) {
  PrefixCache cache(4);
  int32_t a = cache.take(), b = cache.take();
  cache.insert(a, PrefixCache::kNone, 7, page_of(1));
  EXPECT_EQ(cache.find(PrefixCache::kNone, 7, page_of(2)), PrefixCache::kNone);
  cache.insert(b, PrefixCache::kNone, 7, page_of(2));
  EXPECT_EQ(cache.find(PrefixCache::kNone, 7, page_of(1)), a);
  EXPECT_EQ(cache.find(PrefixCache::kNone, 7, page_of(2)), b);
  EXPECT_EQ(cache.find(a, 7, page_of(2)), PrefixCache::kNone);  // the same tokens behind other ones
}

TEST(PrefixCache, TheSameContentsKeepOnePage) {
  PrefixCache cache(4);
  int32_t a = cache.take(), b = cache.take();
  cache.insert(a, PrefixCache::kNone, 7, page_of(1));
  EXPECT_EQ(cache.insert(b, PrefixCache::kNone, 7, page_of(1)), a);
  EXPECT_FALSE(cache.held(b));
  cache.release(a);
  EXPECT_TRUE(cache.held(a));  // by the second one
  cache.release(a);
  EXPECT_EQ(cache.n_available(), 4);
}

TEST(PrefixCache, EvictsTheLongestUnusedFirst) {
  PrefixCache cache(3);
  std::array<int32_t, 3> pages{};
  for (int32_t i = 0; i < 3; ++i) {
    pages[static_cast<size_t>(i)] = cache.take();
    cache.insert(pages[static_cast<size_t>(i)], PrefixCache::kNone, static_cast<uint64_t>(i), page_of(i));
  }
  for (int32_t page : {pages[1], pages[0], pages[2]}) cache.release(page);
  cache.retain(pages[1]);  // used again: now the youngest
  cache.release(pages[1]);
  EXPECT_EQ(cache.take(), pages[0]);
  EXPECT_EQ(cache.take(), pages[2]);
  EXPECT_EQ(cache.take(), pages[1]);
  EXPECT_EQ(cache.take(), PrefixCache::kNone);
}

TEST(PrefixCache, EvictedPagesAreForgotten) {
  PrefixCache cache(1);
  int32_t page = cache.take();
  cache.insert(page, PrefixCache::kNone, 7, page_of(1));
  cache.release(page);
  EXPECT_EQ(cache.take(), page);
  EXPECT_EQ(cache.find(PrefixCache::kNone, 7, page_of(1)), PrefixCache::kNone);
}

TEST(PrefixCache, FollowersAreEvictedBeforeThePagesTheyStandOn) {
  PrefixCache cache(3);
  int32_t a = cache.take(), b = cache.take(), c = cache.take();
  cache.insert(a, PrefixCache::kNone, 1, page_of(1));
  cache.insert(b, a, 2, page_of(2));
  cache.insert(c, a, 3, page_of(3));
  cache.retain(a);  // two sequences: a b and a c
  cache.release(b);
  cache.release(a);
  cache.release(c);
  cache.release(a);
  EXPECT_EQ(cache.take(), b);
  EXPECT_EQ(cache.take(), c);
  EXPECT_EQ(cache.take(), a);
}

TEST(PrefixCache, ClearForgetsOnlyWhatNobodyHolds) {
  PrefixCache cache(2);
  int32_t a = cache.take(), b = cache.take();
  cache.insert(a, PrefixCache::kNone, 1, page_of(1));
  cache.insert(b, PrefixCache::kNone, 2, page_of(2));
  cache.release(b);
  cache.clear_unused();
  EXPECT_EQ(cache.find(PrefixCache::kNone, 1, page_of(1)), a);
  EXPECT_EQ(cache.find(PrefixCache::kNone, 2, page_of(2)), PrefixCache::kNone);
}

TEST(PrefixCache, PageHashDependsOnEveryTokenAndOnWhatCameBefore) {
  Tokens tokens = page_of(1);
  uint64_t hash = page_hash(0, tokens);
  EXPECT_NE(page_hash(1, tokens), hash);
  for (size_t i = 0; i < tokens.size(); ++i) {
    Tokens other = tokens;
    other[i] ^= 1;
    EXPECT_NE(page_hash(0, other), hash);
  }
}

}  // namespace
}  // namespace retort
