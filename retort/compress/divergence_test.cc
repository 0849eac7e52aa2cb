#include "retort/compress/divergence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/model/trainable.h"

namespace retort::compress {
namespace {

constexpr int64_t kVocab = 48;

ModelConfig config_of(int64_t vocab_size = kVocab) {
  ModelConfig c;
  c.architecture = "llama";
  c.vocab_size = vocab_size;
  c.hidden_size = 32;
  c.intermediate_size = 64;
  c.num_hidden_layers = 2;
  c.num_attention_heads = 2;
  c.num_key_value_heads = 1;
  c.head_dim = 16;
  c.max_position_embeddings = 1024;
  c.tie_word_embeddings = true;
  return c;
}

struct Machine {
  explicit Machine(int threads = 1) : pool(threads) {}
  ThreadPool pool;
  Arena arena;
  kernels::KernelTable table = kernels::kernel_table(kernels::Isa::scalar);
  Context ctx{pool, arena, table};
};

TrainableDecoder random_model(Context& ctx, uint64_t seed = 1, int64_t vocab_size = kVocab) {
  TrainableDecoder model(config_of(vocab_size));
  model.initialise(ctx, seed);
  return model;
}

void fill(Context& ctx, TrainableDecoder& model, std::string_view name, float value) {
  for (Parameter& p : model.parameters())
    if (p.name == name) std::fill_n(p.master.f32(), p.master.shape().elements(), value);
  model.refresh(ctx);
}

HeldOutDocument random_document(int64_t n, uint64_t seed, int64_t first_predicted = 1) {
  Random random(seed);
  HeldOutDocument out{.tokens = {}, .first_predicted = first_predicted};
  for (int64_t i = 0; i < n; ++i) out.tokens.push_back(static_cast<int32_t>(random.below(kVocab)));
  return out;
}

/// One text at a time and all logits at once, each formula as it stands in a textbook.
std::vector<TokenDivergence> directly(Context& ctx, const Decoder& a, const Decoder& b,
                                      const HeldOutDocument& document) {
  Arena::Mark mark(ctx.arena);
  const std::span<const int32_t> tokens(document.tokens), texts[] = {tokens};
  const Tensor za = linear(ctx, a.hidden_states(ctx, texts), a.lm_head());
  const Tensor zb = linear(ctx, b.hidden_states(ctx, texts), b.lm_head());
  std::vector<TokenDivergence> out;
  for (int64_t i = document.first_predicted - 1; i + 1 < std::ssize(tokens); ++i) {
    double sum_a = 0, sum_b = 0, kl = 0;
    for (int64_t j = 0; j < kVocab; ++j) {
      sum_a += std::exp(static_cast<double>(za.row(i)[j]));
      sum_b += std::exp(static_cast<double>(zb.row(i)[j]));
    }
    const auto p = [&](int64_t j) { return std::exp(static_cast<double>(za.row(i)[j])) / sum_a; };
    const auto q = [&](int64_t j) { return std::exp(static_cast<double>(zb.row(i)[j])) / sum_b; };
    int64_t top_a = 0, top_b = 0;
    for (int64_t j = 0; j < kVocab; ++j) {
      kl += p(j) * std::log(p(j) / q(j));
      if (p(j) > p(top_a)) top_a = j;
      if (q(j) > q(top_b)) top_b = j;
    }
    const int32_t target = tokens[static_cast<size_t>(i + 1)];
    out.push_back({kl, -std::log(p(target)), -std::log(q(target)), top_a == top_b});
  }
  return out;
}

TEST(CompareLogits, IsTheFormulasOfASmallCase) {
  // p = (1/2, 1/4, 1/4), q = (1/4, 1/2, 1/4); logits may be shifted.
  const float a[] = {5.0f + std::log(2.0f), 5.0f, 5.0f}, b[] = {-1.0f, -1.0f + std::log(2.0f), -1.0f};
  const TokenDivergence found = compare_logits(a, b, 3, 0);
  EXPECT_NEAR(found.kl, 0.25 * std::log(2.0), 1e-7);  // 1/2 ln 2 - 1/4 ln 2
  EXPECT_NEAR(found.nll_a, std::log(2.0), 1e-7);
  EXPECT_NEAR(found.nll_b, std::log(4.0), 1e-7);
  EXPECT_NEAR(found.target_change(), -0.25, 1e-7);
  EXPECT_FALSE(found.same_top);
}

TEST(CompareLogits, OfEqualLogitsIsExactlyZero) {
  Random random(3);
  std::vector<float> z(1000);
  for (float& x : z) x = static_cast<float>(9 * random.normal());
  const TokenDivergence found = compare_logits(z.data(), z.data(), std::ssize(z), 17);
  EXPECT_EQ(found.kl, 0);
  EXPECT_EQ(found.target_change(), 0);
  EXPECT_TRUE(found.same_top);
}

TEST(CompareLogits, ShowsLogitsThatAreNotFinite) {
  const float good[] = {1, 2, 3}, bad[] = {1, std::numeric_limits<float>::quiet_NaN(), 3};
  EXPECT_FALSE(std::isfinite(compare_logits(good, bad, 3, 0).nll_b));
  EXPECT_FALSE(std::isfinite(compare_logits(bad, good, 3, 0).nll_a));
}

TEST(ClusteredMean, CountsTokensOfADocumentTogether) {
  // Means 2.5; sums of deviations by document -2 and 2: v = 2/1 * (4 + 4) / 16 = 1.
  const double values[] = {1, 2, 3, 4};
  const int32_t two[] = {0, 0, 1, 1}, one[] = {7, 7, 7, 7};
  const ClusteredMean found = clustered_mean(values, two);
  EXPECT_DOUBLE_EQ(found.value, 2.5);
  EXPECT_DOUBLE_EQ(found.error.value(), 1);
  EXPECT_FALSE(clustered_mean(values, one).error.has_value());
}

TEST(ClusteredMean, OfSingleTokensIsTheErrorOfIndependentOnes) {
  const double values[] = {1, 2, 3, 4, 10};
  const int32_t all[] = {0, 1, 2, 3, 4};
  EXPECT_NEAR(clustered_mean(values, all).error.value(), std::sqrt(12.5 / 5), 1e-12);  // s^2 = 12.5
}

TEST(QuantileOfSorted, LiesBetweenNeighbours) {
  const double values[] = {0, 1, 2, 10};
  EXPECT_DOUBLE_EQ(quantile_of_sorted(values, 0), 0);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(values, 0.5), 1.5);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(values, 0.99), 2 + 8 * 0.97);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(values, 1), 10);
}

TEST(Summarize, CorrelatesAndPairs) {
  // nll_b = 2 nll_a - 1: correlation 1, the ratio's error is that of the differences alone.
  std::vector<TokenDivergence> tokens;
  for (double nll : {1.0, 2.0, 3.0, 4.0}) tokens.push_back({.kl = nll, .nll_a = nll, .nll_b = 2 * nll - 1});
  const int32_t clusters[] = {0, 1, 2, 3};
  const Divergence found = summarize(tokens, clusters);
  EXPECT_NEAR(found.nll_correlation, 1, 1e-12);
  EXPECT_DOUBLE_EQ(found.ln_perplexity_ratio.value, 1.5);
  EXPECT_NEAR(found.ln_perplexity_ratio.error.value(), std::sqrt(5.0 / 3 / 4), 1e-12);  // of 0, 1, 2, 3
  EXPECT_DOUBLE_EQ(found.kl_max, 4);
  EXPECT_DOUBLE_EQ(found.kl_median, 2.5);
  EXPECT_EQ(found.documents, 4);
}

TEST(Divergence, OfAModelFromItselfIsExactlyZero) {
  Machine m(2);
  const TrainableDecoder model = random_model(m.ctx);
  const HeldOutDocument documents[] = {random_document(700, 1), random_document(40, 2),
                                       random_document(9, 3)};
  const Divergence found = measure_divergence(m.ctx, {model.decoder()}, {model.decoder()}, documents);
  EXPECT_EQ(found.tokens, 699 + 39 + 8);
  EXPECT_EQ(found.documents, 3);
  EXPECT_EQ(found.kl.value, 0);
  EXPECT_EQ(found.kl_max, 0);
  EXPECT_EQ(found.same_top.value, 1);
  EXPECT_EQ(found.ln_perplexity_ratio.value, 0);
  EXPECT_EQ(found.ln_perplexity_ratio.error.value(), 0);
  EXPECT_EQ(found.nll_correlation, 1);
  EXPECT_EQ(found.target_change_rms, 0);
}

TEST(Divergence, IsThatOfWholeTextsOneByOne) {
  Machine m(2);
  const TrainableDecoder a = random_model(m.ctx, 1), b = random_model(m.ctx, 2);
  // Cut over steps, predicted from the middle on, too short to predict anything.
  const HeldOutDocument documents[] = {random_document(300, 1), random_document(450, 2, 222),
                                       random_document(1, 3), random_document(33, 4), random_document(2, 5)};
  std::vector<TokenDivergence> expected;
  std::vector<int32_t> clusters;
  for (size_t d = 0; d < std::size(documents); ++d) {
    const auto part = directly(m.ctx, a.decoder(), b.decoder(), documents[d]);
    expected.insert(expected.end(), part.begin(), part.end());
    clusters.insert(clusters.end(), part.size(), static_cast<int32_t>(d));
  }
  const Divergence found = measure_divergence(m.ctx, {a.decoder()}, {b.decoder()}, documents);
  const Divergence wanted = summarize(expected, clusters);
  EXPECT_EQ(found.tokens, 299 + 228 + 32 + 1);
  EXPECT_NEAR(found.kl.value, wanted.kl.value, 1e-6 * wanted.kl.value);
  EXPECT_NEAR(found.kl.error.value(), wanted.kl.error.value(), 1e-5);
  EXPECT_NEAR(found.kl_max, wanted.kl_max, 1e-5);
  EXPECT_NEAR(found.nll_a.value, wanted.nll_a.value, 1e-6);
  EXPECT_NEAR(found.nll_b.value, wanted.nll_b.value, 1e-6);
  EXPECT_NEAR(found.same_top.value, wanted.same_top.value, 1e-12);
  EXPECT_NEAR(found.nll_correlation, wanted.nll_correlation, 1e-5);
  EXPECT_NEAR(found.target_change_rms, wanted.target_change_rms, 1e-6);
}

TEST(Divergence, SeesALayerOfZerosInEveryFigure) {
  Machine m;
  const TrainableDecoder good = random_model(m.ctx);
  TrainableDecoder damaged = random_model(m.ctx);
  fill(m.ctx, damaged, "model.layers.1.mlp.down_proj.weight", 0);
  fill(m.ctx, damaged, "model.layers.1.self_attn.o_proj.weight", 0);
  const HeldOutDocument documents[] = {random_document(100, 1), random_document(100, 2)};
  const Divergence found = measure_divergence(m.ctx, {good.decoder()}, {damaged.decoder()}, documents);
  EXPECT_GT(found.kl.value, 0.01);
  EXPECT_GT(found.kl_median, 0);
  EXPECT_GT(found.kl_p99, found.kl.value);
  EXPECT_GE(found.kl_max, found.kl_p999);
  EXPECT_LT(found.same_top.value, 0.9);
  EXPECT_NE(found.ln_perplexity_ratio.value, 0);
  EXPECT_LT(found.nll_correlation, 0.999);
  EXPECT_GT(found.target_change_rms, 0);
}

TEST(Divergence, OfACacheInFewerBitsIsSmallAndNotZero) {
  Machine m;
  const TrainableDecoder model = random_model(m.ctx);
  const HeldOutDocument documents[] = {random_document(120, 1), random_document(80, 2)};
  const Divergence found =
      measure_divergence(m.ctx, {model.decoder()}, {model.decoder(), kernels::KvDType::q8}, documents);
  EXPECT_GT(found.kl.value, 0);
  EXPECT_LT(found.kl.value, 1e-2);
}

TEST(Divergence, LeavesOutThePaddingOfAVocabulary) {
  Machine m;
  const TrainableDecoder plain = random_model(m.ctx);
  TrainableDecoder padded = random_model(m.ctx, 1, kVocab + 16);
  for (Parameter& p : padded.parameters())
    if (const Parameter* same = plain.find(p.name))
      std::copy_n(same->master.f32(), same->master.shape().elements(), p.master.f32());
  padded.refresh(m.ctx);
  const HeldOutDocument documents[] = {random_document(50, 1)};
  const Divergence found = measure_divergence(m.ctx, {plain.decoder()}, {padded.decoder()}, documents);
  EXPECT_LT(found.kl_max, 1e-12);
}

std::string message_of(auto action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "none";
}

TEST(Divergence, SaysWhatIsWrongWithTheTextsOrTheModels) {
  Machine m;
  const TrainableDecoder good = random_model(m.ctx);
  TrainableDecoder broken = random_model(m.ctx);
  fill(m.ctx, broken, "model.norm.weight", std::numeric_limits<float>::quiet_NaN());
  const auto message = [&](const HeldOutDocument& document, const TrainableDecoder& b) {
    return message_of([&] { measure_divergence(m.ctx, {good.decoder()}, {b.decoder()}, {&document, 1}); });
  };
  EXPECT_NE(message(random_document(1, 1), good).find("no token to predict"), std::string::npos);
  EXPECT_NE(message({{1, 2, 4000}, 1}, good).find("has token 4000"), std::string::npos);
  EXPECT_NE(message(random_document(1025, 1), good).find("1025 tokens and the model 1024"),
            std::string::npos);
  EXPECT_NE(message(random_document(5, 1), broken).find("logits of the second model are not finite"),
            std::string::npos);
}

TEST(Divergence, StopsBetweenStepsWhenTold) {
  Machine m;
  const TrainableDecoder model = random_model(m.ctx);
  const HeldOutDocument documents[] = {random_document(1000, 1), random_document(1000, 2)};
  int steps = 0;
  const DivergenceHooks hooks{.check = [&] {
    if (++steps == 3) fail(ErrorCode::cancelled, "stop");
  }};
  EXPECT_THROW(measure_divergence(m.ctx, {model.decoder()}, {model.decoder()}, documents, hooks), Error);
  EXPECT_EQ(steps, 3);
}

}  // namespace
}  // namespace retort::compress
