#include "retort/train/gradients.h"

#include <algorithm>
#include <bit>

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"
#include "retort/base/error.h"

namespace retort::train {
namespace {

constexpr int64_t kBlock = 8192;  // elements of one partial sum of squares
constexpr int64_t kGrain = 32768;
constexpr size_t kExchange = size_t{1} << 20;  // elements that are sent at once

/// Eight sums side by side, which the compiler keeps in vector registers.
double squares_of_block(const float* x, int64_t n) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; ++j) sums[j] += static_cast<double>(x[i + j]) * static_cast<double>(x[i + j]);
  for (int j = 0; i < n; ++i, ++j) sums[j] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

void copy(ThreadPool& pool, std::span<const float> from, std::span<float> to) {
  pool.parallel_for(static_cast<int64_t>(from.size()), kGrain, [&](int64_t begin, int64_t end) {
    std::copy(from.data() + begin, from.data() + end, to.data() + begin);
  });
}

}  // namespace

double sum_of_squares(ThreadPool& pool, std::span<const float> x) {
  const auto n = static_cast<int64_t>(x.size());
  std::vector<double> sums(static_cast<size_t>(div_up(n, kBlock)));
  pool.parallel_for(static_cast<int64_t>(sums.size()), 4, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b)
      sums[static_cast<size_t>(b)] =
          squares_of_block(x.data() + b * kBlock, std::min(kBlock, n - b * kBlock));
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

void add_to(ThreadPool& pool, std::span<float> x, std::span<const float> y) {
  RETORT_CHECK(x.size() == y.size());
  pool.parallel_for(static_cast<int64_t>(x.size()), kGrain, [&](int64_t begin, int64_t end) {
    float* __restrict to = x.data();
    const float* __restrict from = y.data();
    for (int64_t i = begin; i < end; ++i) to[i] += from[i];
  });
}

ShardSum::ShardSum(int shards) : shards_(shards) {
  if (shards < 1 || shards > 1024 || !std::has_single_bit(static_cast<unsigned>(shards)))
    fail(ErrorCode::bad_input, "virtual_shards {}: a power of two up to 1024 is expected", shards);
  pending_.resize(static_cast<size_t>(std::bit_width(static_cast<unsigned>(shards)) - 1));
}

void ShardSum::push(ThreadPool& pool, std::span<const std::span<float>> gradients) {
  const int shard = next_;
  next_ = (next_ + 1) % shards_;
  size_t height = 0;
  for (; (shard >> height & 1) != 0; ++height)
    for (size_t p = 0; p < gradients.size(); ++p) add_to(pool, gradients[p], pending_[height][p]);
  if (height == pending_.size()) return;
  Level& level = pending_[height];
  level.resize(gradients.size());
  for (size_t p = 0; p < gradients.size(); ++p) {
    level[p].resize(gradients[p].size());
    copy(pool, gradients[p], level[p]);
  }
}

void sum_over_ranks(ThreadPool& pool, Communicator& ranks, std::span<const std::span<float>> gradients) {
  std::vector<float> theirs(kExchange);
  // Addition commutes, so both of a pair get the same sum.
  for (int distance = 1; distance < ranks.size(); distance *= 2)
    for (std::span<float> mine : gradients)
      for (size_t at = 0; at < mine.size(); at += kExchange) {
        const std::span<float> part = mine.subspan(at, std::min(kExchange, mine.size() - at));
        const std::span<float> other = std::span(theirs).first(part.size());
        ranks.exchange(ranks.rank() ^ distance, std::as_bytes(part), std::as_writable_bytes(other));
        add_to(pool, part, other);
      }
}

}  // namespace retort::train
