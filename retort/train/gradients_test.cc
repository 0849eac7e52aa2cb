#include "retort/train/gradients.h"

#include <gtest/gtest.h>

#include <cstring>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort::train {
namespace {

std::vector<float> random_values(size_t n, uint64_t seed) {
  Random random(seed);
  std::vector<float> x(n);
  for (auto& v : x) v = random.normal() * std::exp(4 * random.normal());
  return x;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(Gradients, SumOfSquaresIsRightAndTheSameForAnyThreads) {
  for (size_t n : {size_t{0}, size_t{1}, size_t{13}, size_t{8192}, size_t{100003}}) {
    const auto x = random_values(n, n);
    double exact = 0;
    for (float v : x) exact += static_cast<double>(v) * static_cast<double>(v);
    ThreadPool one(1), five(5);
    const double sum = sum_of_squares(one, x);
    EXPECT_NEAR(sum, exact, 1e-12 * exact) << n;
    EXPECT_EQ(sum, sum_of_squares(five, x)) << n;
  }
}

/// The sum of shards [begin, end) as a balanced tree, straight from the definition.
std::vector<float> tree(const std::vector<std::vector<float>>& shards, size_t begin, size_t end) {
  if (end - begin == 1) return shards[begin];
  auto left = tree(shards, begin, (begin + end) / 2);
  const auto right = tree(shards, (begin + end) / 2, end);
  for (size_t i = 0; i < left.size(); ++i) left[i] = right[i] + left[i];
  return left;
}

TEST(Gradients, ShardSumIsTheBalancedTree) {
  for (int shards : {1, 2, 4, 8, 16}) {
    ThreadPool pool(2);
    ShardSum sum(shards);
    for (uint64_t round : {0u, 1u}) {
      std::vector<std::vector<float>> all;
      for (int s = 0; s < shards; ++s)
        all.push_back(random_values(1001, 100 * round + static_cast<uint64_t>(s)));
      std::vector<float> first, second;
      for (const auto& shard : all) {
        first.assign(shard.begin(), shard.begin() + 700);
        second.assign(shard.begin() + 700, shard.end());
        const std::span<float> parts[] = {first, second};
        sum.push(pool, parts);
      }
      first.insert(first.end(), second.begin(), second.end());
      EXPECT_TRUE(same_bits(first, tree(all, 0, all.size()))) << shards << " shards, round " << round;
    }
  }
}

TEST(Gradients, MachinesThatOwnNeighbouringShardsGetTheSameBits) {
  std::vector<std::vector<float>> all;
  for (uint64_t s = 0; s < 8; ++s) all.push_back(random_values(517, s));
  ThreadPool pool(1);
  auto sum_of = [&](std::span<std::vector<float>> shards) {
    ShardSum sum(static_cast<int>(shards.size()));
    std::vector<float> x;
    for (const auto& shard : shards) {
      x = shard;
      const std::span<float> parts[] = {x};
      sum.push(pool, parts);
    }
    return x;
  };
  const auto alone = sum_of(all);
  for (size_t machines : {size_t{2}, size_t{4}, size_t{8}}) {
    std::vector<std::vector<float>> partial;
    for (size_t k = 0; k < machines; ++k)
      partial.push_back(sum_of(std::span(all).subspan(k * 8 / machines, 8 / machines)));
    EXPECT_TRUE(same_bits(alone, sum_of(partial))) << machines;
  }
}

TEST(Gradients, ShardsAreAPowerOfTwo) {
  EXPECT_THROW(ShardSum(0), Error);
  EXPECT_THROW(ShardSum(3), Error);
  EXPECT_THROW(ShardSum(2048), Error);
}

}  // namespace
}  // namespace retort::train
