#include "retort/compress/awq.h"

#include <gtest/gtest.h>

#include "retort/compress/calibration_fixture.h"

namespace retort::compress {
namespace {

using fixture::Machine;

std::vector<float> as_it_is(std::vector<float> scale) {
  return scale;
}

struct Problem {
  explicit Problem(uint64_t seed, int64_t columns = 64) {
    // A few columns carry far larger inputs, as activations do: what AWQ was made for.
    std::vector<float> x = fixture::correlated_inputs(300, columns, seed);
    for (size_t t = 0; t < 300; ++t)
      for (int64_t c = 0; c < columns; c += 16)
        x[t * static_cast<size_t>(columns) + static_cast<size_t>(c)] *= 10;
    inputs = fixture::statistics_of(x, columns);
    for (uint64_t i = 0; i < 2; ++i)
      weights.parts.push_back({fixture::random_matrix(24, columns, seed + 50 + i), 24, columns, &inputs});
  }
  InputStatistics inputs;
  GroupWeights weights;
};

/// tr(E H E^T) over all parts and tokens, in f64 and without products of matrices.
double plain_error(const Problem& p, IntegerGrid grid, const std::vector<float>& scale) {
  double total = 0;
  for (const auto& part : p.weights.parts) {
    std::vector<float> w = part.values;
    for (size_t i = 0; i < w.size(); ++i) w[i] *= scale[i % scale.size()];
    const IntegerMatrix q =
        round_to_nearest({w.data(), part.rows, part.columns}, grid, scaled_importance(p.inputs, scale));
    InputStatistics scaled = p.inputs;
    for (size_t i = 0; i < scaled.hessian.size(); ++i)
      scaled.hessian[i] /= scale[i / scale.size()] * scale[i % scale.size()];
    total += fixture::output_error({w.data(), part.rows, part.columns}, q, scaled) *
             static_cast<double>(p.inputs.tokens);
  }
  return total;
}

TEST(Awq, IsNeverWorseThanRoundToNearestOnItsOwnObjective) {
  Machine machine(2);
  int better = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const Problem p(seed);
    const AwqChoice choice = awq_search(machine.context, p.weights, {4, 32}, as_it_is);
    EXPECT_LE(choice.error, choice.plain_error);
    better += choice.error < 0.95 * choice.plain_error;
  }
  EXPECT_GE(better, 5);
}

TEST(Awq, ErrorsAreThoseOfTheOutputs) {
  Machine machine(2);
  const Problem p(3);
  const IntegerGrid grid{4, 32};
  const AwqChoice choice = awq_search(machine.context, p.weights, grid, as_it_is);
  const std::vector<float> ones(64, 1.0f);
  EXPECT_NEAR(choice.plain_error / plain_error(p, grid, ones), 1, 1e-4);
  EXPECT_NEAR(choice.error / plain_error(p, grid, choice.scale), 1, 1e-4);
}

TEST(Awq, JudgesTheScalesThatTheSourceCanCarry) {
  Machine machine(1);
  const Problem p(4);
  const auto never = [](std::vector<float> scale) { return std::vector<float>(scale.size(), 1.0f); };
  const AwqChoice choice = awq_search(machine.context, p.weights, {4, 32}, never);
  EXPECT_EQ(choice.scale, std::vector<float>(64, 1.0f));
  EXPECT_EQ(choice.error, choice.plain_error);
}

TEST(Awq, IsTheSameForAnyNumberOfThreads) {
  const Problem p(5);
  Machine one(1), three(3);
  const AwqChoice a = awq_search(one.context, p.weights, {4, 32}, as_it_is);
  const AwqChoice b = awq_search(three.context, p.weights, {4, 32}, as_it_is);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.error, b.error);
}

TEST(Awq, LeavesColumnsWithoutInputsAlone) {
  Machine machine(1);
  Problem p(6);
  p.inputs.mean_abs[7] = 0;
  EXPECT_EQ(awq_search(machine.context, p.weights, {4, 32}, as_it_is).scale[7], 1.0f);
}

}  // namespace
}  // namespace retort::compress
