// What is done with gradients between backward pass and update: their sum over virtual shards in a fixed
// order, their norm. Every sum's order is fixed by sizes alone, never by threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "retort/base/thread_pool.h"
#include "retort/train/communicator.h"

namespace retort::train {

/// The squares of all elements added up: in blocks of fixed size, in double.
double sum_of_squares(ThreadPool& pool, std::span<const float> x);

/// x += y.
void add_to(ThreadPool& pool, std::span<float> x, std::span<const float> y);

/// Adds the gradients of V shards, V a power of two, as a balanced binary tree: ((0 + 1) + (2 + 3)) + ... So
/// 1, 2, 4, ... machines that each own V / K neighbouring shards compute the same sums and thus the same
/// bits.
class ShardSum {
 public:
  /// Throws Error bad_input if `shards` is not a power of two in [1, 1024].
  explicit ShardSum(int shards);

  /// Takes the next shard's gradients (one span a parameter, of the same sizes at every call). After the last
  /// shard they hold the sum of all; after the others their contents are of no use any more.
  void push(ThreadPool& pool, std::span<const std::span<float>> gradients);

 private:
  using Level = std::vector<std::vector<float>>;  // [parameter][element]
  int shards_;
  int next_ = 0;
  std::vector<Level> pending_;  // by height in the tree: the left sum that waits for its right one
};

/// Makes the sums of all ranks' shards of each rank's own: neighbours first, then pairs of neighbours, ...
/// which is the rest of ShardSum's tree. The number of ranks is a power of two. Everybody gets the same bits.
void sum_over_ranks(ThreadPool& pool, Communicator& ranks, std::span<const std::span<float>> gradients);

}  // namespace retort::train
