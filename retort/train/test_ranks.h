// For tests: the ranks of a run as threads of one process.
#pragma once

#include <barrier>
#include <cstring>
#include <functional>
#include <thread>

#include "retort/train/communicator.h"

namespace retort::train {

/// What the threads share.
struct ThreadRanks {
  explicit ThreadRanks(int n) : size(n), barrier(n), said(static_cast<size_t>(n)) {}
  int size;
  std::barrier<> barrier;
  std::vector<std::string> said;
};

class ThreadRank : public Communicator {
 public:
  ThreadRank(ThreadRanks& all, int rank) : all_(all), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return all_.size; }
  std::vector<std::string> gather(std::string_view mine) override {
    all_.said[static_cast<size_t>(rank_)] = mine;
    all_.barrier.arrive_and_wait();
    std::vector<std::string> heard = all_.said;
    all_.barrier.arrive_and_wait();
    return heard;
  }
  void broadcast(std::span<std::byte> bytes) override {
    const std::string first = gather(text_of(bytes)).front();
    std::memcpy(bytes.data(), first.data(), bytes.size());
  }
  void exchange(int partner, std::span<const std::byte> mine, std::span<std::byte> theirs) override {
    const std::string heard = gather(text_of(mine))[static_cast<size_t>(partner)];
    std::memcpy(theirs.data(), heard.data(), theirs.size());
  }
  void finish() override {}

 private:
  static std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  ThreadRanks& all_;
  int rank_;
};

/// Calls work(rank) on n threads.
inline void on_ranks(int n, const std::function<void(Communicator&)>& work) {
  ThreadRanks all(n);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < n; ++rank)
    threads.emplace_back([&all, &work, rank] {
      ThreadRank own(all, rank);
      work(own);
    });
}

}  // namespace retort::train
