#include "retort/ops/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

struct Case {
  DType dtype;
  kernels::Isa isa;
};

Tensor random_weight(DType dtype, int64_t out, int64_t in, uint64_t seed) {
  Random random(seed);
  Tensor w = Tensor::owned(dtype, {out, in});
  std::vector<float> row(static_cast<size_t>(in));
  for (int64_t r = 0; r < out; ++r) {
    for (auto& x : row) x = 0.1f * random.normal();
    encode_row(dtype, row.data(), w.bytes() + r * w.view().row_bytes(), in);
  }
  return w;
}

Tensor random_input(int64_t m, int64_t k, uint64_t seed) {
  Random random(seed);
  Tensor x = Tensor::owned(DType::f32, {m, k});
  for (int64_t i = 0; i < m * k; ++i) x.f32()[i] = random.normal();
  return x;
}

/// One product on `threads` threads, copied out of the arena.
std::vector<float> product(kernels::Isa isa, int threads, const Tensor& x, const Linear& layer) {
  ThreadPool pool(threads);
  Arena arena;
  auto table = kernels::kernel_table(isa);
  Context ctx{pool, arena, table};
  Tensor y = linear(ctx, x, layer);
  return {y.f32(), y.f32() + y.shape().elements()};
}

class LinearOf : public ::testing::TestWithParam<Case> {
 protected:
  DType dtype() const { return GetParam().dtype; }
  kernels::Isa isa() const { return GetParam().isa; }
  std::vector<std::byte> packed_;

  void pack(Linear& layer) {
    if (!layer.wants_packing()) return;
    packed_.resize(layer.packed_bytes() + 64);
    auto* panels =
        reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(packed_.data()) + 63) & ~uintptr_t{63});
    layer.pack(kernels::kernel_table(isa()), 0, layer.n_panels(), panels);
    layer.use_packed(panels);
  }
};

TEST_P(LinearOf, MatchesTheDecodedProduct) {
  const int64_t out = 200, in = 512, m = 9;
  Tensor w = random_weight(dtype(), out, in, 1), x = random_input(m, in, 2), b = random_input(1, out, 3);
  Linear layer("w", {w.view(), TensorView{DType::f32, {out}, b.bytes()}, {}, {}});
  pack(layer);
  auto y = product(isa(), 2, x, layer);
  // Activations carry 8 bits beside integer weights, BF16's 8 beside BF16 and FP8, all beside f16 and f32.
  double tolerance = is_quantized(dtype())                            ? 0.02
                     : dtype() == DType::f32 || dtype() == DType::f16 ? 1e-5
                                                                      : 0.01;
  std::vector<float> row(in);
  for (int64_t r = 0; r < out; ++r) {
    decode_row(dtype(), w.bytes() + r * w.view().row_bytes(), row.data(), in);
    for (int64_t i = 0; i < m; ++i) {
      double exact = b.f32()[r], size = 0;
      for (int64_t j = 0; j < in; ++j) {
        exact += static_cast<double>(row[j]) * x.row(i)[j];
        size += std::pow(row[j] * x.row(i)[j], 2);
      }
      ASSERT_NEAR(y[i * out + r], exact, tolerance * std::sqrt(size) + 1e-6)
          << "row " << r << " column " << i;
    }
  }
}

TEST_P(LinearOf, OneRowEqualsManyOnAnyNumberOfThreadsBitForBit) {
  const int64_t out = 333, in = 768;
  Tensor w = random_weight(dtype(), out, in, 4), x = random_input(70, in, 5);
  Linear layer("w", {w.view(), {}, {}, {}});
  pack(layer);
  auto all = product(isa(), 1, x, layer);
  EXPECT_EQ(all, product(isa(), 3, x, layer));
  for (int64_t i : {0, 31, 69}) {
    Tensor one(DType::f32, {1, in}, reinterpret_cast<std::byte*>(x.row(i)));
    auto y = product(isa(), 2, one, layer);
    EXPECT_EQ(std::memcmp(y.data(), all.data() + i * out, out * sizeof(float)), 0) << i;
  }
}

TEST_P(LinearOf, RepackingDoesNotChangeABit) {
  if (!is_quantized(dtype())) return;
  const int64_t out = 100, in = 512;
  Tensor w = random_weight(dtype(), out, in, 6), x = random_input(40, in, 7);
  Linear in_place("w", {w.view(), {}, {}, {}}), packed = in_place;
  pack(packed);
  EXPECT_EQ(product(isa(), 2, x, in_place), product(isa(), 2, x, packed));
}

TEST_P(LinearOf, BlockAndRowScalesMultiplyTheWeights) {
  if (dtype() != DType::f8_e4m3) return;
  const int64_t out = 300, in = 272, m = 3;
  Tensor w = random_weight(dtype(), out, in, 8), x = random_input(m, in, 9);
  Tensor rows = random_input(1, out, 10), blocks = random_input(3, 3, 11);
  Linear by_row("w", {w.view(), {}, rows.view(), {}}), by_block("w", {w.view(), {}, {}, blocks.view()});
  auto y_row = product(isa(), 2, x, by_row), y_block = product(isa(), 2, x, by_block);
  std::vector<float> row(in);
  for (int64_t r = 0; r < out; ++r) {
    decode_row(dtype(), w.bytes() + r * w.view().row_bytes(), row.data(), in);
    for (int64_t i = 0; i < m; ++i) {
      double by_rows = 0, by_blocks = 0;
      for (int64_t j = 0; j < in; ++j) {
        double term = static_cast<double>(row[j]) * x.row(i)[j];
        by_rows += term * rows.f32()[r];
        by_blocks += term * blocks.row(r / 128)[j / 128];
      }
      ASSERT_NEAR(y_row[i * out + r], by_rows, 0.1);
      ASSERT_NEAR(y_block[i * out + r], by_blocks, 0.1);
    }
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (auto isa : kernels::supported_isas())
    for (const auto& row : kDTypes)
      if (row.dtype != DType::i32 && row.dtype != DType::f64) all.push_back({row.dtype, isa});
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, LinearOf, ::testing::ValuesIn(cases()), [](const auto& p) {
  return std::string(name(p.param.dtype)) + "_" + std::string(kernels::name(p.param.isa));
});

TEST(Linear, MatricesThatShareTheirInputRunTogetherWhateverTheirFormats) {
  Tensor q = random_weight(DType::q4_k, 96, 256, 1), v = random_weight(DType::q6_k, 40, 256, 2),
         f = random_weight(DType::bf16, 17, 256, 3), x = random_input(5, 256, 4);
  Linear a("a", {q.view(), {}, {}, {}}), b("b", {v.view(), {}, {}, {}}), c("c", {f.view(), {}, {}, {}});
  ThreadPool pool(2);
  Arena arena;
  auto table = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, table};
  const Linear* layers[] = {&a, &b, &c};
  Tensor y[3];
  linear(ctx, x, layers, y);
  for (int i = 0; i < 3; ++i) {
    Tensor alone = linear(ctx, x, *layers[i]);
    EXPECT_EQ(std::memcmp(alone.f32(), y[i].f32(), alone.view().bytes()), 0);
  }
}

TEST(Linear, WrongShapesAreRefusedByName) {
  Tensor w = random_weight(DType::bf16, 8, 32, 1), b = random_input(1, 7, 2);
  try {
    Linear layer("model.layers.0.q_proj", {w.view(), b.view(), {}, {}});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.message(), "model.layers.0.q_proj: bias has shape [1, 7], 8 elements expected");
  }
}

}  // namespace
}  // namespace retort
