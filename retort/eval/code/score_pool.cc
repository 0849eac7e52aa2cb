#include "retort/eval/code/score_pool.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace retort::eval {
namespace {

constexpr std::chrono::milliseconds kLookEvery{100};

class Pieces {
 public:
  Pieces(size_t n, const std::function<void(size_t)>& work) : n_(n), work_(work) {}

  void run_on_this_thread() {
    for (;;) {
      size_t piece = 0;
      {
        std::lock_guard lock(mutex_);
        if (next_ == n_ || error_ != nullptr) break;
        piece = next_++;
      }
      try {
        work_(piece);
      } catch (...) {
        stop(std::current_exception());
      }
      std::lock_guard lock(mutex_);
      ++done_;
      changed_.notify_all();
    }
    std::lock_guard lock(mutex_);
    ++left_;
    changed_.notify_all();
  }

  void look_after(size_t threads, const ScoreHooks& hooks) {
    std::unique_lock lock(mutex_);
    while (left_ < threads) {
      changed_.wait_for(lock, kLookEvery);
      const size_t done = done_;
      lock.unlock();
      try {
        hooks.check();
        if (hooks.progress) hooks.progress("scoring", done, n_);
      } catch (...) {
        stop(std::current_exception());
      }
      lock.lock();
    }
  }

  void stop(std::exception_ptr error) {
    std::lock_guard lock(mutex_);
    if (error_ == nullptr) error_ = std::move(error);
  }
  void rethrow() const {
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  const size_t n_;
  const std::function<void(size_t)>& work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t next_ = 0, done_ = 0, left_ = 0;
  std::exception_ptr error_;
};

}  // namespace

void run_pieces(size_t n, const ScoreHooks& hooks, const std::function<void(size_t)>& work) {
  const size_t threads = std::min<size_t>(n, std::max(1U, std::thread::hardware_concurrency()));
  Pieces pieces(n, work);
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i) workers.emplace_back([&] { pieces.run_on_this_thread(); });
  pieces.look_after(threads, hooks);
  for (std::thread& worker : workers) worker.join();
  pieces.rethrow();
}

}  // namespace retort::eval
