#include "retort/base/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"

namespace retort {
namespace {

// Long enough to bridge the serial ops between two products of a decoded token, short enough that an idle
// server costs nothing.
constexpr auto kSpin = std::chrono::microseconds(200);

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Spins until `ready()` or the time is up; says which.
template <typename Ready>
bool spin_until(Ready ready) {
  auto end = std::chrono::steady_clock::now() + kSpin;
  while (true) {
    for (int i = 0; i < 64; ++i) {
      if (ready()) return true;
      pause();
    }
    if (std::chrono::steady_clock::now() > end) return false;
  }
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  RETORT_CHECK(threads >= 1);
  workers_.reserve(static_cast<size_t>(threads) - 1);
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { worker(i); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    generation_.fetch_add(1);
  }
  wake_.notify_all();
  for (auto& w : workers_) w.join();
}

void ThreadPool::call(int thread) {
  try {
    (*work_)(thread);
  } catch (...) {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
  }
}

void ThreadPool::worker(int thread) {
  uint64_t seen = 0;
  while (true) {
    auto changed = [&] { return generation_.load(std::memory_order_acquire) != seen; };
    if (!spin_until(changed)) {
      std::unique_lock lock(mutex_);
      ++sleepers_;
      wake_.wait(lock, changed);
      --sleepers_;
    }
    seen = generation_.load(std::memory_order_acquire);
    if (stop_) return;
    call(thread);
    pending_.fetch_sub(1, std::memory_order_acq_rel);
  }
}

void ThreadPool::run(FunctionRef<void(int)> work) {
  if (workers_.empty()) return work(0);
  work_ = &work;
  pending_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  generation_.fetch_add(1);
  if (sleepers_.load() > 0) {
    // The lock orders this wake-up after a worker's check of the generation.
    std::lock_guard lock(mutex_);
    wake_.notify_all();
  }
  call(0);
  auto done = [&] { return pending_.load(std::memory_order_acquire) == 0; };
  while (!spin_until(done)) std::this_thread::yield();
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void ThreadPool::parallel_for(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t)> work) {
  if (n <= 0) return;
  if (workers_.empty() || n < 2 * grain) return work(0, n);
  int64_t grains = div_up(n, grain);
  int64_t shares = std::min<int64_t>(size(), grains);
  auto cut = [&](int64_t share) { return std::min(n, grains * share / shares * grain); };
  run([&](int thread) {
    if (thread < shares) work(cut(thread), cut(thread + 1));
  });
}

void ThreadPool::parallel_dynamic(int64_t n, FunctionRef<void(int64_t, int)> work) {
  if (n <= 0) return;
  std::atomic<int64_t> next{0};
  auto share = [&](int thread) {
    for (int64_t i = next.fetch_add(1); i < n; i = next.fetch_add(1)) work(i, thread);
  };
  if (workers_.empty() || n == 1) return share(0);
  run(share);
}

}  // namespace retort
