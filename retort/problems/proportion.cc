#include "retort/problems/proportion.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "retort/base/check.h"

namespace retort::problems {
namespace {

constexpr double kZ = 1.959963984540054;  // the normal distribution's 97.5 % quantile

}  // namespace

Proportion& Proportion::operator+=(const Proportion& other) {
  successes += other.successes;
  trials += other.trials;
  return *this;
}

double Proportion::share() const {
  return trials == 0 ? 0 : static_cast<double>(successes) / static_cast<double>(trials);
}

Interval Proportion::wilson() const {
  RETORT_CHECK(0 <= successes && successes <= trials);
  if (trials == 0) return {};
  double n = static_cast<double>(trials), p = share(), z2 = kZ * kZ;
  double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  double half = kZ / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  // At the ends the exact bounds are 0 and 1; rounding would miss them.
  return {successes == 0 ? 0 : std::max(0.0, centre - half),
          successes == trials ? 1 : std::min(1.0, centre + half)};
}

std::string to_text(const Proportion& proportion) {
  Interval i = proportion.wilson();
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100 * proportion.share(), 100 * i.low, 100 * i.high);
}

}  // namespace retort::problems
