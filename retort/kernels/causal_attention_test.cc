#include "retort/kernels/causal_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

constexpr float kPoison = 12345.0f;

struct Shape {
  int64_t n_tokens;
  int kv_heads, group, head_dim;
};

std::vector<float> random_values(int64_t n, uint64_t seed, float scale) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& x : values) x = scale * random.normal();
  return values;
}

/// One document of all heads; kernels see one key-value head of it.
struct Document {
  Shape shape;
  int64_t q_width = int64_t{shape.kv_heads} * shape.group * shape.head_dim;
  int64_t kv_width = int64_t{shape.kv_heads} * shape.head_dim;
  std::vector<float> q = random_values(shape.n_tokens * q_width, 1, 2.0f);
  std::vector<float> k = random_values(shape.n_tokens * kv_width, 2, 1.0f);
  std::vector<float> v = random_values(shape.n_tokens * kv_width, 3, 1.0f);
  std::vector<float> dy = random_values(shape.n_tokens * q_width, 4, 1.0f);

  template <typename T>
  CausalHead<T> head(const std::vector<T>& qs, const std::vector<T>& ks, const std::vector<T>& vs,
                     int kv_head) const {
    return {.n_tokens = shape.n_tokens,
            .group = shape.group,
            .head_dim = shape.head_dim,
            .scale = T{1} / std::sqrt(static_cast<T>(shape.head_dim)),
            .q = qs.data() + kv_head * shape.group * shape.head_dim,
            .q_stride = q_width,
            .k = ks.data() + kv_head * shape.head_dim,
            .v = vs.data() + kv_head * shape.head_dim,
            .kv_stride = kv_width};
  }
};

template <typename T>
struct Gradients {
  std::vector<T> dq, dk, dv;
};

struct Exact {
  std::vector<double> y, log_sums;
  Gradients<double> gradients;
};

/// In f64, over the keys and values that the cache holds.
Exact exact_of(const Document& d) {
  const auto widened = [](const std::vector<float>& x, bool cached) {
    std::vector<double> wide;
    for (float value : x) wide.push_back(static_cast<double>(cached ? to_f32(to_bf16(value)) : value));
    return wide;
  };
  const auto q = widened(d.q, false), k = widened(d.k, true), v = widened(d.v, true),
             dy = widened(d.dy, false);
  const int heads = d.shape.kv_heads * d.shape.group;
  Exact e{std::vector<double>(q.size()),
          std::vector<double>(static_cast<size_t>(d.shape.n_tokens * heads)),
          {std::vector<double>(q.size()), std::vector<double>(k.size()), std::vector<double>(k.size())}};
  std::vector<double> scratch(static_cast<size_t>(d.shape.n_tokens) + 8);
  for (int h = 0; h < d.shape.kv_heads; ++h) {
    const auto head = d.head<double>(q, k, v, h);
    const int64_t at = int64_t{h} * d.shape.group * d.shape.head_dim, key_at = int64_t{h} * d.shape.head_dim;
    double* log_sums = e.log_sums.data() + h * d.shape.group;
    causal_forward_f64(head, e.y.data() + at, log_sums, heads, reinterpret_cast<std::byte*>(scratch.data()));
    causal_backward_f64(head, {e.y.data() + at, dy.data() + at, log_sums, heads, e.gradients.dq.data() + at,
                               e.gradients.dk.data() + key_at, e.gradients.dv.data() + key_at});
  }
  return e;
}

Gradients<float> run(const CausalAttentionKernels& kernels, const Document& d, const Exact& exact,
                     int scratch_byte = 0xff) {
  const std::vector<float> y(exact.y.begin(), exact.y.end()),
      log_sums(exact.log_sums.begin(), exact.log_sums.end());
  const int heads = d.shape.kv_heads * d.shape.group;
  Gradients<float> g{std::vector<float>(d.q.size() + 16, kPoison),
                     std::vector<float>(d.k.size() + 16, kPoison),
                     std::vector<float>(d.k.size() + 16, kPoison)};
  const size_t bytes = kernels.scratch_bytes(d.shape.n_tokens, d.shape.group, d.shape.head_dim);
  std::unique_ptr<std::byte[], decltype(&std::free)> scratch(
      static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64 + 64)), &std::free);
  for (int h = 0; h < d.shape.kv_heads; ++h) {
    std::memset(scratch.get(), scratch_byte, bytes);
    const int64_t at = int64_t{h} * d.shape.group * d.shape.head_dim, key_at = int64_t{h} * d.shape.head_dim;
    kernels.backward(d.head<float>(d.q, d.k, d.v, h),
                     {y.data() + at, d.dy.data() + at, log_sums.data() + h * d.shape.group, heads,
                      g.dq.data() + at, g.dk.data() + key_at, g.dv.data() + key_at},
                     scratch.get());
  }
  for (std::vector<float>* part : {&g.dq, &g.dk, &g.dv}) {
    for (size_t i = part->size() - 16; i < part->size(); ++i) EXPECT_EQ((*part)[i], kPoison);
    part->resize(part->size() - 16);
  }
  return g;
}

/// The largest error, relative to the value and the typical size of a gradient.
double error(const std::vector<float>& found, const std::vector<double>& right) {
  double worst = 0, squares = 0;
  for (double x : right) squares += x * x;
  const double typical = std::sqrt(squares / static_cast<double>(right.size()));
  for (size_t i = 0; i < right.size(); ++i) {
    const double e = std::abs(static_cast<double>(found[i]) - right[i]) / (std::abs(right[i]) + typical);
    worst = e <= worst ? worst : e;  // a NaN is the worst of all
  }
  return worst;
}

constexpr Shape kShapes[] = {{1, 1, 1, 16},    {2, 2, 3, 16},   {5, 1, 2, 48},   {63, 1, 1, 64},
                             {64, 2, 2, 32},   {65, 1, 3, 64},  {70, 2, 1, 80},  {127, 1, 2, 16},
                             {130, 1, 1, 256}, {200, 2, 2, 64}, {257, 1, 1, 128}};

class CausalAttention : public ::testing::TestWithParam<Isa> {};

TEST_P(CausalAttention, GradientsEqualThoseInDouble) {
  // With BF16 pairs every operand carries 8 bits; at the other levels only keys and values do, exactly.
  const double tolerance = GetParam() == Isa::avx512_vnni_bf16 ? 0.05 : 1e-4;
  for (const Shape& shape : kShapes) {
    const Document d{shape};
    const Exact exact = exact_of(d);
    const Gradients<float> g = run(causal_attention_kernels(GetParam()), d, exact);
    const std::string label =
        std::to_string(shape.n_tokens) + " tokens, head_dim " + std::to_string(shape.head_dim);
    if (shape.n_tokens > 1) {  // one token: dq and dk are zero
      EXPECT_LT(error(g.dq, exact.gradients.dq), tolerance) << label;
      EXPECT_LT(error(g.dk, exact.gradients.dk), tolerance) << label;
    }
    EXPECT_LT(error(g.dv, exact.gradients.dv), tolerance) << label;
  }
}

TEST_P(CausalAttention, LaterTokensDoNotChangeEarlierQueriesGradients) {
  const Document d{{150, 1, 2, 64}};
  Document changed = d;
  for (int64_t t = 100; t < 150; ++t)
    for (int64_t i = 0; i < d.kv_width; ++i) changed.k[static_cast<size_t>(t * d.kv_width + i)] = 3.0f;
  const auto& kernels = causal_attention_kernels(GetParam());
  const auto a = run(kernels, d, exact_of(d)), b = run(kernels, changed, exact_of(changed));
  EXPECT_EQ(std::memcmp(a.dq.data(), b.dq.data(), static_cast<size_t>(100 * d.q_width) * sizeof(float)), 0);
}

TEST_P(CausalAttention, ScratchDoesNotShowInTheResult) {
  const Document d{{77, 2, 2, 48}};
  const Exact exact = exact_of(d);
  const auto& kernels = causal_attention_kernels(GetParam());
  const auto a = run(kernels, d, exact), b = run(kernels, d, exact, 0x33);
  EXPECT_EQ(a.dq, b.dq);
  EXPECT_EQ(a.dk, b.dk);
  EXPECT_EQ(a.dv, b.dv);
}

INSTANTIATE_TEST_SUITE_P(Levels, CausalAttention, ::testing::ValuesIn(supported_isas()),
                         [](const auto& p) { return std::string(name(p.param)); });

}  // namespace
}  // namespace retort::kernels
