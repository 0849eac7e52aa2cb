#include "retort/base/thread_pool.h"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

namespace retort {
namespace {

class ThreadPoolOfSize : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolOfSize, RunCallsEveryThreadOnce) {
  ThreadPool pool(GetParam());
  std::vector<std::atomic<int>> calls(static_cast<size_t>(GetParam()));
  for (int round = 0; round < 1000; ++round) pool.run([&](int t) { ++calls[static_cast<size_t>(t)]; });
  for (auto& c : calls) EXPECT_EQ(c, 1000);
}

TEST_P(ThreadPoolOfSize, ParallelForCoversEachIndexOnce) {
  ThreadPool pool(GetParam());
  for (int64_t n : {0, 1, 5, 64, 1000}) {
    for (int64_t grain : {1, 16, 100}) {
      std::vector<std::atomic<int>> hits(static_cast<size_t>(n));
      pool.parallel_for(n, grain, [&](int64_t b, int64_t e) {
        for (int64_t i = b; i < e; ++i) ++hits[static_cast<size_t>(i)];
      });
      for (auto& h : hits) EXPECT_EQ(h, 1);
    }
  }
}

TEST_P(ThreadPoolOfSize, DynamicItemsRunOnce) {
  ThreadPool pool(GetParam());
  std::vector<std::atomic<int>> hits(257);
  pool.parallel_dynamic(257, [&](int64_t i, int) { ++hits[static_cast<size_t>(i)]; });
  for (auto& h : hits) EXPECT_EQ(h, 1);
}

TEST_P(ThreadPoolOfSize, ExceptionReachesTheCallerAndThePoolLivesOn) {
  ThreadPool pool(GetParam());
  EXPECT_THROW(pool.run([&](int t) {
    if (t == GetParam() - 1) throw std::runtime_error("x");
  }),
               std::runtime_error);
  int sum = 0;
  pool.parallel_for(3, 8, [&](int64_t b, int64_t e) { sum += static_cast<int>(e - b); });
  EXPECT_EQ(sum, 3);
}

TEST_P(ThreadPoolOfSize, WakesAfterSleeping) {
  ThreadPool pool(GetParam());
  std::atomic<int> calls{0};
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    pool.run([&](int) { ++calls; });
  }
  EXPECT_EQ(calls, 5 * GetParam());
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolOfSize, ::testing::Values(1, 2, 3, 8));

}  // namespace
}  // namespace retort
