// A fork-join thread pool: workers spin briefly for the next piece of work, then sleep. The caller is
// thread 0 and works too, so a pool of one has no threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace retort {

/// A reference to a callable that outlives the call it is passed to. No allocation.
template <typename Signature>
class FunctionRef;
template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  template <typename F, typename = std::enable_if_t<!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>>>
  FunctionRef(F&& f)  // NOLINT(google-explicit-constructor): a reference, like std::function
      : object_(const_cast<void*>(static_cast<const void*>(&f))), call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(static_cast<Args>(args)...);
        }) {}
  R operator()(Args... args) const { return call_(object_, static_cast<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

class ThreadPool {
 public:
  /// `threads` >= 1, the caller included.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls work(thread) once on every thread, and returns when all are done. The first exception is
  /// rethrown here. One call at a time; not from inside a work function.
  void run(FunctionRef<void(int)> work);

  /// Calls work(begin, end) over [0, n) in one contiguous share per thread, cut at multiples of `grain`.
  /// The cuts depend on n, grain and the number of threads only. Small n (< 2 * grain) stays on the caller.
  void parallel_for(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t)> work);

  /// Calls work(item, thread) for every item in [0, n), handed out one by one as threads become free.
  void parallel_dynamic(int64_t n, FunctionRef<void(int64_t, int)> work);

 private:
  void worker(int thread);
  void call(int thread);

  std::vector<std::thread> workers_;
  const FunctionRef<void(int)>* work_ = nullptr;
  alignas(64) std::atomic<uint64_t> generation_{0};  // raised once per run, and at the end
  alignas(64) std::atomic<int> pending_{0};          // workers that have not finished this run
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::exception_ptr error_;
};

}  // namespace retort
