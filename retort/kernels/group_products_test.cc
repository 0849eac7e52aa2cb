// Products with a scale per group of columns: every level against sums in double, within the rounding of f32;
// any number of rows of activations against one row bit for bit; rounding to E4M3 against the codec.
#include "retort/kernels/group_products.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "retort/base/random.h"

namespace retort::kernels {
namespace {

constexpr float kGuard = 12345.678f;

std::vector<float> random_values(int64_t n, Random& random) {
  std::vector<float> x(static_cast<size_t>(n));
  for (auto& value : x) value = random.normal() * (random.below(50) == 0 ? 40.0f : 1.0f);
  return x;
}

/// Prepared rows of activations.
template <class Products>
std::vector<std::byte> prepared(const Products& products, const float* x, int64_t m, int64_t k) {
  const size_t stride = products.activation_bytes(k);
  std::vector<std::byte> rows(stride * static_cast<size_t>(m), std::byte{0xff});  // NaN
  for (int64_t i = 0; i < m; ++i) products.prepare(x + i * k, k, &rows[static_cast<size_t>(i) * stride]);
  return rows;
}

/// out[m][n_rows] as `multiply` writes it with rows of ldo; checks that nothing else was written.
std::vector<float> outputs(int64_t m, int64_t n_rows, const std::function<void(float*, int64_t)>& multiply) {
  const int64_t ldo = n_rows + 3;
  std::vector<float> out(static_cast<size_t>(m * ldo), kGuard), result;
  for (int64_t i = 0; i < m; ++i)
    std::fill_n(&out[static_cast<size_t>(i * ldo)], n_rows, std::numeric_limits<float>::quiet_NaN());
  multiply(out.data(), ldo);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t r = 0; r < ldo; ++r) {
      const float y = out[static_cast<size_t>(i * ldo + r)];
      if (r < n_rows)
        result.push_back(y);
      else
        EXPECT_EQ(y, kGuard) << "row " << i << ", behind " << n_rows << " outputs";
    }
  return result;
}

/// An exact sum and the sum of its terms' magnitudes, which bounds what rounding may change.
struct Exact {
  double sum = 0, size = 0;
  void add(double term) { sum += term, size += std::fabs(term); }
  /// Sums of up to 4096 terms in 16 lanes and more round far less often than once a term.
  double tolerance() const { return 1e-5 * size; }
};

struct Int4Matrix {
  int64_t n_rows, k;
  int group;
  std::vector<std::byte> q;
  std::vector<bf16> scales;  // padded

  Int4Matrix(int64_t n_rows, int64_t k, int group, Random& random)
      : n_rows(n_rows), k(k), group(group), q(static_cast<size_t>(n_rows * k / 2)) {
    for (auto& byte : q) byte = static_cast<std::byte>(random.below(256));
    const int64_t stride = int4_scale_stride(k, group);
    scales.assign(static_cast<size_t>(n_rows * stride) + kInt4ScalePadding / sizeof(bf16), bf16{0});
    for (int64_t r = 0; r < n_rows; ++r)
      for (int64_t g = 0; g < k / group; ++g)
        scales[static_cast<size_t>(r * stride + g)] = to_bf16(random.normal());
    for (size_t i = 0; i < kInt4ScalePadding / sizeof(bf16); ++i)
      scales[scales.size() - 1 - i] = {0x7fc0};  // NaN
  }
  double weight(int64_t r, int64_t j) const {
    const int nibble = std::to_integer<int>(q[static_cast<size_t>((r * k + j) / 2)]) >> (j % 2 * 4) & 15;
    return (nibble - 8) * to_f32(scales[static_cast<size_t>(r * int4_scale_stride(k, group) + j / group)]);
  }
  std::vector<float> times(Isa isa, const float* x, int64_t m) const {
    const auto& products = group_products(isa).int4;
    const auto rows = prepared(products, x, m, k);
    return outputs(m, n_rows, [&](float* out, int64_t ldo) {
      products.multiply({q.data(), scales.data(), group}, n_rows, k, rows.data(), m, out, ldo);
    });
  }
};

struct F8Matrix {
  int64_t n_rows, k;
  std::vector<std::byte> codes;

  F8Matrix(int64_t n_rows, int64_t k, Random& random)
      : n_rows(n_rows), k(k), codes(static_cast<size_t>(n_rows * k)) {
    for (auto& code : codes) {
      do code = static_cast<std::byte>(random.below(256));
      while ((std::to_integer<int>(code) & 127) == 127);  // NaN
    }
  }
  double weight(int64_t r, int64_t j) const {
    return to_f32(f8_e4m3{std::to_integer<uint8_t>(codes[static_cast<size_t>(r * k + j)])});
  }
  std::vector<float> times(Isa isa, const float* x, int64_t m, const float* scales) const {
    const auto& products = group_products(isa).f8_blocks;
    const auto rows = prepared(products, x, m, k);
    return outputs(m, n_rows, [&](float* out, int64_t ldo) {
      products.multiply(codes.data(), n_rows, k, rows.data(), m, scales, out, ldo);
    });
  }
};

class GroupProductsOf : public ::testing::TestWithParam<Isa> {};

TEST_P(GroupProductsOf, Int4IsTheScaledSumOfBf16Activations) {
  Random random(1);
  struct {
    int64_t m, n_rows, k;
    int group;
  } shapes[] = {{1, 1, 32, 32},   {1, 5, 1696, 32},   {2, 9, 192, 64},     {5, 7, 128, 128},
                {6, 66, 160, 32}, {13, 70, 3200, 64}, {33, 10, 1664, 128}, {4, 2, 4096, 32}};
  for (const auto& [m, n_rows, k, group] : shapes) {
    const Int4Matrix w(n_rows, k, group, random);
    const auto x = random_values(m * k, random);
    const auto y = w.times(GetParam(), x.data(), m);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t r = 0; r < n_rows; ++r) {
        Exact exact;
        for (int64_t j = 0; j < k; ++j)
          exact.add(w.weight(r, j) * to_f32(to_bf16(x[static_cast<size_t>(i * k + j)])));
        ASSERT_NEAR(y[static_cast<size_t>(i * n_rows + r)], exact.sum, exact.tolerance())
            << m << "x" << n_rows << "x" << k << "/" << group << ": row " << i << ", output " << r;
      }
  }
}

TEST_P(GroupProductsOf, F8BlocksAreTheSumsOfBlocksTimesTheirScales) {
  Random random(2);
  struct {
    int64_t m, n_rows, k;
  } shapes[] = {{1, 1, 1},      {1, 9, 1696},   {3, 128, 131}, {6, 66, 127},
                {13, 70, 3200}, {33, 10, 1664}, {2, 3, 300}};
  for (const auto& [m, n_rows, k] : shapes) {
    const F8Matrix w(n_rows, k, random), e4m3(m, k, random);
    const int64_t blocks = (k + kF8Block - 1) / kF8Block;
    const auto scales = random_values(m * blocks, random);
    std::vector<float> x(static_cast<size_t>(m * k));
    for (int64_t i = 0; i < m * k; ++i)
      x[static_cast<size_t>(i)] = static_cast<float>(e4m3.weight(i / k, i % k));
    const auto y = w.times(GetParam(), x.data(), m, scales.data());
    for (int64_t i = 0; i < m; ++i)
      for (int64_t r = 0; r < n_rows; ++r) {
        Exact exact;
        for (int64_t j = 0; j < k; ++j)
          exact.add(w.weight(r, j) * x[static_cast<size_t>(i * k + j)] *
                    scales[static_cast<size_t>(i * blocks + j / kF8Block)]);
        ASSERT_NEAR(y[static_cast<size_t>(i * n_rows + r)], exact.sum, exact.tolerance())
            << m << "x" << n_rows << "x" << k << ": row " << i << ", output " << r;
      }
  }
}

TEST_P(GroupProductsOf, OneRowEqualsManyBitForBit) {
  Random random(3);
  const int64_t m = 17, n_rows = 67, k = 3232, blocks = (k + kF8Block - 1) / kF8Block;
  const Int4Matrix int4(n_rows, k, 32, random);
  const F8Matrix f8(n_rows, k, random);
  const auto x = random_values(m * k, random), scales = random_values(m * blocks, random);
  const auto all_int4 = int4.times(GetParam(), x.data(), m);
  const auto all_f8 = f8.times(GetParam(), x.data(), m, scales.data());
  for (int64_t i : {0, 4, 16}) {
    const float* row = &x[static_cast<size_t>(i * k)];
    const auto one_int4 = int4.times(GetParam(), row, 1);
    const auto one_f8 = f8.times(GetParam(), row, 1, &scales[static_cast<size_t>(i * blocks)]);
    const size_t at = static_cast<size_t>(i * n_rows), bytes = static_cast<size_t>(n_rows) * sizeof(float);
    EXPECT_EQ(std::memcmp(one_int4.data(), &all_int4[at], bytes), 0) << "int4, row " << i;
    EXPECT_EQ(std::memcmp(one_f8.data(), &all_f8[at], bytes), 0) << "f8, row " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, GroupProductsOf, ::testing::ValuesIn(supported_isas()),
                         [](const auto& p) { return std::string(name(p.param)); });

TEST(RoundToE4m3, IsTheCodecUnderTheLargestMagnitudesScale) {
  Random random(4);
  const int64_t n = 4000;
  std::vector<float> x(static_cast<size_t>(n)), y(x.size());
  // All binades down to the subnormal numbers of E4M3 and below.
  for (auto& value : x) value = random.normal() * std::ldexp(1.0f, -static_cast<int>(random.below(20)));
  const float scale = round_to_e4m3(x.data(), n, y.data());
  float largest = 0;
  for (float value : x) largest = std::max(largest, std::fabs(value));
  EXPECT_EQ(scale, largest / 448.0f);
  for (size_t j = 0; j < x.size(); ++j) ASSERT_EQ(y[j], to_f32(to_f8_e4m3(x[j] / scale))) << x[j] / scale;
}

TEST(RoundToE4m3, TiesGoToEven) {
  // Halfway between 2 and 2.25, 2.25 and 2.5, 0 and 2^-9, 2^-9 and 2^-8.
  const float x[] = {448, 2.125f, 2.375f, 0x1p-10f, 0x1.8p-9f};
  const float wanted[] = {448, 2, 2.5f, 0, 0x1p-8f};
  float y[5];
  EXPECT_EQ(round_to_e4m3(x, 5, y), 1.0f);
  for (int j = 0; j < 5; ++j) EXPECT_EQ(y[j], wanted[j]) << x[j];
}

TEST(RoundToE4m3, ValuesWithoutAScaleAreZerosOrShowNaN) {
  const float zeros[] = {0, 0, -0.0f}, tiny[] = {1e-40f, 0, 0};
  const float wrong[] = {1, std::numeric_limits<float>::infinity(), 2};
  float y[3];
  EXPECT_EQ(round_to_e4m3(zeros, 3, y), 0.0f);
  EXPECT_EQ(round_to_e4m3(tiny, 3, y), 0.0f);
  EXPECT_EQ(y[0], 0.0f);
  EXPECT_TRUE(std::isnan(round_to_e4m3(wrong, 3, y)));
}

}  // namespace
}  // namespace retort::kernels
