// A share of successes with its 95 % interval: what every accuracy is shown with.
#pragma once

#include <cstdint>
#include <string>

namespace retort::problems {

struct Interval {
  double low = 0, high = 1;
};

struct Proportion {
  int64_t successes = 0;
  int64_t trials = 0;

  void add(bool success) {
    successes += success ? 1 : 0;
    ++trials;
  }
  Proportion& operator+=(const Proportion& other);

  /// 0 of no trials.
  double share() const;
  /// Wilson's score interval (Wilson 1927, JASA 22, 209-212) at 95 %: holds its level for few trials and at
  /// shares near 0 and 1. Of no trials: all of [0, 1].
  Interval wilson() const;
};

/// "87.5 % (84.9 to 89.7)"
std::string to_text(const Proportion& proportion);

}  // namespace retort::problems
