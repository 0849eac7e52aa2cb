#include "retort/kernels/float_products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/tensor/codec.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

constexpr DType kFloats[] = {DType::f32, DType::f16, DType::bf16, DType::f8_e4m3};
constexpr float kGuard = 12345.0f;

const FloatFormat& format_of(Isa isa, DType dtype) {
  return float_products(isa).formats[static_cast<int>(dtype)];
}
bool rounds_activations(DType dtype) {
  return dtype == DType::bf16 || dtype == DType::f8_e4m3;
}

/// A matrix whose allocation ends with its last row (a read behind it is seen by the address sanitizer) and
/// whose rows begin at any byte.
struct Matrix {
  DType dtype;
  int64_t n_rows, k, row_bytes;
  std::unique_ptr<std::byte[]> bytes;
  std::byte* data;

  Matrix(DType type, int64_t rows, int64_t columns, int64_t padding, int64_t offset)
      : dtype(type), n_rows(rows), k(columns), row_bytes(retort::row_bytes(type, columns) + padding) {
    bytes = std::make_unique<std::byte[]>(static_cast<size_t>(offset + rows * row_bytes - padding));
    data = bytes.get() + offset;
  }
  void set_row(int64_t r, const std::vector<float>& values) {
    encode_row(dtype, values.data(), data + r * row_bytes, k);
  }
  std::vector<float> row(int64_t r) const {
    std::vector<float> values(static_cast<size_t>(k));
    decode_row(dtype, data + r * row_bytes, values.data(), k);
    return values;
  }
};

Matrix random_matrix(DType dtype, int64_t n_rows, int64_t k, uint64_t seed) {
  Random random(seed);
  Matrix w(dtype, n_rows, k, static_cast<int64_t>(seed % 5), static_cast<int64_t>(seed % 3));
  std::vector<float> values(static_cast<size_t>(k));
  for (int64_t r = 0; r < n_rows; ++r) {
    for (float& x : values) x = random.normal();
    w.set_row(r, values);
  }
  return w;
}

std::vector<float> random_values(int64_t n, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& x : values) x = random.normal();
  return values;
}

/// Prepared activation rows, 64-byte aligned.
struct Activations {
  std::vector<std::byte> buffer;
  std::byte* rows;
  size_t stride;

  Activations(const FloatFormat& format, const std::vector<float>& x, int64_t m, int64_t k,
              const float* block_scale = nullptr)
      : stride(format.activation_bytes(k)) {
    buffer.resize(stride * static_cast<size_t>(m) + 64, std::byte{0xff});
    rows = buffer.data() + (64 - reinterpret_cast<uintptr_t>(buffer.data()) % 64) % 64;
    for (int64_t i = 0; i < m; ++i)
      format.prepare(x.data() + i * k, k, block_scale, rows + static_cast<size_t>(i) * stride);
  }
};

/// out[m][n_rows] of W[:, columns i in [first, first + m)]; checks that nothing else was written.
std::vector<float> product(const FloatFormat& format, const Matrix& w, const Activations& x, int64_t first,
                           int64_t m, const float* row_scale = nullptr) {
  const int64_t ldo = w.n_rows + 3;
  std::vector<float> padded(static_cast<size_t>(m * ldo), kGuard);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t r = 0; r < w.n_rows; ++r)
      padded[static_cast<size_t>(i * ldo + r)] = std::numeric_limits<float>::quiet_NaN();
  format.multiply(w.data, w.row_bytes, w.n_rows, w.k, x.rows + static_cast<size_t>(first) * x.stride, m,
                  row_scale, padded.data(), ldo);
  std::vector<float> out;
  for (int64_t i = 0; i < m; ++i) {
    const float* row = padded.data() + i * ldo;
    out.insert(out.end(), row, row + w.n_rows);
    for (int64_t r = w.n_rows; r < ldo; ++r) EXPECT_EQ(row[r], kGuard) << "output " << i << ", " << r;
  }
  return out;
}

/// The product in double over decoded weights, and the sum of magnitudes that bounds its rounding.
struct Exact {
  double value = 0, magnitude = 0;
};
Exact exact_dot(const std::vector<float>& w, const float* x, DType dtype,
                const float* block_scale = nullptr) {
  Exact sum;
  for (size_t j = 0; j < w.size(); ++j) {
    float value = block_scale ? x[j] * block_scale[j / 128] : x[j];
    if (rounds_activations(dtype)) value = to_f32(to_bf16(value));
    sum.value += static_cast<double>(w[j]) * static_cast<double>(value);
    sum.magnitude += std::fabs(static_cast<double>(w[j]) * static_cast<double>(value));
  }
  return sum;
}

std::string label(Isa isa, DType dtype, int64_t n_rows, int64_t k, int64_t m) {
  return std::string(name(isa)) + " " + std::string(name(dtype)) + " rows " + std::to_string(n_rows) + " k " +
         std::to_string(k) + " m " + std::to_string(m);
}

void expect_product(Isa isa, DType dtype, int64_t n_rows, int64_t k, int64_t m, uint64_t seed) {
  SCOPED_TRACE(label(isa, dtype, n_rows, k, m));
  const FloatFormat& format = format_of(isa, dtype);
  const Matrix w = random_matrix(dtype, n_rows, k, seed);
  const std::vector<float> x = random_values(m * k, seed + 1), scale = random_values(n_rows, seed + 2);
  const float* row_scale = seed % 2 ? scale.data() : nullptr;
  const std::vector<float> y = product(format, w, Activations(format, x, m, k), 0, m, row_scale);
  for (int64_t r = 0; r < n_rows; ++r) {
    const std::vector<float> row = w.row(r);
    const double s = row_scale ? static_cast<double>(row_scale[r]) : 1.0;
    for (int64_t i = 0; i < m; ++i) {
      const Exact exact = exact_dot(row, x.data() + i * k, dtype);
      // Every accumulator takes few additions: far below k roundings of the sum of magnitudes.
      const double tolerance = 2e-6 * exact.magnitude * std::fabs(s) + 1e-30;
      ASSERT_NEAR(y[static_cast<size_t>(i * n_rows + r)], exact.value * s, tolerance) << r << ", " << i;
    }
  }
}

class FloatProducts : public testing::TestWithParam<Isa> {};

TEST_P(FloatProducts, EqualTheSumInDoubleAtAnyShape) {
  Random random(7);
  for (DType dtype : kFloats) {
    for (int trial = 0; trial < 40; ++trial) {
      const auto n_rows = static_cast<int64_t>(1 + random.below(trial % 4 == 0 ? 150 : 21));
      const auto k = static_cast<int64_t>(1 + random.below(trial % 3 == 0 ? 4000 : 300));
      const auto m = static_cast<int64_t>(1 + random.below(trial % 5 == 0 ? 90 : 20));
      expect_product(GetParam(), dtype, n_rows, k, m, random.bits() >> 1);
    }
  }
}

TEST_P(FloatProducts, EqualTheSumInDoubleAtEveryTail) {
  for (DType dtype : kFloats)
    for (int64_t k = 1; k <= 130; ++k)
      expect_product(GetParam(), dtype, k % 9 + 1, k, k % 11 + 1, 3 * static_cast<uint64_t>(k));
}

TEST_P(FloatProducts, DoNotDependOnTheNumberOfColumns) {
  constexpr int64_t kRows = 37, kColumns = 40;
  for (DType dtype : kFloats) {
    for (int64_t k : {64, 999, 1536, 2048, 3333}) {
      const FloatFormat& format = format_of(GetParam(), dtype);
      const Matrix w = random_matrix(dtype, kRows, k, 11);
      const Activations x(format, random_values(kColumns * k, 12), kColumns, k);
      std::vector<float> one_by_one;
      for (int64_t i = 0; i < kColumns; ++i) {
        const std::vector<float> y = product(format, w, x, i, 1);
        one_by_one.insert(one_by_one.end(), y.begin(), y.end());
      }
      for (int64_t m = 2; m <= kColumns; ++m) {
        const std::vector<float> y = product(format, w, x, kColumns - m, m);
        const float* wanted = one_by_one.data() + (kColumns - m) * kRows;
        ASSERT_EQ(std::memcmp(y.data(), wanted, y.size() * sizeof(float)), 0)
            << label(GetParam(), dtype, kRows, k, m);
      }
    }
  }
}

TEST_P(FloatProducts, DoNotDependOnTheSplitOfRows) {
  constexpr int64_t kRows = 150, k = 1700;
  for (DType dtype : kFloats) {
    const FloatFormat& format = format_of(GetParam(), dtype);
    Matrix w = random_matrix(dtype, kRows, k, 21);
    const std::vector<float> scale = random_values(kRows, 23);
    for (int64_t m : {1, 5, 9, 70}) {
      const Activations x(format, random_values(m * k, 22), m, k);
      const std::vector<float> whole = product(format, w, x, 0, m, scale.data());
      std::vector<float> split(whole.size());
      for (int64_t begin = 0, n = 1; begin < kRows; begin += n, n = n * 2 + 1) {
        n = std::min(n, kRows - begin);
        format.multiply(w.data + begin * w.row_bytes, w.row_bytes, n, k, x.rows, m, scale.data() + begin,
                        split.data() + begin, kRows);
      }
      ASSERT_EQ(std::memcmp(whole.data(), split.data(), whole.size() * sizeof(float)), 0)
          << label(GetParam(), dtype, kRows, k, m);
    }
  }
}

TEST_P(FloatProducts, MultiplyAddAddsToWhatIsThere) {
  constexpr int64_t kRows = 75;
  for (DType dtype : {DType::f32, DType::bf16}) {
    const FloatFormat& format = format_of(GetParam(), dtype);
    for (int64_t k : {7, 64, 300, 2000}) {
      const Matrix w = random_matrix(dtype, kRows, k, 60);
      for (int64_t m : {1, 4, 9, 40, 70}) {
        const Activations x(format, random_values(m * k, 61), m, k);
        const std::vector<float> y = product(format, w, x, 0, m), before = random_values(m * kRows, 62);
        std::vector<float> sum = before;
        format.multiply_add(w.data, w.row_bytes, kRows, k, x.rows, m, sum.data(), kRows);
        for (size_t i = 0; i < y.size(); ++i)
          ASSERT_NEAR(sum[i], before[i] + y[i], 1e-5 * std::sqrt(static_cast<double>(k)))
              << label(GetParam(), dtype, kRows, k, m);
      }
    }
  }
}

TEST_P(FloatProducts, PreparedColumnsAreThePreparedRowsOfTheTransposed) {
  for (DType dtype : {DType::f32, DType::bf16}) {
    const FloatFormat& format = format_of(GetParam(), dtype);
    for (int64_t k : {1, 15, 16, 33, 64, 100, 257}) {
      for (int64_t n : {1, 15, 16, 37}) {
        const int64_t ldx = n + 5;
        const std::vector<float> x = random_values(k * ldx, 70);
        std::vector<float> turned(static_cast<size_t>(n * k));
        for (int64_t c = 0; c < n; ++c)
          for (int64_t j = 0; j < k; ++j)
            turned[static_cast<size_t>(c * k + j)] = x[static_cast<size_t>(j * ldx + c)];
        const Activations right(format, turned, n, k);
        Activations found(format, std::vector<float>(static_cast<size_t>(n * k)), n, k);
        std::vector<std::byte> guarded(found.stride * static_cast<size_t>(n) + 128, std::byte{0x5a});
        std::byte* rows = guarded.data() + (64 - reinterpret_cast<uintptr_t>(guarded.data()) % 64) % 64;
        format.prepare_columns(x.data(), ldx, k, n, rows);
        // The bytes between rows are nobody's: what products see is compared.
        const Matrix w = random_matrix(dtype, 3, k, 71);
        std::memcpy(found.rows, rows, found.stride * static_cast<size_t>(n));
        const std::vector<float> a = product(format, w, found, 0, n), b = product(format, w, right, 0, n);
        ASSERT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0)
            << label(GetParam(), dtype, n, k, n);
        ASSERT_EQ(rows[found.stride * static_cast<size_t>(n)], std::byte{0x5a});
      }
    }
  }
}

TEST_P(FloatProducts, RoundedColumnsAreTheEncodedRowsOfTheTransposed) {
  for (DType dtype : {DType::f32, DType::bf16}) {
    for (int64_t k : {1, 15, 16, 33, 64, 100, 257}) {
      for (int64_t n : {1, 15, 16, 37}) {
        const int64_t ldx = n + 3;
        const std::vector<float> x = random_values(k * ldx, 80);
        Matrix found(dtype, n, k, 2, 1), right(dtype, n, k, 2, 1);
        std::memset(found.bytes.get(), 0x5a, static_cast<size_t>(1 + n * found.row_bytes - 2));
        std::memset(right.bytes.get(), 0x5a, static_cast<size_t>(1 + n * right.row_bytes - 2));
        for (int64_t c = 0; c < n; ++c) {
          std::vector<float> row;
          for (int64_t j = 0; j < k; ++j) row.push_back(x[static_cast<size_t>(j * ldx + c)]);
          right.set_row(c, row);
        }
        format_of(GetParam(), dtype).round_columns(x.data(), ldx, k, n, found.data, found.row_bytes);
        ASSERT_EQ(std::memcmp(found.bytes.get(), right.bytes.get(),
                              static_cast<size_t>(1 + n * found.row_bytes - 2)),
                  0)
            << label(GetParam(), dtype, n, k, n);
      }
    }
  }
}

TEST_P(FloatProducts, ReadEveryCodeOfF8Exactly) {
  constexpr int64_t k = 256;
  const FloatFormat& format = format_of(GetParam(), DType::f8_e4m3);
  Matrix w(DType::f8_e4m3, 1, k, 0, 1);
  for (int j = 0; j < k; ++j) w.data[j] = static_cast<std::byte>(j);
  w.data[0x7f] = w.data[0xff] = std::byte{0};  // not the NaNs: they would hide all others
  std::vector<float> x(static_cast<size_t>(k * k));
  for (int64_t j = 0; j < k; ++j) x[static_cast<size_t>(j * k + j)] = 1;
  for (int64_t m : {1, 256}) {  // one by one in registers, and through a block
    for (int64_t j = 0; j < k; j += m) {
      const std::vector<float> y = product(format, w, Activations(format, x, k, k), j, m);
      for (int64_t i = 0; i < m; ++i)
        EXPECT_EQ(y[static_cast<size_t>(i)], to_f32(f8_e4m3{static_cast<uint8_t>(w.data[j + i])}))
            << "code " << j + i;
    }
  }
}

TEST_P(FloatProducts, ANotANumberStaysInItsRow) {
  constexpr int64_t kRows = 9, k = 100;
  for (DType dtype : kFloats) {
    const FloatFormat& format = format_of(GetParam(), dtype);
    Matrix w = random_matrix(dtype, kRows, k, 30);
    std::vector<float> row = w.row(3);
    row[99] = std::numeric_limits<float>::quiet_NaN();
    w.set_row(3, row);
    for (int64_t m : {1, 12}) {
      const std::vector<float> y =
          product(format, w, Activations(format, random_values(m * k, 31), m, k), 0, m);
      for (int64_t i = 0; i < m * kRows; ++i)
        EXPECT_EQ(std::isnan(y[static_cast<size_t>(i)]), i % kRows == 3)
            << label(GetParam(), dtype, kRows, k, m);
    }
  }
}

TEST_P(FloatProducts, ScaleColumnsByBlocksOf128) {
  constexpr int64_t kRows = 12, k = 300, m = 11;
  const std::vector<float> scale = {3.0f, 0.25f, -1.7f};
  const std::vector<float> x = random_values(m * k, 41);
  const FloatFormat& format = format_of(GetParam(), DType::f8_e4m3);
  const Matrix w = random_matrix(DType::f8_e4m3, kRows, k, 40);
  const std::vector<float> y = product(format, w, Activations(format, x, m, k, scale.data()), 0, m);
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t i = 0; i < m; ++i) {
      const Exact exact = exact_dot(w.row(r), x.data() + i * k, DType::f8_e4m3, scale.data());
      EXPECT_NEAR(y[static_cast<size_t>(i * kRows + r)], exact.value, 2e-6 * exact.magnitude)
          << r << ", " << i;
    }
  }
}

TEST_P(FloatProducts, KeepHugeAndTinyMagnitudes) {
  constexpr int64_t kRows = 8, k = 96;
  for (DType dtype : {DType::f32, DType::bf16}) {
    const FloatFormat& format = format_of(GetParam(), dtype);
    for (float magnitude : {1e-16f, 1e18f}) {  // products of 1e-32 and 1e36 are still normal f32
      std::vector<float> x = random_values(k, 51);
      Matrix w(dtype, kRows, k, 0, 0);
      for (float& value : x) value *= magnitude;
      for (int64_t r = 0; r < kRows; ++r) w.set_row(r, x);
      for (float y : product(format, w, Activations(format, x, 1, k), 0, 1)) {
        const Exact exact = exact_dot(w.row(0), x.data(), dtype);
        EXPECT_NEAR(y / exact.magnitude, exact.value / exact.magnitude, 2e-6)
            << label(GetParam(), dtype, kRows, k, 1);
      }
    }
  }
}

TEST_P(FloatProducts, PrepareRoundsToNearestEvenAsTheReferenceDoes) {
  // One weight of one at a time reads the prepared activation back.
  const std::vector<float> x = {1.00390625f, 1.01171875f, -1.00390625f, 3.0e38f,
                                0.1f,        65536.5f,    1e-30f,       -0.3f};
  const auto k = static_cast<int64_t>(x.size());
  for (DType dtype : kFloats) {
    const FloatFormat& format = format_of(GetParam(), dtype);
    Matrix w(dtype, k, k, 0, 0);
    for (int64_t r = 0; r < k; ++r) {
      std::vector<float> row(x.size());
      row[static_cast<size_t>(r)] = 1;
      w.set_row(r, row);
    }
    const std::vector<float> y = product(format, w, Activations(format, x, 1, k), 0, 1);
    for (size_t j = 0; j < x.size(); ++j)
      EXPECT_EQ(y[j], rounds_activations(dtype) ? to_f32(to_bf16(x[j])) : x[j])
          << label(GetParam(), dtype, k, k, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, FloatProducts, testing::ValuesIn(supported_isas()),
                         [](const auto& row) { return std::string(name(row.param)); });

}  // namespace
}  // namespace retort::kernels
