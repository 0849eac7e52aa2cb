#include "retort/ops/sparse_linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "retort/base/random.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

Tensor random_tensor(DType dtype, int64_t rows, int64_t columns, uint64_t seed) {
  Random random(seed);
  Tensor w = Tensor::owned(dtype, {rows, columns});
  std::vector<float> row(static_cast<size_t>(columns));
  for (int64_t r = 0; r < rows; ++r) {
    for (float& x : row) x = random.normal();
    encode_row(dtype, row.data(), w.bytes() + r * w.view().row_bytes(), columns);
  }
  return w;
}

/// Matrices that share an input, with a stack of their own memory where one can hold them.
struct Stacked {
  std::vector<Tensor> weights, biases;
  std::vector<Linear> layers;
  std::unique_ptr<PrunedInput> input;
  std::vector<std::byte> memory;

  Stacked(DType dtype, std::vector<int64_t> rows, int64_t k, float threshold, bool stack = true) {
    for (size_t i = 0; i < rows.size(); ++i) {
      weights.push_back(random_tensor(dtype, rows[i], k, 10 + i));
      biases.push_back(random_tensor(DType::f32, 1, rows[i], 20 + i));
    }
    for (size_t i = 0; i < rows.size(); ++i)
      layers.emplace_back(
          "w", LinearSource{weights[i].view(), TensorView{DType::f32, {rows[i]}, biases[i].bytes()}, {}, {}});
    std::vector<const Linear*> all;
    for (const Linear& layer : layers) all.push_back(&layer);
    input = std::make_unique<PrunedInput>(all, threshold);
    if (!stack) return;
    ColumnStack& columns = input->make_stack();
    memory.assign(columns.bytes() + 4096, std::byte{0x7f});  // poisoned: NaN where nothing is packed
    columns.use(
        reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(memory.data()) + 4095) & ~uintptr_t{4095}));
    for (int64_t line = columns.n_lines(); line-- > 0;) columns.pack(line, line + 1);
  }
};

/// What `multiply(ctx, y)` computes of the layers' outputs, behind one another, copied out of a poisoned
/// arena.
template <typename Multiply>
std::vector<float> outputs(kernels::Isa isa, int threads, size_t layers, Multiply multiply) {
  ThreadPool pool(threads);
  Arena arena;
  {
    Arena::Mark mark(arena);
    std::memset(arena.allocate(size_t{8} << 20), 0xff, size_t{8} << 20);
  }
  auto table = kernels::kernel_table(isa);
  Context ctx{pool, arena, table};
  std::vector<Tensor> y(layers);
  multiply(ctx, y);
  std::vector<float> all;
  for (const Tensor& one : y) all.insert(all.end(), one.f32(), one.f32() + one.shape().elements());
  return all;
}

std::vector<float> product(kernels::Isa isa, int threads, const Tensor& x, const PrunedInput& input) {
  return outputs(isa, threads, input.layers().size(),
                 [&](Context& ctx, std::span<Tensor> y) { sparse_linear(ctx, x, input, y); });
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

Tensor row_of(const Tensor& x, int64_t i) {
  Tensor row = Tensor::owned(DType::f32, {1, x.columns()});
  std::memcpy(row.f32(), x.row(i), static_cast<size_t>(x.columns()) * sizeof(float));
  return row;
}

struct Shapes {
  std::vector<int64_t> rows;
  int64_t k;
};
const Shapes kShapes[] = {{{1}, 1},      {{32}, 128},         {{5, 70, 31}, 129}, {{64, 32, 32}, 64},
                          {{2048}, 100}, {{1000, 1100}, 300}, {{2049}, 257},      {{513, 1536, 7}, 40}};

class SparseLinear : public ::testing::TestWithParam<kernels::Isa> {};

TEST_P(SparseLinear, IsTheDenseProductOfZeroedInputs) {
  for (const Shapes& s : kShapes) {
    const Stacked w(DType::bf16, s.rows, s.k, 0.5f);
    const Tensor x = random_tensor(DType::f32, 3, s.k, 3);
    const std::vector<float> y = product(GetParam(), 2, x, *w.input);
    size_t at = 0;
    for (size_t l = 0; l < s.rows.size(); ++l)
      for (int64_t i = 0; i < 3; ++i)
        for (int64_t r = 0; r < s.rows[l]; ++r, ++at) {
          std::vector<float> row(static_cast<size_t>(s.k));
          decode_row(DType::bf16, w.weights[l].view().row(r), row.data(), s.k);
          double exact = w.biases[l].f32()[r], size = std::abs(exact);
          for (int64_t j = 0; j < s.k; ++j) {
            if (std::abs(x.row(i)[j]) <= 0.5f) continue;
            Tensor rounded = Tensor::owned(DType::bf16, {1, 1});
            float value;
            encode_row(DType::bf16, x.row(i) + j, rounded.bytes(), 1);
            decode_row(DType::bf16, rounded.bytes(), &value, 1);
            exact += static_cast<double>(row[static_cast<size_t>(j)]) * value;
            size += std::abs(static_cast<double>(row[static_cast<size_t>(j)]) * value);
          }
          ASSERT_NEAR(y[at], exact, 1e-5 * size) << s.rows[l] << " x " << s.k << ", row " << r;
        }
  }
}

TEST_P(SparseLinear, HasTheBitsOfTheScalarLevel) {
  for (const Shapes& s : kShapes) {
    const Stacked w(DType::bf16, s.rows, s.k, 0.7f);
    for (int64_t m : {1, 5}) {
      const Tensor x = random_tensor(DType::f32, m, s.k, 4);
      EXPECT_TRUE(
          same_bits(product(GetParam(), 2, x, *w.input), product(kernels::Isa::scalar, 1, x, *w.input)));
    }
  }
}

TEST_P(SparseLinear, GivesARowTheSameBitsAloneAndInABatchOnAnyNumberOfThreads) {
  const Stacked w(DType::bf16, {700, 1500}, 300, 0.6f);
  const Tensor x = random_tensor(DType::f32, 70, 300, 5);
  const std::vector<float> all = product(GetParam(), 3, x, *w.input);
  for (int64_t i : {0, 1, 63, 64, 69}) {
    for (int threads : {1, 2}) {
      const std::vector<float> one = product(GetParam(), threads, row_of(x, i), *w.input);
      EXPECT_EQ(std::memcmp(&one[0], &all[static_cast<size_t>(i * 700)], 700 * sizeof(float)), 0);
      EXPECT_EQ(std::memcmp(&one[700], &all[static_cast<size_t>(70 * 700 + i * 1500)], 1500 * sizeof(float)),
                0);
    }
  }
  Tensor few = Tensor::owned(DType::f32, {4, 300});
  std::memcpy(few.f32(), x.f32(), 4 * 300 * sizeof(float));
  const std::vector<float> four = product(GetParam(), 2, few, *w.input);
  EXPECT_EQ(std::memcmp(four.data(), all.data(), 4 * 700 * sizeof(float)), 0);
}

TEST_P(SparseLinear, CountsWhatItSkips) {
  const Stacked w(DType::bf16, {64}, 4, 1.0f);
  Tensor x = Tensor::owned(DType::f32, {2, 4});
  const float values[] = {0.5f, -2, 1, 3, 0, -0.1f, 1.5f, 0.2f};
  std::memcpy(x.f32(), values, sizeof values);
  product(GetParam(), 1, x, *w.input);
  EXPECT_EQ(w.input->skipped(), 5.0 / 8);
}

TEST_P(SparseLinear, DoesNotSkipNaN) {
  const Stacked w(DType::bf16, {40}, 10, 0.5f);
  Tensor x = random_tensor(DType::f32, 1, 10, 6);
  x.f32()[3] = std::numeric_limits<float>::quiet_NaN();
  for (float y : product(GetParam(), 1, x, *w.input)) EXPECT_TRUE(std::isnan(y));
}

TEST_P(SparseLinear, RunsOtherFormatsOverZeroedInputsWithTheBitsOfTheDenseProduct) {
  for (DType dtype : {DType::f32, DType::q8_0, DType::q4_k, DType::bf16}) {
    const Stacked w(dtype, {48, 80}, 256, 0.6f, false);
    EXPECT_EQ(w.input->stackable(), dtype == DType::bf16);
    const Tensor x = random_tensor(DType::f32, 3, 256, 7);
    Tensor zeroed = Tensor::owned(DType::f32, {3, 256});
    for (int64_t i = 0; i < 3 * 256; ++i) zeroed.f32()[i] = std::abs(x.f32()[i]) <= 0.6f ? 0 : x.f32()[i];
    const std::vector<float> dense = outputs(GetParam(), 2, 2, [&](Context& ctx, std::span<Tensor> y) {
      linear(ctx, zeroed, w.input->layers(), y);
    });
    EXPECT_TRUE(same_bits(product(GetParam(), 2, x, *w.input), dense));
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, SparseLinear, ::testing::ValuesIn(kernels::supported_isas()),
                         [](const auto& info) { return std::string(kernels::name(info.param)); });

}  // namespace
}  // namespace retort
