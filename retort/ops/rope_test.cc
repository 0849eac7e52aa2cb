#include "retort/ops/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort {
namespace {

using Type = RopeParameters::Type;

struct Golden {
  std::string name;
  RopeParameters parameters;
  std::vector<std::pair<int, double>> inverse_frequencies;  // by index
  double attention_factor = 1.0;
};

RopeParameters scaled(Type type, double theta, int64_t dim, double factor, int64_t context) {
  RopeParameters p;
  p.type = type;
  p.theta = theta;
  p.rotary_dim = dim;
  p.factor = factor;
  p.max_position_embeddings = p.original_max_position_embeddings = context;
  return p;
}

/// Computed in Python's doubles from the formulas of transformers' modeling_rope_utils.py, e.g. for llama3:
///   f = base ** (-2 * i / dim); w = 2 * pi / f; s = (old / w - low) / (high - low)
///   f if w < old / high else f / factor if w > old / low else (1 - s) * f / factor + s * f
std::vector<Golden> goldens() {
  std::vector<Golden> all;
  all.push_back({"R1DistillQwen",
                 scaled(Type::none, 1e6, 128, 1, 131072),
                 {{0, 1.0},
                  {1, 8.058421878e-01},
                  {20, 1.333521432e-02},
                  {40, 1.778279410e-04},
                  {63, 1.240937761e-06}}});
  all.push_back({"Linear",
                 scaled(Type::linear, 1e4, 64, 4, 2048),
                 {{0, 0.25}, {1, 1.874735523e-01}, {31, 3.333803580e-05}}});
  all.push_back({"R1DistillLlama",
                 scaled(Type::llama3, 5e5, 128, 8, 8192),
                 {{0, 1.0},
                  {28, 3.211445995e-03},
                  {30, 1.371893568e-03},
                  {33, 3.126937504e-04},
                  {36, 7.784655274e-05},
                  {40, 3.428102196e-05},
                  {63, 3.068925989e-07}}});
  all.push_back({"YarnQwen",
                 scaled(Type::yarn, 1e6, 128, 4, 32768),
                 {{0, 1.0},
                  {23, 6.978305849e-03},
                  {24, 5.375321491e-03},
                  {30, 1.064360981e-03},
                  {38, 9.262301704e-05},
                  {40, 4.445698525e-05},
                  {63, 3.102344402e-07}},
                 1.138629436111989});
  all.push_back({"YarnWithoutTruncation",
                 scaled(Type::yarn, 1e6, 128, 4, 32768),
                 {{0, 1.0},
                  {23, 6.978305849e-03},
                  {24, 5.517270475e-03},
                  {30, 1.079237742e-03},
                  {38, 8.957925287e-05},
                  {40, 4.445698525e-05},
                  {63, 3.102344402e-07}},
                 1.138629436111989});
  all.back().parameters.truncate = false;
  all.push_back({"YarnDeepSeek",
                 scaled(Type::yarn, 1e4, 64, 40, 4096),
                 {{0, 1.0},
                  {10, 5.623413252e-02},
                  {11, 3.900692657e-02},
                  {15, 8.334508951e-03},
                  {22, 1.778279410e-04},
                  {24, 2.5e-05},
                  {31, 3.333803580e-06}},
                 1.0857263992561355});
  all.back().parameters.mscale = 1.0;
  all.back().parameters.mscale_all_dim = 0.707;
  all.push_back({"YarnWithItsOwnFactor", scaled(Type::yarn, 1e4, 64, 40, 4096), {{24, 2.5e-05}}, 1.25});
  all.back().parameters.attention_factor = 1.25;
  all.push_back({"DynamicWithinItsContext",
                 scaled(Type::dynamic, 1e4, 64, 2, 2048),
                 {{0, 1.0}, {1, 4 * 1.874735523e-01}, {31, 4 * 3.333803580e-05}}});
  all.push_back({"FrequencyFactors", scaled(Type::none, 1e4, 64, 1, 2048), {{0, 1.0}, {1, 1.874735523e-01}}});
  all.back().parameters.freq_factors.assign(32, 4.0f);
  all.back().parameters.freq_factors[0] = 1.0f;
  return all;
}

class RopeGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(RopeGolden, FrequenciesAreHuggingFaces) {
  const Golden& g = GetParam();
  RopeTable table(g.parameters);
  ASSERT_EQ(static_cast<int64_t>(table.inverse_frequencies().size()), g.parameters.rotary_dim / 2);
  for (auto [i, exact] : g.inverse_frequencies)
    EXPECT_NEAR(table.inverse_frequencies()[static_cast<size_t>(i)], exact, 2e-6 * exact) << i;
  EXPECT_NEAR(table.attention_factor(), g.attention_factor, 1e-12);
}

TEST_P(RopeGolden, AnglesAreRightAtEveryPosition) {
  const Golden& g = GetParam();
  if (g.parameters.type == Type::dynamic) return;
  RopeTable table(g.parameters);
  std::vector<float> cos(table.inverse_frequencies().size()), sin(cos.size());
  // In the tables, at their seams, and beyond them.
  for (int64_t position : {0, 1, 255, 256, 1000, 2047, 2048, 32767, 131071, 131072, 5'000'000}) {
    table.angles(position, cos.data(), sin.data());
    for (size_t i = 0; i < cos.size(); ++i) {
      double angle = static_cast<double>(position) * table.inverse_frequencies()[i];
      ASSERT_NEAR(cos[i], g.attention_factor * std::cos(angle), 2.5e-7) << position << " " << i;
      ASSERT_NEAR(sin[i], g.attention_factor * std::sin(angle), 2.5e-7) << position << " " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RopeGolden, ::testing::ValuesIn(goldens()),
                         [](const auto& p) { return p.param.name; });

/// base' = 10000 * (2 * 8192 / 4096 - 1) ** (128 / 126) at a context of 8192 = position 8191.
TEST(RopeTable, DynamicScalingStretchesTheContextThatEndsAtThePosition) {
  RopeTable table(scaled(Type::dynamic, 1e4, 128, 2, 4096));
  float cos[64], sin[64];
  table.angles(8191, cos, sin);
  const std::pair<int, double> exact[] = {
      {0, 1.0}, {1, 8.509942913e-01}, {20, 3.967646167e-02}, {40, 1.574221611e-03}, {63, 3.849273282e-05}};
  for (auto [i, frequency] : exact) {
    // The frequency itself is rounded to f32: 6e-8 of an angle of up to 8191.
    EXPECT_NEAR(cos[i], std::cos(8191 * frequency), 2e-3) << i;
    EXPECT_NEAR(sin[i], std::sin(8191 * frequency), 2e-3) << i;
  }
}

TEST(RopeTable, UselessParametersAreRefused) {
  auto refused = [](RopeParameters p) {
    try {
      RopeTable table(p);
      return false;
    } catch (const Error& e) {
      return e.code() == ErrorCode::bad_input;
    }
  };
  EXPECT_TRUE(refused(scaled(Type::none, 1e4, 63, 1, 2048)));
  EXPECT_TRUE(refused(scaled(Type::none, 1e4, 0, 1, 2048)));
  EXPECT_TRUE(refused(scaled(Type::none, 1e4, 4096, 1, 2048)));
  EXPECT_TRUE(refused(scaled(Type::none, -1.0, 64, 1, 2048)));
  EXPECT_TRUE(refused(scaled(Type::linear, 1e4, 64, 0, 2048)));
  EXPECT_TRUE(refused(scaled(Type::dynamic, 1e4, 2, 2, 2048)));
  EXPECT_TRUE(refused(scaled(Type::yarn, 1.0, 64, 4, 2048)));
  auto llama3 = scaled(Type::llama3, 1e4, 64, 8, 8192);
  llama3.low_freq_factor = 4.0;
  EXPECT_TRUE(refused(llama3));
  auto factors = scaled(Type::none, 1e4, 64, 1, 2048);
  factors.freq_factors.assign(31, 1.0f);
  EXPECT_TRUE(refused(factors));
  factors.freq_factors.assign(32, 0.0f);
  EXPECT_TRUE(refused(factors));
}

class RopeOp : public ::testing::TestWithParam<RopeStyle> {};

TEST_P(RopeOp, RotatesTheLeadingValuesOfEveryHead) {
  const int64_t tokens = 40, heads = 3, head_dim = 48, rotary_dim = 32;
  RopeTable table(scaled(Type::none, 1e4, rotary_dim, 1, 512));
  Tensor x = Tensor::owned(DType::f32, {tokens, heads * head_dim});
  Random random(1);
  for (int64_t i = 0; i < x.shape().elements(); ++i) x.f32()[i] = random.normal();
  std::vector<float> before(x.f32(), x.f32() + x.shape().elements());
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < tokens; ++i) positions.push_back(300 - 7 * i + (i % 3));

  ThreadPool pool(2);
  Arena arena;
  auto kernels = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, kernels};
  rope(ctx, x, positions, table, GetParam(), static_cast<int>(head_dim));

  for (int64_t t = 0; t < tokens; ++t)
    for (int64_t h = 0; h < heads; ++h) {
      const float* a = before.data() + (t * heads + h) * head_dim;
      const float* b = x.row(t) + h * head_dim;
      for (int64_t i = 0; i < rotary_dim / 2; ++i) {
        const bool half = GetParam() == RopeStyle::half;
        const int64_t j = half ? i : 2 * i, k = half ? i + rotary_dim / 2 : 2 * i + 1;
        double angle = static_cast<double>(positions[static_cast<size_t>(t)]) * std::pow(1e4, -2.0 * i / 32);
        ASSERT_NEAR(b[j], a[j] * std::cos(angle) - a[k] * std::sin(angle), 1e-4);
        ASSERT_NEAR(b[k], a[k] * std::cos(angle) + a[j] * std::sin(angle), 1e-4);
      }
      for (int64_t i = rotary_dim; i < head_dim; ++i) ASSERT_EQ(b[i], a[i]);
    }
}

INSTANTIATE_TEST_SUITE_P(Both, RopeOp, ::testing::Values(RopeStyle::half, RopeStyle::interleaved),
                         [](const auto& p) {
                           return std::string(p.param == RopeStyle::half ? "half" : "interleaved");
                         });

}  // namespace
}  // namespace retort
