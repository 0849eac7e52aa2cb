// From n samples of an item, of which c are right, what k samples would give. Never computed from fewer
// samples than n: who passes another n gets a wrong figure, so the number of samples is checked where they
// are counted.
#pragma once

#include <cstdint>

namespace retort::eval {

/// At least one of k is right: 1 - C(n - c, k) / C(n, k), unbiased (Chen et al. 2021, arXiv 2107.03374, eq.
/// 1). 1 <= k <= n, 0 <= c <= n.
double pass_at_k(int64_t n, int64_t c, int64_t k);

/// All k are right: C(c, k) / C(n, k).
double all_of_k(int64_t n, int64_t c, int64_t k);

}  // namespace retort::eval
