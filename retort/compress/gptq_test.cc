#include "retort/compress/gptq.h"

#include <gtest/gtest.h>

#include "retort/compress/calibration_fixture.h"

namespace retort::compress {
namespace {

using fixture::Machine;

/// The paper's algorithm in f64 and one column at a time, with the whole inverse brought up to date after
/// each: no factor, no blocks. Columns by descending diagonal.
std::vector<int8_t> textbook(MatrixView w, const IntegerMatrix& grid, const InputStatistics& s, double kept) {
  const int64_t n = w.columns;
  const auto at = [n](int64_t i, int64_t j) { return static_cast<size_t>(i * n + j); };
  double mean = 0;
  for (double d : s.mean_square) mean += d / static_cast<double>(n);
  std::vector<double> h(s.hessian.begin(), s.hessian.end()), inverse(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) h[at(i, j)] = i == j ? h[at(i, i)] + 0.01 * mean : h[at(i, j)] * kept;
  for (int64_t i = 0; i < n; ++i) inverse[at(i, i)] = 1;
  for (int64_t p = 0; p < n; ++p) {  // Gauss and Jordan
    const double pivot = h[at(p, p)];
    for (int64_t j = 0; j < n; ++j) h[at(p, j)] /= pivot, inverse[at(p, j)] /= pivot;
    for (int64_t i = 0; i < n; ++i) {
      const double f = i == p ? 0 : h[at(i, p)];
      for (int64_t j = 0; j < n; ++j)
        h[at(i, j)] -= f * h[at(p, j)], inverse[at(i, j)] -= f * inverse[at(p, j)];
    }
  }
  std::vector<bool> done(static_cast<size_t>(n));
  std::vector<double> v(w.data, w.data + w.rows * n);
  std::vector<int8_t> q(static_cast<size_t>(w.rows * n));
  const double top = (1 << (grid.grid.bits - 1)) - 1;
  for (int64_t step = 0; step < n; ++step) {
    int64_t c = -1;
    for (int64_t j = n; j-- > 0;)  // of equal ones the last, as the stable ascending order has it
      if (!done[static_cast<size_t>(j)] && (c < 0 || s.hessian[at(j, j)] > s.hessian[at(c, c)])) c = j;
    done[static_cast<size_t>(c)] = true;
    for (int64_t r = 0; r < w.rows; ++r) {
      const double scale = static_cast<double>(
          grid.scale[static_cast<size_t>(r * grid.groups() + (grid.grid.group ? c / grid.grid.group : 0))]);
      const double nearest = std::clamp(std::nearbyint(v[at(r, c)] / scale), -top - 1, top);
      q[at(r, c)] = static_cast<int8_t>(nearest);
      const double error = (v[at(r, c)] - nearest * scale) / inverse[at(c, c)];
      for (int64_t j = 0; j < n; ++j)
        if (!done[static_cast<size_t>(j)]) v[at(r, j)] -= error * inverse[at(c, j)];
    }
    const std::vector<double> column(inverse);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        inverse[at(i, j)] -= column[at(i, c)] * column[at(c, j)] / column[at(c, c)];
  }
  return q;
}

TEST(Gptq, IsTheTextbooksAlgorithm) {
  Machine machine(2);
  for (IntegerGrid grid : {IntegerGrid{4, 32}, IntegerGrid{8, 0}}) {
    constexpr int64_t kRows = 24, kColumns = 192;  // more than one block of columns
    const auto values = fixture::random_matrix(kRows, kColumns, 1);
    const MatrixView w{values.data(), kRows, kColumns};
    const auto s = fixture::statistics_of(fixture::correlated_inputs(600, kColumns, 2), kColumns);
    const auto factor = gptq_factor(machine.context, s);
    ASSERT_TRUE(factor);
    EXPECT_EQ(factor->damping, 0.01);
    const IntegerMatrix q = gptq(machine.context, w, grid, *factor);
    const std::vector<int8_t> wanted = textbook(w, q, s, 1.0 - static_cast<double>(factor->shrinkage));
    int64_t different = 0;
    for (size_t i = 0; i < wanted.size(); ++i) different += q.q[i] != wanted[i];
    // A value that f32 rounds over the edge of its step takes the rest of its row with it.
    EXPECT_LE(different, std::ssize(wanted) / 100) << grid.bits;
    IntegerMatrix reference = q;
    reference.q = wanted;
    EXPECT_NEAR(fixture::output_error(w, q, s) / fixture::output_error(w, reference, s), 1.0, 0.02);
  }
}

TEST(Gptq, ShrinksHessiansOfFewTokens) {
  Machine machine(1);
  const auto shrinkage = [&](int64_t tokens) {
    return gptq_factor(machine.context,
                       fixture::statistics_of(fixture::correlated_inputs(tokens, 64, 21), 64))
        ->shrinkage;
  };
  EXPECT_LT(shrinkage(4000), 0.01f);
  EXPECT_GT(shrinkage(40), 5 * shrinkage(400));
  // Of independent inputs all that is off the diagonal is chance.
  const auto independent = fixture::statistics_of(fixture::random_matrix(100, 64, 22), 64);
  EXPECT_GT(gptq_factor(machine.context, independent)->shrinkage, 0.9f);
}

TEST(Gptq, BeatsRoundToNearestOnCorrelatedInputs) {
  Machine machine(2);
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const auto values = fixture::random_matrix(16, 96, seed);
    const MatrixView w{values.data(), 16, 96};
    const auto s = fixture::statistics_of(fixture::correlated_inputs(400, 96, seed + 100), 96);
    const IntegerGrid grid{4, 32};
    const auto factor = gptq_factor(machine.context, s);
    ASSERT_TRUE(factor);
    const double ours = fixture::output_error(w, gptq(machine.context, w, grid, *factor), s);
    EXPECT_LT(ours, 0.8 * fixture::output_error(w, round_to_nearest(w, grid, s.mean_square), s)) << seed;
    EXPECT_LT(ours, 0.8 * fixture::output_error(w, round_to_nearest(w, grid), s)) << seed;
  }
}

TEST(Gptq, IsRoundToNearestWhereInputsAreIndependent) {
  Machine machine(2);
  InputStatistics s;
  s.columns = 64;
  s.tokens = 1;
  s.mean_square.assign(64, 1.0);
  s.hessian.assign(64 * 64, 0.0f);
  for (size_t i = 0; i < 64; ++i) s.hessian[i * 65] = 1.0f;
  const auto values = fixture::random_matrix(9, 64, 5);
  const MatrixView w{values.data(), 9, 64};
  const auto factor = gptq_factor(machine.context, s);
  ASSERT_TRUE(factor);
  const IntegerMatrix ours = gptq(machine.context, w, {4, 32}, *factor);
  const IntegerMatrix nearest = round_to_nearest(w, {4, 32}, s.mean_square);
  EXPECT_EQ(ours.q, nearest.q);
  EXPECT_EQ(ours.scale, nearest.scale);
}

TEST(Gptq, MakesZerosOfColumnsWithoutInputs) {
  Machine machine(2);
  std::vector<float> x = fixture::correlated_inputs(200, 32, 7);
  for (size_t t = 0; t < 200; ++t) x[t * 32 + 5] = 0;
  const auto s = fixture::statistics_of(x, 32);
  const auto values = fixture::random_matrix(4, 32, 8);
  const auto factor = gptq_factor(machine.context, s);
  ASSERT_TRUE(factor);
  const IntegerMatrix q = gptq(machine.context, {values.data(), 4, 32}, {4, 32}, *factor);
  for (size_t r = 0; r < 4; ++r) EXPECT_EQ(q.q[r * 32 + 5], 0);
}

TEST(Gptq, DampsMoreWhereTheHessianIsSingular) {
  Machine machine(1);
  // Two equal columns that carry all there is: singular, and one part in a hundred of the mean mends it.
  std::vector<float> x = fixture::random_matrix(50, 1, 9), both(100 * 32, 0.0f);
  for (size_t t = 0; t < 50; ++t) both[t * 32] = both[t * 32 + 1] = x[t];
  const auto s = fixture::statistics_of(both, 32);
  EXPECT_TRUE(gptq_factor(machine.context, s));
  InputStatistics negative = s;  // no statistics of real inputs
  for (size_t i = 0; i < 32; ++i) negative.hessian[i * 33] = -1;
  EXPECT_FALSE(gptq_factor(machine.context, negative));
  EXPECT_FALSE(gptq_factor(machine.context, InputStatistics{}));
}

TEST(Gptq, IsTheSameForAnyNumberOfThreads) {
  const auto values = fixture::random_matrix(70, 160, 11);
  const auto s = fixture::statistics_of(fixture::correlated_inputs(300, 160, 12), 160);
  std::vector<std::vector<int8_t>> results;
  for (int threads : {1, 2, 3}) {
    Machine machine(threads);
    const auto factor = gptq_factor(machine.context, s);
    ASSERT_TRUE(factor);
    results.push_back(gptq(machine.context, {values.data(), 70, 160}, {4, 32}, *factor).q);
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace retort::compress
