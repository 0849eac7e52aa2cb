// The whole block against a plain reference in double, and its accounts of what a step reads.
#include "retort/model/moe_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "retort/base/random.h"
#include "retort/ops/expert_load.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

constexpr int64_t kExperts = 6, kTopK = 2, kHidden = 256, kIntermediate = 512;

using Matrix = std::vector<std::vector<double>>;  // [out][in]

/// A block with random weights of a dtype, and the same weights decoded.
struct Sample {
  explicit Sample(DType dtype) {
    MoeBlock::Weights w;
    w.router = storage.emplace_back(Tensor::owned(DType::f32, {kExperts, kHidden}));
    router = fill(w.router, 0.2f, 1);
    for (int64_t e = 0; e < kExperts; ++e) {
      const auto seed = static_cast<uint64_t>(10 * (e + 1));
      w.gate_proj.push_back(matrix(dtype, kIntermediate, kHidden, seed, gate.emplace_back()));
      w.up_proj.push_back(matrix(dtype, kIntermediate, kHidden, seed + 1, up.emplace_back()));
      w.down_proj.push_back(matrix(dtype, kHidden, kIntermediate, seed + 2, down.emplace_back()));
    }
    block.emplace(0, kTopK, std::move(w));
  }

  Linear matrix(DType dtype, int64_t out, int64_t in, uint64_t seed, Matrix& decoded) {
    Tensor w = storage.emplace_back(Tensor::owned(dtype, {out, in}));
    decoded = fill(w, 1.0f / std::sqrt(static_cast<float>(in)), seed);
    return Linear("w", {w.view(), {}, {}, {}});
  }

  static Matrix fill(const Tensor& w, float deviation, uint64_t seed) {
    Random random(seed);
    const int64_t in = w.columns();
    std::vector<float> row(static_cast<size_t>(in));
    Matrix decoded;
    for (int64_t r = 0; r < w.rows(); ++r) {
      for (auto& x : row) x = deviation * random.normal();
      std::byte* bytes = w.bytes() + r * w.view().row_bytes();
      encode_row(w.dtype(), row.data(), bytes, in);
      decode_row(w.dtype(), bytes, row.data(), in);
      decoded.emplace_back(row.begin(), row.end());
    }
    return decoded;
  }

  std::vector<Tensor> storage;
  Matrix router;
  std::vector<Matrix> gate, up, down;
  std::optional<MoeBlock> block;
};

std::vector<double> times(const Matrix& w, const std::vector<double>& x) {
  std::vector<double> y;
  for (const auto& row : w) y.push_back(std::inner_product(row.begin(), row.end(), x.begin(), 0.0));
  return y;
}

/// The formula in moe_block.h, word for word.
std::vector<double> reference(const Sample& s, const std::vector<double>& x) {
  auto p = times(s.router, x);
  double all = 0;
  for (double& v : p) all += v = std::exp(v);
  for (double& v : p) v /= all;
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] > p[b]; });
  order.resize(kTopK);
  double kept = 0;
  for (size_t e : order) kept += p[e];
  std::vector<double> y(x.size());
  for (size_t e : order) {
    auto gate = times(s.gate[e], x), up = times(s.up[e], x);
    for (size_t j = 0; j < gate.size(); ++j) gate[j] = gate[j] / (1 + std::exp(-gate[j])) * up[j];
    const auto out = times(s.down[e], gate);
    for (size_t j = 0; j < y.size(); ++j) y[j] += p[e] / kept * out[j];
  }
  return y;
}

Tensor random_input(int64_t n, uint64_t seed) {
  Random random(seed);
  Tensor x = Tensor::owned(DType::f32, {n, kHidden});
  for (int64_t i = 0; i < x.shape().elements(); ++i) x.f32()[i] = random.normal();
  return x;
}

std::vector<float> forward(const MoeBlock& block, const Tensor& x, int threads, kernels::Isa isa,
                           ExpertLoad* load = nullptr) {
  ThreadPool pool(threads);
  Arena arena;
  auto table = kernels::kernel_table(isa);
  Context ctx{pool, arena, table};
  ctx.expert_load = load;
  Tensor y = block.forward(ctx, x);
  return {y.f32(), y.f32() + y.shape().elements()};
}

class MoeBlockOf : public ::testing::TestWithParam<DType> {};

TEST_P(MoeBlockOf, MatchesTheFormula) {
  const Sample sample(GetParam());
  const int64_t n = 13;
  Tensor x = random_input(n, 3);
  // As in linear_test: what the activations are rounded to beside such weights, over three products.
  const double tolerance = is_quantized(GetParam())                               ? 0.03
                           : GetParam() == DType::f32 || GetParam() == DType::f16 ? 2e-5
                                                                                  : 0.015;
  std::vector<std::vector<double>> exact;
  for (int64_t t = 0; t < n; ++t) exact.push_back(reference(sample, {x.row(t), x.row(t) + kHidden}));
  for (auto isa : kernels::supported_isas()) {
    const auto y = forward(*sample.block, x, 2, isa);
    for (int64_t t = 0; t < n; ++t) {
      double error = 0, size = 0;
      for (int64_t j = 0; j < kHidden; ++j) {
        const double wanted = exact[static_cast<size_t>(t)][static_cast<size_t>(j)];
        error += std::pow(y[static_cast<size_t>(t * kHidden + j)] - wanted, 2);
        size += wanted * wanted;
      }
      ASSERT_LT(std::sqrt(error / size), tolerance) << kernels::name(isa) << ", token " << t;
    }
  }
}

TEST_P(MoeBlockOf, ATokenAloneAndInABatchHasTheSameBits) {
  const Sample sample(GetParam());
  const int64_t n = 130;
  Tensor x = random_input(n, 4);
  const auto isa = kernels::choose_isa();
  const auto all = forward(*sample.block, x, 1, isa);
  EXPECT_EQ(all, forward(*sample.block, x, 3, isa));
  for (int64_t begin : {0, 57, 129})
    for (int64_t count : {1, 5}) {
      count = std::min(count, n - begin);
      Tensor part(DType::f32, {count, kHidden}, reinterpret_cast<std::byte*>(x.row(begin)));
      const auto y = forward(*sample.block, part, 2, isa);
      EXPECT_TRUE(std::equal(y.begin(), y.end(), all.begin() + begin * kHidden)) << begin << " " << count;
    }
}

INSTANTIATE_TEST_SUITE_P(All, MoeBlockOf,
                         ::testing::Values(DType::f32, DType::f16, DType::bf16, DType::f8_e4m3, DType::q8_0,
                                           DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k),
                         [](const auto& p) { return std::string(name(p.param)); });

TEST(MoeBlock, NoTokensGiveNoRows) {
  const Sample sample(DType::bf16);
  EXPECT_TRUE(forward(*sample.block, random_input(0, 1), 2, kernels::choose_isa()).empty());
}

TEST(MoeBlock, CountsItsTokensUnderItsLayer) {
  const Sample sample(DType::bf16);
  ExpertLoad load(2, kExperts);
  forward(*sample.block, random_input(40, 5), 2, kernels::choose_isa(), &load);
  EXPECT_EQ(load.total(0), 40 * kTopK);
  EXPECT_EQ(load.total(1), 0);
  EXPECT_GE(load.mean_read(), kTopK);
}

TEST(MoeBlock, AStepReadsTheRouterAndTheExpertsThatItsTokensUse) {
  const Sample sample(DType::bf16);
  const uint64_t router = kExperts * kHidden * 4, expert = 3 * kHidden * kIntermediate * 2;
  EXPECT_EQ(sample.block->weight_bytes(), router + kExperts * expert);
  EXPECT_EQ(sample.block->step_bytes(1), router + kTopK * expert);
  // Two tokens: each of 6 experts is used with probability 1 - (2 / 3)^2 = 5 / 9.
  EXPECT_NEAR(static_cast<double>(sample.block->step_bytes(2)), router + kExperts * expert * 5.0 / 9.0, 1);
  EXPECT_EQ(sample.block->step_bytes(1000), sample.block->weight_bytes());
  EXPECT_EQ(sample.block->token_flops(), 2.0 * kHidden * (kExperts + kTopK * 3.0 * kIntermediate));
}

TEST(MoeBlock, ExpectedReadsAreThoseOfARunWithEvenRouters) {
  const Sample sample(DType::bf16);
  ExpertLoad load(1, kExperts);
  for (uint64_t i = 0; i < 200; ++i)
    forward(*sample.block, random_input(3, 100 + i), 1, kernels::choose_isa(), &load);
  const double router = kExperts * kHidden * 4.0, expert = 3.0 * kHidden * kIntermediate * 2.0;
  const double expected = (static_cast<double>(sample.block->step_bytes(3)) - router) / expert;
  EXPECT_NEAR(load.mean_read(), expected, 0.25);
}

}  // namespace
}  // namespace retort
