#include "retort/kernels/block_encoders.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "retort/base/random.h"
#include "retort/tensor/codec.h"
#include "retort/tensor/float_formats.h"
#include "retort/tensor/weighted_codec.h"

namespace retort::kernels {
namespace {

constexpr DType kTypes[] = {DType::q4_k, DType::q5_k, DType::q6_k, DType::q8_0};

/// Rows of different character, one after the other: normal, constant, positive only, mostly zero, with an
/// outlier, tiny.
std::vector<float> rows(int64_t blocks) {
  Random random(7);
  std::vector<float> w;
  for (int64_t b = 0; b < blocks; ++b)
    for (int i = 0; i < 256; ++i) {
      const float x = random.normal();
      const float kinds[] = {to_f32(to_bf16(x)),
                             b % 2 ? 0.25f : -0.25f,
                             std::fabs(x) + 1,
                             i % 37 == 0 ? x : 0.0f,
                             i == 40 ? 60.0f : 0.1f * x,
                             1e-20f * x,
                             0.0f};
      w.push_back(kinds[b % 7]);
    }
  return w;
}

std::vector<float> importance(size_t n) {
  Random random(8);
  std::vector<float> u;
  for (size_t i = 0; i < n; ++i) u.push_back(std::exp(random.normal()));
  return u;
}

class BlockEncodersOf : public ::testing::TestWithParam<Isa> {};

TEST_P(BlockEncodersOf, GiveTheReferencesBits) {
  const BlockEncoders& encoders = block_encoders(GetParam());
  for (DType type : kTypes)
    for (int64_t blocks : {1, 2, 3, 350}) {
      const std::vector<float> w = rows(blocks), u = importance(w.size());
      const auto n = static_cast<int64_t>(w.size());
      for (const float* weights : {static_cast<const float*>(nullptr), u.data()}) {
        std::vector<std::byte> expected(static_cast<size_t>(row_bytes(type, n)), std::byte{0x5a});
        std::vector<std::byte> got(expected.size() + 1, std::byte{0xa5});
        encode_row_weighted(type, w.data(), weights, expected.data(), n);
        encoders.of(type)(w.data(), weights, got.data(), n);
        EXPECT_EQ(got.back(), std::byte{0xa5});
        got.pop_back();
        EXPECT_EQ(got, expected) << name(type) << ", " << blocks << " blocks, importance "
                                 << (weights != nullptr);
      }
    }
}

TEST_P(BlockEncodersOf, RoundToTheSameFp8) {
  const BlockEncoders& encoders = block_encoders(GetParam());
  std::vector<float> w;
  for (int i = 0; i < 256; ++i) {
    const float x = to_f32(f8_e4m3{static_cast<uint8_t>(i)});
    if (std::isnan(x)) continue;
    // The value, its neighbours, and what lies halfway to the next.
    for (float y : {x, std::nextafter(x, 1e9f), std::nextafter(x, -1e9f), x * 1.0625f, x + 0x1.0p-10f})
      w.push_back(y);
  }
  for (float x : {449.0f, -1e9f, 1e-30f, -1e-30f, 0.0f}) w.push_back(x);
  for (float scale : {1.0f, 0.37f}) {
    std::vector<std::byte> got(w.size() + 1, std::byte{0xa5});
    encoders.f8_e4m3(w.data(), scale, got.data(), static_cast<int64_t>(w.size()));
    EXPECT_EQ(got.back(), std::byte{0xa5});
    for (size_t i = 0; i < w.size(); ++i)
      EXPECT_EQ(got[i], static_cast<std::byte>(to_f8_e4m3(w[i] / scale).bits)) << w[i] << " / " << scale;
  }
}

TEST_P(BlockEncodersOf, FindTheLargestMagnitudeAnywhere) {
  const BlockEncoders& encoders = block_encoders(GetParam());
  EXPECT_EQ(encoders.max_magnitude(nullptr, 0), 0);
  for (int64_t n : {1, 15, 16, 37})
    for (int64_t at = 0; at < n; ++at) {
      std::vector<float> w(static_cast<size_t>(n), 0.5f);
      w[static_cast<size_t>(at)] = -2;
      EXPECT_EQ(encoders.max_magnitude(w.data(), n), 2);
    }
}

INSTANTIATE_TEST_SUITE_P(All, BlockEncodersOf, ::testing::ValuesIn(supported_isas()),
                         [](const auto& p) { return std::string(name(p.param)); });

}  // namespace
}  // namespace retort::kernels
