#include "retort/eval/statistics/pass_at_k.h"

#include "retort/base/check.h"

namespace retort::eval {

double pass_at_k(int64_t n, int64_t c, int64_t k) {
  return 1 - all_of_k(n, n - c, k);
}

double all_of_k(int64_t n, int64_t c, int64_t k) {
  RETORT_CHECK(1 <= k && k <= n && 0 <= c && c <= n);
  double product = 1;  // C(c, k) / C(n, k), factor by factor: no factorial overflows
  for (int64_t i = 0; i < k; ++i)
    product *= static_cast<double>(c > i ? c - i : 0) / static_cast<double>(n - i);
  return product;
}

}  // namespace retort::eval
