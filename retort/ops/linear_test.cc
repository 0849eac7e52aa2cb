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

TEST_P(LinearOf, RowScalesMultiplyTheWeights) {
  if (dtype() != DType::f8_e4m3) return;
  const int64_t out = 300, in = 272, m = 3;
  Tensor w = random_weight(dtype(), out, in, 8), x = random_input(m, in, 9), rows = random_input(1, out, 10);
  auto y = product(isa(), 2, x, Linear("w", {w.view(), {}, rows.view(), {}}));
  std::vector<float> row(in);
  for (int64_t r = 0; r < out; ++r) {
    decode_row(dtype(), w.bytes() + r * w.view().row_bytes(), row.data(), in);
    for (int64_t i = 0; i < m; ++i) {
      double exact = 0;
      for (int64_t j = 0; j < in; ++j) exact += static_cast<double>(row[j]) * x.row(i)[j] * rows.f32()[r];
      ASSERT_NEAR(y[i * out + r], exact, 0.1);
    }
  }
}

/// Without scales beside the weights.
bool has_plain_products(DType dtype) {
  return is_quantized(dtype) || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16 ||
         dtype == DType::f8_e4m3;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (auto isa : kernels::supported_isas())
    for (const auto& row : kDTypes)
      if (has_plain_products(row.dtype)) all.push_back({row.dtype, isa});
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, LinearOf, ::testing::ValuesIn(cases()), [](const auto& p) {
  return std::string(name(p.param.dtype)) + "_" + std::string(kernels::name(p.param.isa));
});

// ---- weights with scales beside them ---------------------------------------------------------------------

/// Weights as a checkpoint has them, and what their product is by its definition: rounded activations times
/// weights, then scales.
struct Scaled {
  Linear::Form form;
  int64_t out, in, m;
  Tensor w, scale, x;

  Scaled(Linear::Form form, int64_t out, int64_t in, int64_t m)
      : form(form), out(out), in(in), m(m), x(random_input(m, in, 21)) {
    const bool block = form == Linear::Form::f8_blocks, int4 = form == Linear::Form::int4;
    const DType dtype = int4 ? DType::i4 : form == Linear::Form::int8 ? DType::i8 : DType::f8_e4m3;
    w = Tensor::owned(dtype, {out, in});
    Random random(22);
    std::vector<float> row(static_cast<size_t>(in));
    for (int64_t r = 0; r < out; ++r) {
      for (auto& value : row) value = random.normal() * (int4 ? 3.0f : 40.0f);
      encode_row(dtype, row.data(), w.bytes() + r * w.view().row_bytes(), in);
    }
    const int64_t rows = block ? (out + 127) / 128 : out;
    const int64_t columns = block ? (in + 127) / 128 : int4 ? in / 32 : 1;
    Tensor values = random_input(rows, columns, 23);
    scale = Tensor::owned(DType::bf16, {rows, columns});
    for (int64_t r = 0; r < rows; ++r)
      encode_row(DType::bf16, values.row(r), scale.bytes() + r * columns * 2, columns);
  }
  Linear layer() const {
    LinearSource source{w.view(), {}, {}, {}};
    (form == Linear::Form::int4        ? source.group_scale
     : form == Linear::Form::f8_blocks ? source.block_scale
                                       : source.row_scale) = scale.view();
    source.e4m3_activations = form == Linear::Form::e4m3;
    return Linear("w", source);
  }
  double scale_at(int64_t r, int64_t j) const {
    const bool block = form == Linear::Form::f8_blocks;
    const int64_t width = block ? 128 : form == Linear::Form::int4 ? 32 : in;
    float value;
    decode_row(DType::bf16, scale.bytes() + ((block ? r / 128 : r) * scale.columns() + j / width) * 2, &value,
               1);
    return value;
  }
  /// A row of activations as the format rounds it.
  std::vector<double> rounded(int64_t i) const {
    std::vector<double> y(static_cast<size_t>(in));
    const int64_t width = form == Linear::Form::f8_blocks ? 128 : in;
    for (int64_t j = 0; j < in; ++j) {
      float largest = 0;
      for (int64_t k = j / width * width; k < std::min(in, (j / width + 1) * width); ++k)
        largest = std::max(largest, std::fabs(x.row(i)[k]));
      const float v = x.row(i)[j], s8 = largest / 127, sf = largest / 448;
      y[static_cast<size_t>(j)] = form == Linear::Form::int4 ? static_cast<double>(to_f32(to_bf16(v)))
                                  : form == Linear::Form::int8
                                      ? static_cast<double>(std::nearbyint(v / s8)) * s8
                                      : static_cast<double>(to_f32(to_f8_e4m3(v / sf))) * sf;
    }
    return y;
  }
};

struct ScaledCase {
  Linear::Form form;
  const char* name;
  kernels::Isa isa;
};
class ScaledLinear : public ::testing::TestWithParam<ScaledCase> {};

TEST_P(ScaledLinear, IsTheProductOfRoundedActivationsAndScaledWeights) {
  for (int64_t m : {1, 7, 40}) {
    const Scaled s(GetParam().form, 150, 288, m);
    const auto y = product(GetParam().isa, 2, s.x, s.layer());
    std::vector<float> row(static_cast<size_t>(s.in));
    for (int64_t r = 0; r < s.out; ++r) {
      decode_row(s.w.dtype(), s.w.bytes() + r * s.w.view().row_bytes(), row.data(), s.in);
      for (int64_t i = 0; i < m; i += 6) {
        const auto x = s.rounded(i);
        double exact = 0, size = 0;
        for (int64_t j = 0; j < s.in; ++j) {
          const double term = x[static_cast<size_t>(j)] * row[static_cast<size_t>(j)] * s.scale_at(r, j);
          exact += term, size += std::fabs(term);
        }
        ASSERT_NEAR(y[static_cast<size_t>(i * s.out + r)], exact, 1e-5 * size)
            << "row " << r << " column " << i;
      }
    }
  }
}

TEST_P(ScaledLinear, OneRowEqualsManyOnAnyNumberOfThreadsPackedOrNot) {
  const Scaled s(GetParam().form, 333, 768, 70);
  const auto all = product(GetParam().isa, 1, s.x, s.layer());
  EXPECT_EQ(all, product(GetParam().isa, 3, s.x, s.layer()));
  Linear packed = s.layer();
  Arena arena;
  std::byte* panels = arena.allocate(packed.packed_bytes());
  packed.pack(kernels::kernel_table(GetParam().isa), 0, packed.n_panels(), panels);
  packed.use_packed(panels);
  EXPECT_EQ(all, product(GetParam().isa, 2, s.x, packed));
  for (int64_t i : {0, 31, 69}) {
    Tensor one(DType::f32, {1, s.in}, reinterpret_cast<std::byte*>(s.x.row(i)));
    auto y = product(GetParam().isa, 2, one, packed);
    EXPECT_EQ(std::memcmp(y.data(), all.data() + i * s.out, static_cast<size_t>(s.out) * sizeof(float)), 0)
        << i;
  }
}

TEST_P(ScaledLinear, BytesCountTheScales) {
  const Scaled s(GetParam().form, 128, 256, 1);
  const uint64_t weights = GetParam().form == Linear::Form::int4 ? 128 * 256 / 2 : 128 * 256;
  const uint64_t scales = GetParam().form == Linear::Form::int4 ? 128 * 8 * 2 + kernels::kInt4ScalePadding
                          : GetParam().form == Linear::Form::f8_blocks ? 2 * 4
                                                                       : 128 * 4;
  EXPECT_EQ(s.layer().bytes(), weights + scales);
}

std::vector<ScaledCase> scaled_cases() {
  std::vector<ScaledCase> all;
  for (auto isa : kernels::supported_isas())
    for (const auto& [form, name] : {std::pair{Linear::Form::int8, "int8"},
                                     {Linear::Form::int4, "int4"},
                                     {Linear::Form::e4m3, "e4m3"},
                                     {Linear::Form::f8_blocks, "f8_blocks"}})
      all.push_back({form, name, isa});
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, ScaledLinear, ::testing::ValuesIn(scaled_cases()), [](const auto& p) {
  return std::string(p.param.name) + "_" + std::string(kernels::name(p.param.isa));
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
