#include "retort/infer/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

const kernels::ElementwiseKernels& scalar_kernels() {
  return kernels::elementwise_kernels(kernels::Isa::scalar);
}

std::vector<float> random_logits(size_t n, uint64_t seed, float spread, int levels = 0) {
  Random random(seed);
  std::vector<float> logits(n);
  for (float& l : logits) {
    l = spread * random.normal();
    if (levels > 0)
      l = std::round(l * static_cast<float>(levels)) / static_cast<float>(levels);  // makes ties
  }
  return logits;
}

struct Draw {
  SampledToken token;
  std::vector<TokenLogprob> top;
};

Draw sample(const std::vector<float>& logits, const SamplingParameters& p, uint64_t position = 0,
            const std::vector<int32_t>& prompt = {}, const std::vector<int32_t>& output = {},
            std::optional<int32_t> forced = {}) {
  Penalties penalties(p, static_cast<int64_t>(logits.size()), prompt);
  for (int32_t t : output) penalties.count(t);
  Sampler sampler(scalar_kernels());
  Draw draw;
  draw.token = sampler.sample(logits, {p, penalties, position, forced}, draw.top);
  return draw;
}

/// The plain twin: probabilities after temperature and all filters, by sorting everything.
std::vector<double> reference_distribution(const std::vector<float>& logits, const SamplingParameters& p) {
  size_t n = logits.size();
  float max = *std::ranges::max_element(logits);
  std::vector<float> q(n);
  for (size_t i = 0; i < n; ++i) q[i] = (logits[i] - max) * (1.0f / p.temperature);
  scalar_kernels().softmax(q.data(), static_cast<int64_t>(n));
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](size_t a, size_t b) { return q[a] > q[b] || (q[a] == q[b] && a < b); });
  size_t keep = p.top_k > 0 ? std::min(n, static_cast<size_t>(p.top_k)) : n;
  double mass = 0.0, sum = 0.0;
  for (size_t i = 0; i < keep; ++i) mass += q[order[i]];
  if (p.top_p < 1.0f) {
    size_t i = 0;
    while (i < keep && sum < (p.top_k > 0 ? p.top_p * mass : p.top_p)) sum += q[order[i++]];
    keep = i;
  }
  std::vector<double> distribution(n, 0.0);
  double total = 0.0;
  for (size_t i = 0; i < keep; ++i)
    if (q[order[i]] >= p.min_p * q[order[0]]) total += distribution[order[i]] = q[order[i]];
  for (double& d : distribution) d /= total;
  return distribution;
}

/// Pearson's statistic of the draws against the distribution; draws outside its support fail at once.
double chi_square(const std::vector<float>& logits, const SamplingParameters& p, int draws, int* degrees) {
  std::vector<double> expected = reference_distribution(logits, p);
  std::vector<int> seen(logits.size(), 0);
  for (int i = 0; i < draws; ++i)
    ++seen[static_cast<size_t>(sample(logits, p, static_cast<uint64_t>(i)).token.token)];
  double statistic = 0.0, rest_expected = 0.0, rest_seen = 0.0;
  *degrees = -1;
  auto add = [&](double e, double o) {
    statistic += (o - e) * (o - e) / e;
    ++*degrees;
  };
  for (size_t i = 0; i < expected.size(); ++i) {
    double e = expected[i] * draws;
    if (e == 0.0) EXPECT_EQ(seen[i], 0) << "token " << i << " was filtered out and drawn";
    if (e >= 5.0) {
      add(e, seen[i]);
    } else {
      rest_expected += e;
      rest_seen += seen[i];
    }
  }
  if (rest_expected >= 5.0) add(rest_expected, rest_seen);
  return statistic;
}

struct Setting {
  const char* name;
  float temperature;
  int32_t top_k;
  float top_p, min_p;
};
constexpr Setting kSettings[] = {{"plain", 1.0f, 0, 1.0f, 0.0f},      {"cold", 0.3f, 0, 1.0f, 0.0f},
                                 {"hot", 3.0f, 0, 1.0f, 0.0f},        {"r1", 0.6f, 0, 0.95f, 0.0f},
                                 {"top_k", 1.0f, 7, 1.0f, 0.0f},      {"top_p", 1.0f, 0, 0.5f, 0.0f},
                                 {"min_p", 1.0f, 0, 1.0f, 0.1f},      {"k_and_p", 1.2f, 10, 0.7f, 0.0f},
                                 {"all", 1.5f, 12, 0.9f, 0.2f},       {"tight_p", 1.0f, 0, 0.01f, 0.0f},
                                 {"k_is_one", 1.0f, 1, 1.0f, 0.0f},   {"min_p_one", 1.0f, 0, 1.0f, 1.0f},
                                 {"k_over_n", 1.0f, 9999, 0.9f, 0.0f}};

SamplingParameters parameters_of(const Setting& s, uint64_t seed) {
  SamplingParameters p;
  p.temperature = s.temperature;
  p.top_k = s.top_k;
  p.top_p = s.top_p;
  p.min_p = s.min_p;
  p.seed = seed;
  return p;
}

class SamplerSetting : public ::testing::TestWithParam<Setting> {};

TEST_P(SamplerSetting, DrawsFollowTheReferenceDistribution) {
  for (uint64_t seed : {1, 2, 3}) {
    int degrees = 0;
    double statistic =
        chi_square(random_logits(60, seed, 2.0f), parameters_of(GetParam(), seed), 20000, &degrees);
    // Mean d, variance 2 d; five standard deviations and some room for small d.
    EXPECT_LT(statistic, degrees + 5.0 * std::sqrt(2.0 * degrees) + 8.0);
  }
}

TEST_P(SamplerSetting, TiesAreCutAsTheReferenceCutsThem) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<float> logits = random_logits(300, seed, 1.0f, 2);
    SamplingParameters p = parameters_of(GetParam(), seed);
    std::vector<double> expected = reference_distribution(logits, p);
    for (uint64_t i = 0; i < 300; ++i)
      EXPECT_GT(expected[static_cast<size_t>(sample(logits, p, i).token.token)], 0.0);
  }
}

TEST_P(SamplerSetting, OneVeryLikelyTokenIsAlwaysDrawn) {
  std::vector<float> logits(50, -kInf);
  logits[17] = -1e30f;
  for (uint64_t i = 0; i < 100; ++i)
    EXPECT_EQ(sample(logits, parameters_of(GetParam(), 5), i).token.token, 17);
}

INSTANTIATE_TEST_SUITE_P(Settings, SamplerSetting, ::testing::ValuesIn(kSettings),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Sampler, ManyEqualTokensKeepExactlyK) {
  std::vector<float> logits(1000, 0.5f);
  SamplingParameters p;
  p.top_k = 3;
  std::map<int32_t, int> seen;
  for (uint64_t i = 0; i < 500; ++i) ++seen[sample(logits, p, i).token.token];
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen.rbegin()->first, 2);  // of equal ones, the lowest ids
}

TEST(Sampler, TopPKeepsTheTokenThatReachesTheMass) {
  // 0.5, 0.25, 0.125, 0.125
  std::vector<float> logits = {std::log(4.0f), std::log(2.0f), 0.0f, 0.0f};
  SamplingParameters p;
  auto support = [&] {
    std::map<int32_t, int> seen;
    for (uint64_t i = 0; i < 400; ++i) ++seen[sample(logits, p, i).token.token];
    return seen.size();
  };
  p.top_p = 0.49f;
  EXPECT_EQ(support(), 1u);
  p.top_p = 0.51f;
  EXPECT_EQ(support(), 2u);
  p.top_p = 0.76f;
  EXPECT_EQ(support(), 3u);
  p.top_p = 0.88f;
  EXPECT_EQ(support(), 4u);
  p.top_p = 1.0f;
  EXPECT_EQ(support(), 4u);
}

TEST(Sampler, AFlatVocabularyIsCutByMass) {
  std::vector<float> logits(20000, 0.0f);
  SamplingParameters p;
  p.top_p = 0.5f;
  int32_t highest = 0;
  for (uint64_t i = 0; i < 300; ++i) highest = std::max(highest, sample(logits, p, i).token.token);
  EXPECT_GT(highest, 9000);
  EXPECT_LT(highest, 10010);  // half of them, the lower ids
}

TEST(Sampler, GreedyTakesTheFirstLargest) {
  SamplingParameters p;
  p.temperature = 0.0f;
  EXPECT_EQ(sample({1.0f, 3.0f, 3.0f, -kInf}, p).token.token, 1);
}

TEST(Sampler, GreedyHonoursBiasAndPenalties) {
  SamplingParameters p;
  p.temperature = 0.0f;
  p.logit_bias = {{0, 5.0f}};
  EXPECT_EQ(sample({1.0f, 3.0f, 2.0f}, p).token.token, 0);
  p.logit_bias.clear();
  p.presence_penalty = 1.5f;
  EXPECT_EQ(sample({1.0f, 3.0f, 2.0f}, p, 0, {}, {1}).token.token, 2);
  EXPECT_EQ(sample({1.0f, 3.0f, 2.0f}, p, 0, {1}, {}).token.token, 1);  // the prompt does not count
  p.presence_penalty = 0.0f;
  p.repetition_penalty = 2.0f;
  EXPECT_EQ(sample({1.0f, 3.0f, 2.0f}, p, 0, {1}, {}).token.token, 2);  // here it does
}

TEST(Sampler, TheDrawDependsOnSeedAndPositionOnly) {
  std::vector<float> logits = random_logits(500, 9, 1.0f);
  SamplingParameters p;
  p.seed = 3;
  std::vector<int32_t> first, other_seed;
  for (uint64_t i = 0; i < 50; ++i) first.push_back(sample(logits, p, i).token.token);
  for (uint64_t i = 50; i-- > 0;) EXPECT_EQ(sample(logits, p, i).token.token, first[i]);
  p.seed = 4;
  for (uint64_t i = 0; i < 50; ++i) other_seed.push_back(sample(logits, p, i).token.token);
  EXPECT_NE(first, other_seed);
}

TEST(Sampler, LogprobsAreOfTheModelsOwnDistribution) {
  std::vector<float> logits = random_logits(200, 4, 2.0f);
  SamplingParameters p;
  p.temperature = 0.2f;
  p.top_k = 2;
  p.repetition_penalty = 3.0f;
  p.logit_bias = {{7, 20.0f}};
  p.top_logprobs = 5;
  Draw draw = sample(logits, p, 0, {1, 2, 3}, {7, 7});
  double sum = 0.0;
  for (float l : logits) sum += std::exp(static_cast<double>(l));
  auto expected = [&](int32_t t) { return logits[static_cast<size_t>(t)] - std::log(sum); };
  EXPECT_NEAR(draw.token.logprob, expected(draw.token.token), 1e-5);
  ASSERT_EQ(draw.top.size(), 5u);
  std::vector<float> sorted = logits;
  std::ranges::sort(sorted, std::greater());
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(logits[static_cast<size_t>(draw.top[i].token)], sorted[i]);
    EXPECT_NEAR(draw.top[i].logprob, expected(draw.top[i].token), 1e-5);
  }
}

TEST(Sampler, TopLogprobsOfEqualTokensNameTheLowestIds) {
  SamplingParameters p;
  p.temperature = 0.0f;
  p.top_logprobs = 3;
  Draw draw = sample({0.0f, 1.0f, 0.0f, 1.0f, 0.0f, 1.0f}, p);
  ASSERT_EQ(draw.top.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(draw.top[i].token, static_cast<int32_t>(2 * i + 1));
}

TEST(Sampler, AForcedTokenIsTakenAndItsLogprobReported) {
  SamplingParameters p;
  p.logprobs = true;
  Draw draw = sample({0.0f, 0.0f, 50.0f}, p, 0, {}, {}, 1);
  EXPECT_EQ(draw.token.token, 1);
  EXPECT_NEAR(draw.token.logprob, -50.0f, 1e-4);
}

TEST(Sampler, BrokenLogitsAreAnError) {
  SamplingParameters sampled, greedy;
  greedy.temperature = 0.0f;
  for (const SamplingParameters& p : {sampled, greedy}) {
    EXPECT_THROW(sample({0.0f, kNaN, 1.0f}, p), Error);
    EXPECT_THROW(sample({0.0f, kInf, 1.0f}, p), Error);
    EXPECT_THROW(sample({-kInf, -kInf}, p), Error);
    EXPECT_EQ(sample({-kInf, 0.0f}, p).token.token, 1);
  }
}

TEST(Sampler, ExtremeSettingsStillGiveAToken) {
  std::vector<float> logits = random_logits(100, 1, 1e30f);
  SamplingParameters p;
  p.temperature = SamplingParameters::kGreedyTemperature;
  p.repetition_penalty = 0.01f;
  p.top_p = 1e-30f;
  std::vector<int32_t> all(100);
  std::iota(all.begin(), all.end(), 0);
  auto best = static_cast<int32_t>(std::ranges::max_element(logits) - logits.begin());
  EXPECT_EQ(sample(logits, p, 0, all).token.token, best);
}

TEST(Penalties, FollowTheFormula) {
  SamplingParameters p;
  p.repetition_penalty = 1.5f;
  p.presence_penalty = 0.4f;
  p.frequency_penalty = 0.3f;
  std::vector<int32_t> prompt = {0, 1, 1};
  Penalties penalties(p, 5, prompt);
  for (int32_t t : {1, 2, 2, 2}) penalties.count(t);
  std::vector<float> logits = {3.0f, -3.0f, 3.0f, 3.0f, -3.0f};
  penalties.apply(logits.data());
  EXPECT_FLOAT_EQ(logits[0], 2.0f);                    // prompt only
  EXPECT_FLOAT_EQ(logits[1], -4.5f - 0.3f - 0.4f);     // prompt and once in the output
  EXPECT_FLOAT_EQ(logits[2], 2.0f - 3 * 0.3f - 0.4f);  // three times in the output
  EXPECT_FLOAT_EQ(logits[3], 3.0f);
  EXPECT_FLOAT_EQ(logits[4], -3.0f);
}

TEST(Penalties, AreOffByDefault) {
  Penalties penalties({}, 5, {});
  EXPECT_FALSE(penalties.active());
}

TEST(SamplingParameters, RefuseWhatIsOutOfRange) {
  auto refuses = [](auto set) {
    SamplingParameters p;
    set(p);
    EXPECT_THROW(p.validate(100), Error);
  };
  EXPECT_NO_THROW(SamplingParameters{}.validate(100));
  for (float bad : {kNaN, kInf, -kInf, -0.1f, 101.0f}) {
    refuses([=](auto& p) { p.temperature = bad; });
    refuses([=](auto& p) { p.top_p = bad; });
    refuses([=](auto& p) { p.min_p = bad; });
    refuses([=](auto& p) { p.repetition_penalty = bad; });
    refuses([=](auto& p) { p.presence_penalty = bad < 0 ? bad * 100 : bad; });
    refuses([=](auto& p) { p.frequency_penalty = bad < 0 ? bad * 100 : bad; });
    refuses([=](auto& p) { p.logit_bias = {{1, bad < 0 ? bad * 2000 : bad}}; });
  }
  refuses([](auto& p) { p.top_p = 0.0f; });
  refuses([](auto& p) { p.repetition_penalty = 0.0f; });
  refuses([](auto& p) { p.top_k = -1; });
  refuses([](auto& p) { p.top_logprobs = 21; });
  refuses([](auto& p) { p.logit_bias = {{100, 1.0f}}; });
  refuses([](auto& p) { p.logit_bias = {{-1, 1.0f}}; });
}

TEST(SamplingParameters, ErrorsNameTheValueAndTheRange) {
  SamplingParameters p;
  p.top_p = 1.5f;
  try {
    p.validate(100);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "sampling: top_p is 1.5; it must be in (0, 1]");
  }
}

}  // namespace
}  // namespace retort
