// W8A8: rounding against its formula, every level against the exact sum bit for bit, any number of rows of
// activations against one row bit for bit.
#include "retort/kernels/int8_products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "retort/base/random.h"

namespace retort::kernels {
namespace {

constexpr float kGuard = 12345.678f;

struct Activations {
  std::vector<std::byte> buffer;
  Int8Activations view;

  Activations(const float* x, int64_t m, int64_t k)
      : buffer(int8_activation_bytes(m, k), std::byte{0x5a}), view(int8_activations_in(buffer.data(), m, k)) {
    int8_quantize(x, k, 0, m, view);
  }
};

std::vector<float> random_values(int64_t n, Random& random) {
  std::vector<float> x(static_cast<size_t>(n));
  for (auto& value : x) value = random.normal() * (random.below(50) == 0 ? 40.0f : 1.0f);
  return x;
}

struct Matrix {
  int64_t n_rows, k;
  std::vector<int8_t> q;
  std::vector<float> scale;
  std::vector<std::byte> panels;

  Matrix(int64_t n_rows, int64_t k, Random& random)
      : n_rows(n_rows), k(k), q(static_cast<size_t>(n_rows * k)) {
    for (auto& value : q) value = static_cast<int8_t>(static_cast<int>(random.below(256)) - 128);
    scale = random_values(n_rows, random);
    const int64_t n_panels = (n_rows + kInt8PanelRows - 1) / kInt8PanelRows;
    const int64_t panel_bytes = kInt8PanelRows * int8_panel_row_bytes(k);
    panels.assign(static_cast<size_t>(n_panels * panel_bytes), std::byte{0xab});
    for (int64_t p = 0; p < n_panels; ++p)
      int8_pack(reinterpret_cast<const std::byte*>(&q[static_cast<size_t>(p * kInt8PanelRows * k)]), k,
                static_cast<int>(std::min<int64_t>(kInt8PanelRows, n_rows - p * kInt8PanelRows)), k,
                &panels[static_cast<size_t>(p * panel_bytes)]);
  }
};

/// out[m][n_rows]; checks that nothing else was written.
std::vector<float> product(Isa isa, const Matrix& w, const Int8Activations& x) {
  const int64_t ldo = w.n_rows + 3;
  std::vector<float> out(static_cast<size_t>(x.m * ldo), kGuard), result;
  for (int64_t i = 0; i < x.m; ++i)
    std::fill_n(&out[static_cast<size_t>(i * ldo)], w.n_rows, std::numeric_limits<float>::quiet_NaN());
  int8_multiply(isa)(w.panels.data(), w.n_rows, w.scale.data(), x, out.data(), ldo);
  for (int64_t i = 0; i < x.m; ++i)
    for (int64_t r = 0; r < ldo; ++r) {
      const float y = out[static_cast<size_t>(i * ldo + r)];
      if (r < w.n_rows)
        result.push_back(y);
      else
        EXPECT_EQ(y, kGuard) << "row " << i << ", behind " << w.n_rows << " outputs";
    }
  return result;
}

TEST(Int8Quantize, RoundsARowToTheNearestOf255Steps) {
  Random random(1);
  const int64_t m = 11, k = 75;
  const auto x = random_values(m * k, random);
  const Activations a(x.data(), m, k);
  for (int64_t i = 0; i < m; ++i) {
    float largest = 0;
    int32_t sum = 0;
    for (int64_t j = 0; j < k; ++j) largest = std::max(largest, std::fabs(x[static_cast<size_t>(i * k + j)]));
    EXPECT_EQ(a.view.scale[i], largest / 127.0f);
    for (int64_t j = 0; j < a.view.groups() * kInt8Group; ++j) {
      const int q = a.view.at(i, j / kInt8Group)[j % kInt8Group];
      sum += q;
      if (j < k)
        EXPECT_EQ(q, std::nearbyint(x[static_cast<size_t>(i * k + j)] / a.view.scale[i])) << i << " " << j;
      else
        EXPECT_EQ(q, 0) << "padding";
    }
    EXPECT_EQ(a.view.bias[i], -128 * sum);
  }
}

TEST(Int8Quantize, RowsWithoutAScaleAreZerosOrShowNaN) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float x[] = {0, 0, 1e-45f, -1e-40f, 1, inf, nan, 1};
  const Activations a(x, 4, 2);
  for (int i : {0, 1}) EXPECT_EQ(a.view.scale[i], 0.0f) << i;
  for (int i : {2, 3}) EXPECT_TRUE(std::isnan(a.view.scale[i])) << i;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(a.view.at(i, 0)[0], 0) << i;
}

class Int8ProductsOf : public ::testing::TestWithParam<Isa> {};

TEST_P(Int8ProductsOf, AreTheExactSumTimesBothScales) {
  Random random(2);
  struct {
    int64_t m, n_rows, k;
  } shapes[] = {{1, 1, 1}, {8, 16, 32}, {9, 33, 1060}, {17, 31, 96}, {40, 70, 2080}, {3, 100, 1024}};
  for (const auto& [m, n_rows, k] : shapes) {
    const Matrix w(n_rows, k, random);
    const auto x = random_values(m * k, random);
    const Activations a(x.data(), m, k);
    const auto y = product(GetParam(), w, a.view);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t r = 0; r < n_rows; ++r) {
        int32_t sum = 0;
        for (int64_t j = 0; j < k; ++j)
          sum += w.q[static_cast<size_t>(r * k + j)] * a.view.at(i, j / kInt8Group)[j % kInt8Group];
        ASSERT_EQ(y[static_cast<size_t>(i * n_rows + r)],
                  static_cast<float>(sum) * (w.scale[static_cast<size_t>(r)] * a.view.scale[i]))
            << m << "x" << n_rows << "x" << k << ": row " << i << ", output " << r;
      }
  }
}

TEST_P(Int8ProductsOf, HoldTheLargestSums) {
  const int64_t k = 4096;
  Random random(3);
  Matrix w(2, k, random);
  std::vector<std::byte> rows(static_cast<size_t>(2 * k), std::byte{0x80});  // -128
  int8_pack(rows.data(), k, 2, k, w.panels.data());
  w.scale = {1, 1};
  const std::vector<float> x(static_cast<size_t>(k), 127.0f);
  const Activations a(x.data(), 1, k);
  EXPECT_EQ(product(GetParam(), w, a.view), std::vector<float>(2, -128.0f * 127.0f * 4096.0f));
}

TEST_P(Int8ProductsOf, OneRowEqualsManyBitForBit) {
  Random random(4);
  const int64_t m = 30, n_rows = 45, k = 1100;
  const Matrix w(n_rows, k, random);
  const auto x = random_values(m * k, random);
  const auto all = product(GetParam(), w, Activations(x.data(), m, k).view);
  for (int64_t i : {0, 7, 8, 29}) {
    const auto one = product(GetParam(), w, Activations(&x[static_cast<size_t>(i * k)], 1, k).view);
    EXPECT_EQ(std::memcmp(one.data(), &all[static_cast<size_t>(i * n_rows)], one.size() * sizeof(float)), 0)
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Int8ProductsOf, ::testing::ValuesIn(supported_isas()),
                         [](const auto& p) { return std::string(name(p.param)); });

}  // namespace
}  // namespace retort::kernels
