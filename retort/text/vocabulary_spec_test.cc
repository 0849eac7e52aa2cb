#include "retort/text/vocabulary_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/error.h"
#include "retort/text/tokenizer.h"

namespace retort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

VocabularySpec small() {
  return {.where = "m.gguf",
          .model = "gpt2",
          .pre = "qwen2",
          .tokens = {"a", "b", "ab", "<|end|>", "<think>", "[PAD]", "Ġ"},
          .token_types = {1, 1, 1, 3, 4, 5, 1},
          .merges = {"a b"},
          .bos_token_id = 3};
}

std::string refusal(const VocabularySpec& spec) {
  try {
    Tokenizer::from_vocabulary(spec);
  } catch (const Error& e) {
    return e.message();
  }
  return "";
}

TEST(VocabularySpec, ControlAndUserDefinedTokensAreAddedOnes) {
  auto t = Tokenizer::from_vocabulary(small());
  EXPECT_EQ(t.pre_tokenizer_name(), "qwen2");
  EXPECT_THAT(t.encode("ab<|end|><think>", {.parse_special_tokens = true}), ElementsAre(2, 3, 4));
  EXPECT_THAT(t.encode("[PAD]ab", {.parse_special_tokens = true}),
              ElementsAre(2));  // unused tokens are out of reach
  EXPECT_TRUE(t.is_special(3));
  EXPECT_FALSE(t.is_special(4));
  EXPECT_EQ(t.piece(5), "[PAD]");
  EXPECT_EQ(t.vocabulary_size(), 7);
}

TEST(VocabularySpec, BosFollowsTheFileAndElseTheFamily) {
  auto encode = [](VocabularySpec spec) {
    return Tokenizer::from_vocabulary(spec).encode("ab", {.add_special_tokens = true});
  };
  auto spec = small();
  EXPECT_THAT(encode(spec), ElementsAre(2));
  spec.pre = "llama-bpe";
  EXPECT_THAT(encode(spec), ElementsAre(3, 2));
  spec.add_bos_token = false;
  EXPECT_THAT(encode(spec), ElementsAre(2));
  spec.add_bos_token = spec.add_eos_token = true;
  spec.eos_token_id = 4;
  EXPECT_THAT(encode(spec), ElementsAre(3, 2, 4));
}

TEST(VocabularySpec, ASpaceIsPutInFrontWhereTheFileSaysSo) {
  auto spec = small();
  spec.add_space_prefix = true;
  EXPECT_THAT(Tokenizer::from_vocabulary(spec).encode("ab"), ElementsAre(6, 2));
}

TEST(VocabularySpec, WhatIsWrongOrUnknownIsRefused) {
  auto with = [](auto change) {
    auto spec = small();
    change(spec);
    return refusal(spec);
  };
  EXPECT_THAT(with([](auto& s) { s.model = "llama"; }),
              HasSubstr("m.gguf: tokenizer.ggml.model 'llama' is not supported"));
  EXPECT_THAT(with([](auto& s) { s.pre = "tekken"; }),
              HasSubstr("the pre-tokenizer 'tekken' is not supported; these are: qwen2, deepseek-r1-qwen"));
  EXPECT_THAT(with([](auto& s) { s.token_types.pop_back(); }), HasSubstr("7 tokens and 6 token types"));
  EXPECT_THAT(with([](auto& s) { s.token_types[0] = 9; }), HasSubstr("token_type of token 0 is 9"));
  EXPECT_THAT(with([](auto& s) { s.bos_token_id = 7; }),
              HasSubstr("bos_token_id is 7; the vocabulary has 7 tokens"));
  EXPECT_THAT(with([](auto& s) { s.eos_token_id = -1; }), HasSubstr("eos_token_id is -1"));
  EXPECT_THAT(with([](auto& s) { s.add_eos_token = true; }), HasSubstr("eos_token_id is missing"));
  EXPECT_THAT(with([](auto& s) { s.merges = {"ab"}; }), HasSubstr("merge 0 is 'ab'"));
  EXPECT_THAT(with([](auto& s) { s.merges = {"b a"}; }),
              HasSubstr("names a token that is not in the vocabulary"));
  EXPECT_THAT(with([](auto& s) { s.tokens[3] = "\xFF"; }), HasSubstr("the added token 3 is not UTF-8"));
  EXPECT_THAT(with([](auto& s) { s.tokens[1] = "a"; }), HasSubstr("the token 'a' stands twice"));
  EXPECT_EQ(with([](auto& s) { s.pre = ""; }), "");
  EXPECT_EQ(with([](auto& s) { s.token_types.clear(); }), "");
}

}  // namespace
}  // namespace retort
