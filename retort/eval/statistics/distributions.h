// Distribution functions that intervals and tests are made of. Accurate to about 1e-12.
#pragma once

#include <cstdint>

namespace retort::eval {

/// The regularised incomplete beta function I_x(a, b) by its continued fraction (Abramowitz and
/// Stegun 26.5.8), evaluated as Lentz does. a, b > 0; x in [0, 1].
double incomplete_beta(double x, double a, double b);

/// P(T <= t) of Student's t with `freedom` > 0 degrees of freedom (Abramowitz and Stegun 26.7.1).
double student_cdf(double t, double freedom);

/// The t below which the share `p` in (0, 1) lies.
double student_quantile(double p, double freedom);

/// P(X <= k) of a binomial with `n` trials of probability `p`.
double binomial_cdf(int64_t k, int64_t n, double p);

}  // namespace retort::eval
