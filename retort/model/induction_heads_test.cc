#include "retort/model/induction_heads.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/ops/gradient_check.h"

namespace retort {
namespace {

using testing::HasSubstr;

constexpr int64_t kVocabulary = 64;

ModelConfig config_of(const char* architecture, int64_t layers, bool tied = true) {
  ModelConfig c;
  c.architecture = architecture;
  c.vocab_size = kVocabulary;
  c.num_hidden_layers = layers;
  c.num_attention_heads = 4;
  c.num_key_value_heads = 2;
  c.head_dim = 32;
  c.hidden_size = 128;
  c.intermediate_size = 256;
  c.max_position_embeddings = 64;
  c.attention_bias = c.architecture == "qwen2";
  c.tie_word_embeddings = tied;
  if (c.architecture == "mixtral") {
    c.num_local_experts = 4;
    c.num_experts_per_tok = 2;
  }
  return c;
}

std::vector<int32_t> different_tokens(Random& random, int64_t n) {
  std::vector<int32_t> all(kVocabulary - 1);
  std::iota(all.begin(), all.end(), 1);  // 0 is the sign in "key = value"
  for (int64_t i = 0; i < n; ++i)
    std::swap(all[static_cast<size_t>(i)],
              all[static_cast<size_t>(i) + random.below(all.size() - static_cast<size_t>(i))]);
  all.resize(static_cast<size_t>(n));
  return all;
}

struct Question {
  std::vector<int32_t> tokens;
  int32_t answer;
};

/// a b c d ... b c -> d
Question repeated(Random& random) {
  Question q{different_tokens(random, 12), 0};
  const size_t at = 1 + random.below(10);
  q.answer = q.tokens[at + 1];
  q.tokens.insert(q.tokens.end(), {q.tokens[at - 1], q.tokens[at]});
  return q;
}

/// a = b, c = d, ..., c = -> d
Question looked_up(Random& random) {
  const std::vector<int32_t> words = different_tokens(random, 12);
  Question q;
  for (size_t i = 0; i < words.size(); i += 2) q.tokens.insert(q.tokens.end(), {words[i], 0, words[i + 1]});
  const size_t at = 2 * random.below(6);
  q.tokens.insert(q.tokens.end(), {words[at], 0});
  q.answer = words[at + 1];
  return q;
}

/// How often, of 200, the untrained model finds the answer the likeliest of all tokens but the last two: with
/// a tied head every token first of all predicts itself.
int right_answers(const ModelConfig& config, FirstHeads heads, Question (*ask)(Random&)) {
  TapeMachine machine;
  TrainableDecoder model(config, DType::f32);
  model.initialise(machine.ctx, 5, heads);
  machine.ctx.tape = nullptr;
  Random random(3);
  int right = 0;
  for (int i = 0; i < 200; ++i) {
    machine.ctx.arena.reset();
    const Question q = ask(random);
    const std::span<const int32_t> documents[] = {q.tokens};
    const Tensor logits =
        linear(machine.ctx, model.decoder().hidden_states(machine.ctx, documents), model.decoder().lm_head());
    float* row = logits.row(std::ssize(q.tokens) - 1);
    for (int32_t said : {q.tokens.end()[-1], q.tokens.end()[-2]})
      row[said] = -std::numeric_limits<float>::infinity();
    right += std::max_element(row, row + kVocabulary) - row == q.answer ? 1 : 0;
  }
  return right;
}

class InductionHeads : public testing::TestWithParam<const char*> {};

TEST_P(InductionHeads, AnUntrainedModelSaysWhatFollowedEarlier) {
  const ModelConfig config = config_of(GetParam(), 2);
  EXPECT_GT(right_answers(config, FirstHeads::induction, repeated), 120);
  EXPECT_LT(right_answers(config, FirstHeads::random, repeated), 20);
}

TEST_P(InductionHeads, AnUntrainedModelLooksUpTheValueOfAKey) {
  const ModelConfig config = config_of(GetParam(), 2);
  EXPECT_GT(right_answers(config, FirstHeads::induction, looked_up), 45);
  EXPECT_LT(right_answers(config, FirstHeads::random, looked_up), 20);
}

TEST(InductionHeadsUntied, AHeadOfItsOwnReadsWhatIsCopied) {
  EXPECT_GT(right_answers(config_of("llama", 2, false), FirstHeads::induction, looked_up), 45);
}

INSTANTIATE_TEST_SUITE_P(Architectures, InductionHeads, testing::Values("llama", "qwen2", "mixtral"),
                         [](const auto& p) { return std::string(p.param); });

TEST(InductionHeadsErrors, AModelThatIsTooSmallForThemIsRefusedWithItsNumbers) {
  for (auto [layers, hidden] : {std::pair<int64_t, int64_t>{1, 128}, {2, 96}}) {
    ModelConfig config = config_of("llama", layers);
    config.hidden_size = hidden;
    TapeMachine machine;
    TrainableDecoder model(config, DType::f32);
    try {
      model.initialise(machine.ctx, 1, FirstHeads::induction);
      ADD_FAILURE() << layers << " layers, hidden_size " << hidden;
    } catch (const Error& e) {
      EXPECT_THAT(e.message(),
                  HasSubstr(fmt::format("{} layers, hidden_size {} and head_dim 32", layers, hidden)));
    }
  }
}

}  // namespace
}  // namespace retort
