#include "retort/compress/cholesky.h"

#include <gtest/gtest.h>

#include "retort/compress/calibration_fixture.h"

namespace retort::compress {
namespace {

/// G G^T / n + shift I.
std::vector<float> positive_definite(int64_t n, double shift, uint64_t seed) {
  const std::vector<float> g = fixture::random_matrix(n, n, seed);
  std::vector<float> a(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = i == j ? shift : 0;
      for (int64_t k = 0; k < n; ++k)
        sum += static_cast<double>(g[static_cast<size_t>(i * n + k)]) *
               static_cast<double>(g[static_cast<size_t>(j * n + k)]) / static_cast<double>(n);
      a[static_cast<size_t>(i * n + j)] = static_cast<float>(sum);
    }
  }
  return a;
}

/// T^T a T must be the identity, T's lower triangle taken for zeros.
double distance_from_identity(const std::vector<float>& a, const std::vector<float>& t, int64_t n) {
  double worst = 0;
  std::vector<double> product(static_cast<size_t>(n * n));  // a T
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < n; ++k)
      for (int64_t j = k; j < n; ++j)
        product[static_cast<size_t>(i * n + j)] += static_cast<double>(a[static_cast<size_t>(i * n + k)]) *
                                                   static_cast<double>(t[static_cast<size_t>(k * n + j)]);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = i == j ? -1 : 0;
      for (int64_t k = 0; k <= i; ++k)
        sum +=
            static_cast<double>(t[static_cast<size_t>(k * n + i)]) * product[static_cast<size_t>(k * n + j)];
      worst = std::max(worst, std::fabs(sum));
    }
  }
  return worst;
}

TEST(Cholesky, InverseFactorTurnsTheMatrixIntoTheIdentity) {
  fixture::Machine machine(2);
  for (int64_t n : {1, 7, 128, 129, 300}) {
    const std::vector<float> a = positive_definite(n, 0.05, static_cast<uint64_t>(n));
    std::vector<float> t = a;
    ASSERT_TRUE(invert_cholesky(machine.context, t.data(), n)) << n;
    EXPECT_LT(distance_from_identity(a, t, n), 2e-3) << n;
  }
}

TEST(Cholesky, RefusesWhatIsNotPositiveDefinite) {
  fixture::Machine machine(1);
  std::vector<float> a = positive_definite(200, 0.05, 3);
  a[150 * 200 + 150] = -1;
  EXPECT_FALSE(invert_cholesky(machine.context, a.data(), 200));
}

TEST(Cholesky, IsTheSameForAnyNumberOfThreads) {
  fixture::Machine one(1), three(3);
  std::vector<float> a = positive_definite(300, 0.05, 4), b = a;
  ASSERT_TRUE(invert_cholesky(one.context, a.data(), 300));
  ASSERT_TRUE(invert_cholesky(three.context, b.data(), 300));
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace retort::compress
