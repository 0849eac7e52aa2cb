#include "retort/kernels/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "retort/base/random.h"

namespace retort::kernels {
namespace {

constexpr float kPoison = 12345.0f;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
// All tail lengths of both vector widths, and rows of several steps.
const int64_t kLengths[] = {1,  2,  3,  7,  8,  9,  15,  16,  17,  23,   31,   32,  33,
                            47, 48, 63, 64, 65, 96, 127, 128, 200, 1536, 4095, 9001};

/// n values between guards that must survive.
struct Guarded {
  explicit Guarded(int64_t n) : all(static_cast<size_t>(n) + 32, kPoison), size(n) {}
  float* data() { return all.data() + 16; }
  bool intact() const {
    for (int i = 0; i < 16; ++i)
      if (all[static_cast<size_t>(i)] != kPoison || all[all.size() - 1 - static_cast<size_t>(i)] != kPoison)
        return false;
    return true;
  }
  std::vector<float> all;
  int64_t size;
};

std::vector<float> random_row(int64_t n, uint64_t seed, float scale = 1.0f) {
  Random random(seed);
  std::vector<float> row(static_cast<size_t>(n));
  for (float& x : row) x = scale * random.normal();
  return row;
}

class Elementwise : public ::testing::TestWithParam<Isa> {
 protected:
  const ElementwiseKernels& k = elementwise_kernels(GetParam());
  double tolerance = 4e-6;
};

TEST_P(Elementwise, RmsNormIsTheFormula) {
  for (int64_t n : kLengths) {
    auto x = random_row(n, 1, 3.0f), w = random_row(n, 2);
    Guarded y(n);
    k.rms_norm(x.data(), w.data(), 1e-6f, n, y.data());
    double squares = 0;
    for (float v : x) squares += static_cast<double>(v) * v;
    for (int64_t j = 0; j < n; ++j) {
      double exact = x[j] / std::sqrt(squares / static_cast<double>(n) + 1e-6) * w[j];
      ASSERT_NEAR(y.data()[j], exact, tolerance * std::abs(exact)) << n;
    }
    EXPECT_TRUE(y.intact()) << n;
  }
}

TEST_P(Elementwise, RmsNormMayOverwriteItsInput) {
  auto x = random_row(100, 1), w = random_row(100, 2);
  std::vector<float> y(100), in_place = x;
  k.rms_norm(x.data(), w.data(), 1e-5f, 100, y.data());
  k.rms_norm(in_place.data(), w.data(), 1e-5f, 100, in_place.data());
  EXPECT_EQ(y, in_place);
}

TEST_P(Elementwise, AddIsExact) {
  for (int64_t n : kLengths) {
    auto x = random_row(n, 1), y = random_row(n, 2);
    Guarded z(n);
    std::memcpy(z.data(), x.data(), x.size() * sizeof(float));
    k.add(y.data(), n, z.data());
    for (int64_t j = 0; j < n; ++j) ASSERT_EQ(z.data()[j], x[j] + y[j]);
    EXPECT_TRUE(z.intact()) << n;
  }
}

TEST_P(Elementwise, SiluMulIsTheFormula) {
  for (int64_t n : kLengths) {
    auto gate = random_row(n, 1, 8.0f), up = random_row(n, 2);
    Guarded y(n);
    k.silu_mul(gate.data(), up.data(), n, y.data());
    for (int64_t j = 0; j < n; ++j) {
      double exact = gate[j] / (1 + std::exp(-static_cast<double>(gate[j]))) * up[j];
      ASSERT_NEAR(y.data()[j], exact, tolerance * std::abs(exact) + 1e-37);
    }
    EXPECT_TRUE(y.intact()) << n;
  }
}

TEST_P(Elementwise, SiluMulHasItsLimits) {
  float gate[] = {0.0f, 1e30f, -1e30f, -200.0f, 200.0f, kNan}, up[] = {1, 1, 1, 1, 1, 1}, y[6];
  k.silu_mul(gate, up, 6, y);
  EXPECT_EQ(y[0], 0.0f);
  EXPECT_EQ(y[1], 1e30f);
  EXPECT_EQ(y[2], 0.0f);
  EXPECT_EQ(y[3], 0.0f);
  EXPECT_EQ(y[4], 200.0f);
  EXPECT_TRUE(std::isnan(y[5]));
}

/// Seen through silu(-x) = -x / (1 + exp(x)), which for large x is exp's own relative error.
TEST_P(Elementwise, ExpIsWithinTwoUnitsInTheLastPlace) {
  double worst = 0;
  for (float x = -87.0f; x < 87.0f; x += 0.00371f) {
    float gate[] = {-x}, up[] = {-1.0f}, y[1];
    k.silu_mul(gate, up, 1, y);
    double exact = x / (1 + std::exp(static_cast<double>(x)));
    if (exact != 0) worst = std::max(worst, std::abs(y[0] - exact) / std::abs(exact));
  }
  // exp, the addition of one, the division and the product: 2 + 3 * 1/2 units.
  EXPECT_LT(worst, 3.5 * 0x1p-23);
}

TEST_P(Elementwise, RmsNormBackwardIsTheFormula) {
  for (int64_t n : kLengths) {
    auto x = random_row(n, 1, 3.0f), w = random_row(n, 2), dy = random_row(n, 3), before = random_row(n, 4);
    double squares = 0, along = 0;
    for (size_t j = 0; j < x.size(); ++j) {
      squares += static_cast<double>(x[j]) * x[j];
      along += static_cast<double>(w[j]) * dy[j] * x[j];
    }
    const double r = 1 / std::sqrt(squares / static_cast<double>(n) + 1e-6);
    for (bool add : {false, true}) {
      Guarded dx(n), dw(n);
      if (add) std::memcpy(dx.data(), before.data(), before.size() * sizeof(float));
      std::memcpy(dw.data(), before.data(), before.size() * sizeof(float));
      k.rms_norm_backward(x.data(), w.data(), dy.data(), 1e-6f, n, add, dx.data(), dw.data());
      for (size_t j = 0; j < x.size(); ++j) {
        const double right =
            r * w[j] * dy[j] - x[j] * r * r * r * along / static_cast<double>(n) + (add ? before[j] : 0.0f);
        ASSERT_NEAR(dx.data()[j], right, 1e-5 * (1 + std::abs(right))) << n;
        ASSERT_NEAR(dw.data()[j], before[j] + dy[j] * x[j] * r, 1e-5) << n;
      }
      EXPECT_TRUE(dx.intact() && dw.intact()) << n;
    }
  }
}

TEST_P(Elementwise, SiluMulBackwardIsTheFormula) {
  for (int64_t n : kLengths) {
    auto gate = random_row(n, 1, 8.0f), up = random_row(n, 2), dy = random_row(n, 3);
    Guarded dgate(n), dup(n);
    k.silu_mul_backward(gate.data(), up.data(), dy.data(), n, dgate.data(), dup.data());
    for (size_t j = 0; j < gate.size(); ++j) {
      const double g = gate[j], s = 1 / (1 + std::exp(-g));
      ASSERT_NEAR(dup.data()[j], dy[j] * g * s, tolerance * std::abs(dy[j] * g * s) + 1e-37);
      // 1 + g (1 - s) cancels near g = -1.28, where its terms are near 1.
      ASSERT_NEAR(dgate.data()[j], dy[j] * up[j] * s * (1 + g * (1 - s)),
                  2 * tolerance * std::abs(dy[j] * up[j] * s) * (1 + std::abs(g * (1 - s))) + 1e-37);
    }
    EXPECT_TRUE(dgate.intact() && dup.intact()) << n;
  }
}

TEST_P(Elementwise, SiluMulBackwardHasItsLimits) {
  float gate[] = {0.0f, 1e30f, -1e30f, -200.0f, 200.0f}, one[] = {1, 1, 1, 1, 1}, dgate[5], dup[5];
  k.silu_mul_backward(gate, one, one, 5, dgate, dup);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(dgate[i], gate[i] > 0 ? 1.0f : gate[i] == 0 ? 0.5f : 0.0f) << gate[i];
    EXPECT_EQ(dup[i], gate[i] > 0 ? gate[i] : 0.0f) << gate[i];
  }
}

TEST_P(Elementwise, RopeRotatesPairs) {
  for (int64_t half : {1, 3, 4, 8, 12, 16, 24, 31, 32, 40, 64, 128}) {
    auto x = random_row(2 * half, 1), angle = random_row(half, 2, 3.0f);
    std::vector<float> cos(half), sin(half);
    for (int64_t i = 0; i < half; ++i) {
      cos[i] = std::cos(angle[i]);
      sin[i] = std::sin(angle[i]);
    }
    Guarded h(2 * half), p(2 * half);
    std::memcpy(h.data(), x.data(), x.size() * sizeof(float));
    std::memcpy(p.data(), x.data(), x.size() * sizeof(float));
    k.rope_half(h.data(), cos.data(), sin.data(), half);
    k.rope_interleaved(p.data(), cos.data(), sin.data(), half);
    for (int64_t i = 0; i < half; ++i) {
      double c = cos[i], s = sin[i];
      ASSERT_NEAR(h.data()[i], x[i] * c - x[i + half] * s, 1e-6);
      ASSERT_NEAR(h.data()[i + half], x[i + half] * c + x[i] * s, 1e-6);
      ASSERT_NEAR(p.data()[2 * i], x[2 * i] * c - x[2 * i + 1] * s, 1e-6);
      ASSERT_NEAR(p.data()[2 * i + 1], x[2 * i + 1] * c + x[2 * i] * s, 1e-6);
    }
    EXPECT_TRUE(h.intact() && p.intact()) << half;
  }
}

TEST_P(Elementwise, SoftmaxAndLogSumExpAreTheFormulas) {
  for (int64_t n : kLengths) {
    auto x = random_row(n, 1, 6.0f);
    double max = -1e30, sum = 0;
    for (float v : x) max = std::max(max, static_cast<double>(v));
    for (float v : x) sum += std::exp(v - max);
    Guarded y(n);
    std::memcpy(y.data(), x.data(), x.size() * sizeof(float));
    EXPECT_NEAR(k.log_sum_exp(x.data(), n), max + std::log(sum), 1e-6 * (1 + std::abs(max)));
    EXPECT_NEAR(k.softmax(y.data(), n), max + std::log(sum), 1e-6 * (1 + std::abs(max)));
    for (int64_t j = 0; j < n; ++j) {
      double exact = std::exp(x[j] - max) / sum;
      ASSERT_NEAR(y.data()[j], exact, tolerance * exact + 1e-37) << n;
    }
    EXPECT_TRUE(y.intact()) << n;
  }
}

TEST_P(Elementwise, SoftmaxOfForbiddenTokensIsExactlyZero) {
  std::vector<float> x(40, -kInf);
  x[7] = 3.0f;
  x[33] = 3.0f;
  EXPECT_NEAR(k.softmax(x.data(), 40), 3.0 + std::log(2.0), 1e-6);
  for (size_t j = 0; j < x.size(); ++j) EXPECT_EQ(x[j], j == 7 || j == 33 ? 0.5f : 0.0f);
}

TEST_P(Elementwise, SmallTermsOfALargeVocabularyAreNotLost) {
  const int64_t n = 200'000;
  std::vector<float> x(n, -12.0f);
  x[100] = 0.0f;
  double exact = std::log1p((n - 1) * std::exp(-12.0));
  EXPECT_NEAR(k.log_sum_exp(x.data(), n), exact, 2e-6);
}

TEST_P(Elementwise, ArgmaxIsTheFirstLargest) {
  for (int64_t n : kLengths) {
    auto x = random_row(n, 3);
    int64_t at = n / 2;
    x[at] = 100.0f;
    EXPECT_EQ(k.argmax(x.data(), n), at);
    if (n > 1) {
      x[n - 1] = 100.0f;
      EXPECT_EQ(k.argmax(x.data(), n), std::min(at, n - 1));
      x[0] = 100.0f;
      EXPECT_EQ(k.argmax(x.data(), n), 0);
    }
  }
}

TEST_P(Elementwise, ArgmaxNeverChoosesNan) {
  for (int64_t n : {2, 17, 40, 200}) {
    std::vector<float> x(n, kNan);
    EXPECT_EQ(k.argmax(x.data(), n), 0);
    x[n - 1] = -kInf;
    EXPECT_EQ(k.argmax(x.data(), n), n - 1);
    x[n / 2 - 1] = -5.0f;
    EXPECT_EQ(k.argmax(x.data(), n), n / 2 - 1);
  }
}

TEST_P(Elementwise, Bf16RoundsToNearestEven) {
  std::vector<float> x = {0.0f,    -0.0f, 1.0f,  1.00390625f, 1.01171875f, 1.0f + 0x1p-8f + 0x1p-20f,
                          3.4e38f, kInf,  -kInf, 65504.0f};
  auto more = random_row(500, 4, 100.0f);
  x.insert(x.end(), more.begin(), more.end());
  for (size_t n : {size_t{1}, size_t{7}, size_t{16}, size_t{31}, x.size()}) {
    std::vector<bf16> y(n + 8, bf16{0xabcd});
    k.to_bf16(x.data(), static_cast<int64_t>(n), y.data());
    for (size_t j = 0; j < n; ++j) ASSERT_EQ(y[j].bits, to_bf16(x[j]).bits) << x[j];
    for (size_t j = n; j < y.size(); ++j) ASSERT_EQ(y[j].bits, 0xabcd);
  }
  bf16 y[1];
  k.to_bf16(&kNan, 1, y);
  EXPECT_TRUE(std::isnan(to_f32(y[0])));
}

TEST_P(Elementwise, AlignmentDoesNotChangeABit) {
  auto x = random_row(1001, 5), w = random_row(1001, 6);
  std::vector<float> shifted(1002), a(1000), b(1000);
  std::memcpy(shifted.data() + 1, x.data(), 1000 * sizeof(float));
  k.rms_norm(x.data(), w.data(), 1e-6f, 1000, a.data());
  k.rms_norm(shifted.data() + 1, w.data(), 1e-6f, 1000, b.data());
  EXPECT_EQ(a, b);
  EXPECT_EQ(k.log_sum_exp(x.data(), 1000), k.log_sum_exp(shifted.data() + 1, 1000));
}

INSTANTIATE_TEST_SUITE_P(AllLevels, Elementwise, ::testing::ValuesIn(supported_isas()),
                         [](const auto& p) { return std::string(name(p.param)); });

}  // namespace
}  // namespace retort::kernels
