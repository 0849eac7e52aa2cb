#include "retort/train/communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/random.h"
#include "retort/train/gradients.h"
#include "retort/train/packed.h"
#include "retort/train/test_ranks.h"

namespace retort::train {
namespace {

TEST(Communicator, WhatOneRankCannotDoEndsAllWithItsError) {
  std::vector<std::string> errors(4);
  on_ranks(4, [&](Communicator& ranks) {
    try {
      together(ranks, [&] {
        if (ranks.rank() >= 2) fail(ErrorCode::resource, "the disk of {} is full", ranks.rank());
      });
    } catch (const SharedError& error) {
      EXPECT_EQ(error.code(), ErrorCode::resource);
      errors[static_cast<size_t>(ranks.rank())] = error.message();
    }
  });
  EXPECT_THAT(errors, testing::Each("rank 2: the disk of 2 is full"));
}

TEST(Communicator, AloneAnErrorIsItsOwn) {
  const auto alone = make_lone_communicator();
  try {
    together(*alone, [] { fail(ErrorCode::bad_input, "wrong"); });
    FAIL();
  } catch (const SharedError&) {
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "wrong");
  }
}

TEST(Communicator, SharesCoverAllInTheOrderOfRanks) {
  for (int n : {1, 2, 4}) {
    std::vector<Share> shares(static_cast<size_t>(n));
    on_ranks(n,
             [&](Communicator& ranks) { shares[static_cast<size_t>(ranks.rank())] = share_of(ranks, 10); });
    EXPECT_EQ(shares.front().begin, 0);
    EXPECT_EQ(shares.back().end, 10);
    for (size_t i = 1; i < shares.size(); ++i) EXPECT_EQ(shares[i].begin, shares[i - 1].end);
  }
}

TEST(Communicator, TheFirstsValueIsEverybodys) {
  std::vector<int64_t> found(4);
  on_ranks(4, [&](Communicator& ranks) {
    found[static_cast<size_t>(ranks.rank())] = from_first(ranks, int64_t{7 + ranks.rank()});
    EXPECT_EQ(from_first(ranks, std::string(ranks.first() ? "first" : "other")), "first");
    EXPECT_TRUE(any(ranks, ranks.rank() == 3));
    EXPECT_FALSE(any(ranks, false));
  });
  EXPECT_THAT(found, testing::Each(7));
}

constexpr size_t kSize = 1000;

std::vector<float> gradient_of(int shard) {
  Random random(static_cast<uint64_t>(shard) + 1);
  std::vector<float> gradient(kSize);
  for (float& x : gradient) x = random.normal() * 1e3f;
  return gradient;
}

/// The sum of the shards [begin, end), which a rank makes alone.
std::vector<float> own_sum(ThreadPool& pool, int64_t begin, int64_t end) {
  ShardSum sum(static_cast<int>(end - begin));
  std::vector<float> gradient;
  for (int64_t shard = begin; shard < end; ++shard) {
    gradient = gradient_of(static_cast<int>(shard));
    const std::span<float> spans[] = {gradient};
    sum.push(pool, spans);
  }
  return gradient;
}

TEST(Communicator, TheSumOverRanksHasTheBitsOfOne) {
  constexpr int kShards = 8;
  ThreadPool pool(1);
  const std::vector<float> wanted = own_sum(pool, 0, kShards);
  for (int n : {2, 4, 8})
    on_ranks(n, [&](Communicator& ranks) {
      ThreadPool own_pool(1);
      const Share share = share_of(ranks, kShards);
      std::vector<float> gradient = own_sum(own_pool, share.begin, share.end);
      const std::span<float> spans[] = {gradient};
      sum_over_ranks(own_pool, ranks, spans);
      EXPECT_EQ(std::memcmp(gradient.data(), wanted.data(), kSize * sizeof(float)), 0)
          << "rank " << ranks.rank() << " of " << n;
    });
}

TEST(Packed, ComesOutAsItWentIn) {
  Packer packer;
  packer.add(int64_t{-5});
  packer.add_text("a text");
  packer.add_list(std::vector<float>{1, 2});
  packer.add_list(std::vector<float>{});
  const std::string bytes = packer.take();
  Unpacker unpacker(bytes);
  EXPECT_EQ(unpacker.get<int64_t>(), -5);
  EXPECT_EQ(unpacker.get_text(), "a text");
  EXPECT_EQ(unpacker.get_list<float>(), (std::vector<float>{1, 2}));
  EXPECT_TRUE(unpacker.get_list<float>().empty());
  EXPECT_TRUE(unpacker.done());
}

}  // namespace
}  // namespace retort::train
