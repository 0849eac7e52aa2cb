// What a program may use. Programs come from models and are hostile: every loop and every allocation asks the
// meter first.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace retort::problems::python {

struct Limits {
  size_t max_source = 16 << 10;  // bytes
  int max_nesting = 100;         // brackets, operators and blocks inside each other
  uint64_t max_steps = 100'000;  // nodes evaluated, items visited, pieces of 64 bytes moved
  uint64_t max_bytes = 4 << 20;  // of all values made; nothing is given back before the end
  int max_depth = 1'000;         // evaluations inside each other at run time: Python's RecursionError
  int max_value_depth = 50;      // lists in lists, when they are compared or shown
};

/// Thrown when a program goes beyond a limit or leaves the subset. No `except` of the program catches it.
struct Stopped {
  std::string reason;
};

class Meter {
 public:
  explicit Meter(const Limits& limits) : limits_(limits) {}
  const Limits& limits() const { return limits_; }

  void step(uint64_t n = 1) {
    if (n > limits_.max_steps - steps_) throw Stopped{fmt::format("more than {} steps", limits_.max_steps)};
    steps_ += n;
  }
  void charge(uint64_t bytes) {
    if (bytes > limits_.max_bytes - bytes_)
      throw Stopped{fmt::format("more than {} bytes", limits_.max_bytes)};
    bytes_ += bytes;
    step(bytes / 64);
  }
  /// For `n` things of `bytes` each, before they are made.
  void charge(uint64_t n, uint64_t bytes) {
    if (bytes != 0 && n > limits_.max_bytes / bytes)
      throw Stopped{fmt::format("more than {} bytes", limits_.max_bytes)};
    charge(n * bytes);
  }

 private:
  Limits limits_;
  uint64_t steps_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace retort::problems::python
