#include "retort/tensor/codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "retort/base/random.h"
#include "retort/tensor/float_formats.h"

namespace retort {
namespace {

TEST(FloatFormats, EveryF16SurvivesARoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float x = to_f32(f16{static_cast<uint16_t>(bits)});
    if (std::isnan(x)) continue;
    EXPECT_EQ(to_f16(x).bits, bits);
    EXPECT_EQ(x, static_cast<float>(std::bit_cast<_Float16>(static_cast<uint16_t>(bits))));
  }
}

TEST(FloatFormats, F16RoundsAsTheCompilerDoes) {
  Random random(1);
  for (int i = 0; i < 1000000; ++i) {
    auto x = std::bit_cast<float>(static_cast<uint32_t>(random.bits()));
    if (std::isnan(x)) continue;
    EXPECT_EQ(to_f16(x).bits, std::bit_cast<uint16_t>(static_cast<_Float16>(x))) << x;
  }
}

TEST(FloatFormats, EveryBf16AndF8SurvivesARoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float x = to_f32(bf16{static_cast<uint16_t>(bits)});
    if (!std::isnan(x)) EXPECT_EQ(to_bf16(x).bits, bits);
  }
  for (uint32_t bits = 0; bits < 256; ++bits) {
    float x = to_f32(f8_e4m3{static_cast<uint8_t>(bits)});
    if (!std::isnan(x)) EXPECT_EQ(to_f8_e4m3(x).bits, bits);
  }
}

TEST(FloatFormats, F8RoundsToTheNearestValue) {
  Random random(2);
  for (int i = 0; i < 20000; ++i) {
    float x = random.uniform(-460.0f, 460.0f) * std::exp2f(random.uniform(-16.0f, 0.0f));
    float got = to_f32(to_f8_e4m3(x));
    for (uint32_t bits = 0; bits < 256; ++bits) {
      float other = to_f32(f8_e4m3{static_cast<uint8_t>(bits)});
      if (!std::isnan(other)) EXPECT_LE(std::fabs(got - x), std::fabs(other - x)) << x;
    }
  }
}

class CodecOf : public ::testing::TestWithParam<DType> {};

// The relative root-mean-square error that round-to-nearest leaves on normal weights.
double rms_bound(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::f64:
      return 0;
    case DType::f16:
      return 3e-4;
    case DType::bf16:
      return 2.5e-3;
    case DType::f8_e4m3:
      return 0.04;  // unscaled, so much of it is subnormal
    case DType::q8_0:
      return 0.006;
    case DType::q6_k:
      return 0.02;
    case DType::q5_k:
      return 0.04;
    case DType::q4_k:
      return 0.08;
    default:
      return 0.1;
  }
}

TEST_P(CodecOf, RoundTripStaysWithinTheFormatsError) {
  constexpr int64_t kN = 4096;
  Random random(3);
  std::vector<float> w(kN), back(kN, NAN);
  for (auto& x : w) x = 0.02f * random.normal();
  std::vector<std::byte> coded(static_cast<size_t>(row_bytes(GetParam(), kN)));
  encode_row(GetParam(), w.data(), coded.data(), kN);
  decode_row(GetParam(), coded.data(), back.data(), kN);
  double error = 0, power = 0;
  for (size_t i = 0; i < kN; ++i) {
    error += std::pow(back[i] - w[i], 2);
    power += w[i] * w[i];
  }
  EXPECT_LE(std::sqrt(error / power), rms_bound(GetParam()));
}

TEST_P(CodecOf, ZeroesAndConstantsSurvive) {
  constexpr int64_t kN = 512;
  for (float value : {0.0f, 1.0f, -1.0f}) {
    std::vector<float> w(kN, value), back(kN, NAN);
    std::vector<std::byte> coded(static_cast<size_t>(row_bytes(GetParam(), kN)));
    encode_row(GetParam(), w.data(), coded.data(), kN);
    decode_row(GetParam(), coded.data(), back.data(), kN);
    for (float x : back) EXPECT_NEAR(x, value, 2e-3f);
  }
}

INSTANTIATE_TEST_SUITE_P(DTypes, CodecOf,
                         ::testing::Values(DType::f32, DType::f64, DType::f16, DType::bf16, DType::f8_e4m3,
                                           DType::q8_0, DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k),
                         [](const auto& p) { return std::string(name(p.param)); });

}  // namespace
}  // namespace retort
