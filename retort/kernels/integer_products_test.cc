// Integer products: the scalar level against the codecs' decoded weights, the other levels against the scalar
// one bit for bit, any number of columns against one column bit for bit.
#include "retort/kernels/integer_products.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "retort/base/arena.h"
#include "retort/base/random.h"
#include "retort/kernels/integer_panels.h"
#include "retort/tensor/codec.h"

namespace retort::kernels {
namespace {

constexpr float kPoison = std::numeric_limits<float>::quiet_NaN();
constexpr float kGuard = 12345.678f;
constexpr DType kIntegerFormats[] = {DType::q8_0, DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k};

const IntegerFormat& format_of(Isa isa, DType dtype) {
  return integer_products(isa).formats[static_cast<int>(dtype)];
}

// ---- inputs ------------------------------------------------------------------------------------

/// Where a block's f16 members stand.
std::vector<int> halves_of(DType dtype) {
  if (dtype == DType::q6_k) return {208};
  if (dtype == DType::q4_k || dtype == DType::q5_k) return {0, 2};
  return {0};
}

/// Rows of random bytes: every bit pattern of the quanta and scales, the f16 members finite.
std::vector<std::byte> random_rows(DType dtype, int64_t n_rows, int64_t k, Random& random) {
  const int size = info(dtype).block_bytes;
  std::vector<std::byte> rows(static_cast<size_t>(n_rows * row_bytes(dtype, k)));
  for (auto& byte : rows) byte = static_cast<std::byte>(random.below(256));
  for (size_t block = 0; block < rows.size(); block += static_cast<size_t>(size)) {
    for (int at : halves_of(dtype)) {
      f16 d = to_f16(random.normal() * (random.below(8) == 0 ? 1000.0f : 0.01f));
      std::memcpy(&rows[block + static_cast<size_t>(at)], &d, 2);
    }
  }
  return rows;
}

/// Normal values with some groups of zeros and a huge outlier.
std::vector<float> random_activations(int64_t m, int64_t k, Random& random) {
  std::vector<float> x(static_cast<size_t>(m * k));
  for (auto& v : x) v = random.normal();
  for (size_t g = 0; g + 32 <= x.size(); g += 32)
    if (random.below(8) == 0) std::fill_n(&x[g], 32, 0.0f);
  x[random.below(x.size())] = 1e6f;
  return x;
}

struct Quantized {
  Arena arena;
  Q8Activations q8;
  Quantized(Isa isa, const std::vector<float>& x, int64_t m, int64_t k)
      : q8(q8_activations_in(arena.allocate(q8_activation_bytes(m, k)), m, k)) {
    integer_products(isa).quantize(x.data(), k, 0, m, q8);
  }
};

std::vector<std::byte> packed(Isa isa, DType dtype, const std::vector<std::byte>& rows, int64_t n_rows,
                              int64_t k) {
  const int64_t bytes = row_bytes(dtype, k);
  std::vector<std::byte> panels(
      static_cast<size_t>((n_rows + kPanelRows - 1) / kPanelRows * kPanelRows * bytes), std::byte{0xab});
  for (int64_t r = 0; r < n_rows; r += kPanelRows)
    format_of(isa, dtype)
        .pack(&rows[static_cast<size_t>(r * bytes)], bytes,
              static_cast<int>(std::min<int64_t>(kPanelRows, n_rows - r)), k,
              &panels[static_cast<size_t>(r * bytes)]);
  return panels;
}

/// out[m][n_rows] of one product; checks that nothing else was written and all of it was.
std::vector<float> product(Isa isa, DType dtype, const std::vector<std::byte>& panels, int64_t n_rows,
                           const Q8Activations& x) {
  const int64_t ldo = n_rows + 5;
  std::vector<float> out(static_cast<size_t>(x.m * ldo), kGuard);
  for (int64_t i = 0; i < x.m; ++i) std::fill_n(&out[static_cast<size_t>(i * ldo)], n_rows, kPoison);
  Arena arena;
  const size_t scratch_bytes = format_of(isa, dtype).scratch_bytes(x.k);
  std::byte* scratch = arena.allocate(scratch_bytes + 64);
  std::memset(scratch, 0xff, scratch_bytes + 64);
  format_of(isa, dtype).multiply(panels.data(), n_rows, x, out.data(), ldo, scratch);
  for (size_t i = 0; i < 64; ++i)
    EXPECT_EQ(scratch[scratch_bytes + i], std::byte{0xff}) << "behind the scratch";

  std::vector<float> result;
  for (int64_t i = 0; i < x.m; ++i) {
    const float* row = &out[static_cast<size_t>(i * ldo)];
    for (int64_t r = 0; r < ldo; ++r) {
      if (r < n_rows) {
        EXPECT_FALSE(std::isnan(row[r])) << "row " << i << ", output " << r << " of " << n_rows;
        result.push_back(row[r]);
      } else {
        EXPECT_EQ(row[r], kGuard) << "row " << i << ", behind " << n_rows << " outputs";
      }
    }
  }
  return result;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), 4 * a.size()) == 0;
}

struct Shape {
  int64_t m, n_rows, k;
};

/// Small edges first, then random ones; k in whole blocks of the format.
std::vector<Shape> shapes_of(DType dtype, Random& random) {
  const int64_t block = info(dtype).block_size;
  std::vector<Shape> shapes = {{1, 1, block}, {8, 16, block}, {9, 17, 2 * block}, {3, 40, 1024 + block}};
  for (int i = 0; i < 8; ++i)
    shapes.push_back({1 + static_cast<int64_t>(random.below(40)), 1 + static_cast<int64_t>(random.below(70)),
                      block * (1 + static_cast<int64_t>(random.below(2560 / static_cast<uint64_t>(block))))});
  return shapes;
}

std::string name_of(const testing::TestParamInfo<DType>& info) {
  return std::string(name(info.param));
}

// ---- activations -------------------------------------------------------------------------------

TEST(Quantize, RoundsToTheNearestEighthBitAndSums) {
  Random random(1);
  const int64_t m = 11, k = 96;
  auto x = random_activations(m, k, random);
  Quantized a(Isa::scalar, x, m, k);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t g = 0; g < k / 32; ++g) {
      const float scale = a.q8.scale[a.q8.at(i, g)];
      int32_t sum[2] = {0, 0};
      for (int64_t j = 0; j < 32; ++j) {
        const int q = a.q8.q[a.q8.at(i, g) * 32 + j];
        EXPECT_LE(std::abs(q), 127);
        EXPECT_NEAR(scale * static_cast<float>(q), x[static_cast<size_t>(i * k + g * 32 + j)],
                    0.5001f * scale);
        sum[j / 16] += q;
      }
      EXPECT_EQ(a.q8.bias_8[a.q8.at(i, g)], -8 * (sum[0] + sum[1]));
      EXPECT_EQ(a.q8.bias_128[a.q8.at(i, g)], -128 * (sum[0] + sum[1]));
      EXPECT_EQ(a.q8.offset[a.q8.at(i, g)], -(scale * static_cast<float>(sum[0] + sum[1])));
      for (int h : {0, 1}) EXPECT_EQ(a.q8.bias_32[a.q8.bias_32_at(i, g, h)], -32 * sum[h]);
    }
  }
}

TEST(Quantize, IsTheSameAtEveryLevel) {
  Random random(2);
  for (int64_t m : {1, 5, 8, 21}) {
    const int64_t k = 32 * (1 + static_cast<int64_t>(random.below(20)));
    auto x = random_activations(m, k, random);
    Quantized expected(Isa::scalar, x, m, k);
    for (Isa isa : supported_isas()) {
      Quantized a(isa, x, m, k);
      const auto groups = static_cast<size_t>(m * a.q8.groups());
      EXPECT_EQ(std::memcmp(a.q8.q, expected.q8.q, groups * 32), 0) << name(isa);
      EXPECT_EQ(std::memcmp(a.q8.scale, expected.q8.scale, groups * 4), 0) << name(isa);
      EXPECT_EQ(std::memcmp(a.q8.offset, expected.q8.offset, groups * 4), 0) << name(isa);
      EXPECT_EQ(std::memcmp(a.q8.bias_8, expected.q8.bias_8, groups * 4), 0) << name(isa);
      EXPECT_EQ(std::memcmp(a.q8.bias_128, expected.q8.bias_128, groups * 4), 0) << name(isa);
      EXPECT_EQ(std::memcmp(a.q8.bias_32, expected.q8.bias_32, groups * 8), 0) << name(isa);
    }
  }
}

TEST(Quantize, ShowsWhatIsNotFiniteAndDropsWhatIsTooSmall) {
  const float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x(4 * 32, 1.0f);
  x[3] = kPoison;
  x[32 + 5] = -kInfinity;
  std::fill_n(&x[64], 32, 1e-40f);
  for (Isa isa : supported_isas()) {
    Quantized a(isa, x, 1, 128);
    EXPECT_TRUE(std::isnan(a.q8.scale[0])) << name(isa);
    EXPECT_TRUE(std::isnan(a.q8.scale[1])) << name(isa);
    EXPECT_EQ(a.q8.scale[2], 0.0f) << name(isa);
    EXPECT_EQ(a.q8.scale[3], 1.0f / 127.0f) << name(isa);
    for (int j = 0; j < 96; ++j) EXPECT_EQ(a.q8.q[j], 0) << name(isa) << " " << j;
    EXPECT_EQ(a.q8.q[96], 127) << name(isa);
  }
}

// ---- products ----------------------------------------------------------------------------------

class IntegerProduct : public testing::TestWithParam<DType> {};

TEST_P(IntegerProduct, OfTheScalarLevelIsThatOfTheDecodedWeights) {
  const DType dtype = GetParam();
  Random random(3);
  for (const Shape& s : shapes_of(dtype, random)) {
    auto rows = random_rows(dtype, s.n_rows, s.k, random);
    Quantized x(Isa::scalar, random_activations(s.m, s.k, random), s.m, s.k);
    auto y = product(Isa::scalar, dtype, packed(Isa::scalar, dtype, rows, s.n_rows, s.k), s.n_rows, x.q8);
    std::vector<float> w(static_cast<size_t>(s.k));
    for (int64_t r = 0; r < s.n_rows; ++r) {
      decode_row(dtype, &rows[static_cast<size_t>(r * row_bytes(dtype, s.k))], w.data(), s.k);
      for (int64_t i = 0; i < s.m; ++i) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < s.k; ++j) {
          const int64_t at = x.q8.at(i, j / 32);
          double term =
              static_cast<double>(w[static_cast<size_t>(j)]) * x.q8.scale[at] * x.q8.q[at * 32 + j % 32];
          sum += term, size += std::fabs(term);
        }
        // Of a k-quant with a minimum, scale * q and minimum are added apart: their sizes count too.
        EXPECT_NEAR(y[static_cast<size_t>(i * s.n_rows + r)], sum, 1e-4 * size) << r << ", " << i;
      }
    }
  }
}

TEST_P(IntegerProduct, IsTheSameBitForBitAtEveryLevel) {
  const DType dtype = GetParam();
  Random random(4);
  for (const Shape& s : shapes_of(dtype, random)) {
    auto rows = random_rows(dtype, s.n_rows, s.k, random);
    auto panels = packed(Isa::scalar, dtype, rows, s.n_rows, s.k);
    Quantized x(Isa::scalar, random_activations(s.m, s.k, random), s.m, s.k);
    auto expected = product(Isa::scalar, dtype, panels, s.n_rows, x.q8);
    for (Isa isa : supported_isas()) {
      EXPECT_EQ(packed(isa, dtype, rows, s.n_rows, s.k), panels) << name(isa);
      EXPECT_TRUE(same_bits(product(isa, dtype, panels, s.n_rows, x.q8), expected))
          << name(isa) << ": m " << s.m << ", rows " << s.n_rows << ", k " << s.k;
    }
  }
}

TEST_P(IntegerProduct, OfManyColumnsIsThatOfEachAloneBitForBit) {
  const DType dtype = GetParam();
  Random random(5);
  const int64_t k = 1024 + 512, n_rows = 35;
  auto panels = packed(Isa::scalar, dtype, random_rows(dtype, n_rows, k, random), n_rows, k);
  for (Isa isa : supported_isas()) {
    if (isa == Isa::scalar) continue;
    auto x = random_activations(40, k, random);
    std::vector<std::vector<float>> alone;
    for (int64_t i = 0; i < 40; ++i) {
      Quantized one(isa, {x.begin() + i * k, x.begin() + (i + 1) * k}, 1, k);
      alone.push_back(product(isa, dtype, panels, n_rows, one.q8));
    }
    for (int64_t m = 2; m <= 40; ++m) {
      Quantized many(isa, {x.begin(), x.begin() + m * k}, m, k);
      auto y = product(isa, dtype, panels, n_rows, many.q8);
      for (int64_t i = 0; i < m; ++i)
        EXPECT_EQ(std::memcmp(&y[static_cast<size_t>(i * n_rows)], alone[static_cast<size_t>(i)].data(),
                              static_cast<size_t>(n_rows) * 4),
                  0)
            << name(isa) << ": column " << i << " of " << m;
    }
  }
}

/// More columns than share a slab of activations, and a k of several slabs.
TEST_P(IntegerProduct, OfAWholePromptIsThatOfItsParts) {
  const DType dtype = GetParam();
  Random random(6);
  const int64_t k = 2048 + 256, n_rows = 19, m = 530;
  auto panels = packed(Isa::scalar, dtype, random_rows(dtype, n_rows, k, random), n_rows, k);
  auto x = random_activations(m, k, random);
  for (Isa isa : supported_isas()) {
    if (isa == Isa::scalar) continue;
    Quantized whole(isa, x, m, k), first(isa, {x.begin(), x.begin() + 5 * k}, 5, k),
        last(isa, {x.end() - 3 * k, x.end()}, 3, k);
    auto y = product(isa, dtype, panels, n_rows, whole.q8);
    EXPECT_TRUE(
        same_bits({y.begin(), y.begin() + 5 * n_rows}, product(isa, dtype, panels, n_rows, first.q8)));
    EXPECT_TRUE(same_bits({y.end() - 3 * n_rows, y.end()}, product(isa, dtype, panels, n_rows, last.q8)));
  }
}

/// The largest sums: all quanta at an end of their range, all activations at theirs.
TEST_P(IntegerProduct, OfExtremesDoesNotSaturate) {
  const DType dtype = GetParam();
  const int64_t k = 256, n_rows = 16;
  Random random(7);
  for (int fill : {0x00, 0x7f, 0x80, 0xff}) {
    std::vector<std::byte> rows(static_cast<size_t>(n_rows * row_bytes(dtype, k)),
                                static_cast<std::byte>(fill));
    for (size_t block = 0; block < rows.size(); block += static_cast<size_t>(info(dtype).block_bytes)) {
      const f16 one = to_f16(1.0f);
      for (int at : halves_of(dtype)) std::memcpy(&rows[block + static_cast<size_t>(at)], &one, 2);
    }
    for (float value : {1.0f, -1.0f}) {
      std::vector<float> x(9 * static_cast<size_t>(k), value);
      for (Isa isa : supported_isas()) {
        Quantized q8(isa, x, 9, k);
        auto y = product(isa, dtype, packed(isa, dtype, rows, n_rows, k), n_rows, q8.q8);
        std::vector<float> w(static_cast<size_t>(k));
        decode_row(dtype, rows.data(), w.data(), k);
        double sum = 0, size = 0;
        for (float v : w) sum += static_cast<double>(v) * value, size += std::fabs(v);
        for (float v : y) EXPECT_NEAR(v, sum, 1e-5 * size + 1e-3) << name(isa) << " " << fill;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(DTypes, IntegerProduct, testing::ValuesIn(kIntegerFormats), name_of);

}  // namespace
}  // namespace retort::kernels
