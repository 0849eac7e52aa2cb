#include "retort/text/bpe_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "retort/base/error.h"
#include "retort/text/merge_learner.h"
#include "retort/text/micro_family.h"
#include "retort/text/tokenizer.h"

namespace retort {
namespace {

using Merges = std::vector<std::pair<int32_t, int32_t>>;
using Words = std::vector<std::pair<std::string, uint64_t>>;

std::vector<WordCounts::Word> views(const Words& words) {
  std::vector<WordCounts::Word> out;
  for (auto& [word, count] : words) out.push_back({word, count});
  return out;
}

/// The definition, counted anew for each merge.
struct PlainLearner {
  std::vector<std::vector<int32_t>> words;
  std::vector<std::string> pieces;
  Merges merges;
  std::set<std::pair<int32_t, int32_t>> passed_over;

  PlainLearner(const Words& counted, size_t wanted, uint64_t min_count, size_t longest) {
    for (int b = 0; b < 256; ++b) pieces.emplace_back(1, static_cast<char>(b));
    for (auto& [word, count] : counted) {
      auto& symbols = words.emplace_back();
      for (char byte : word) symbols.push_back(uint8_t(byte));
    }
    while (merges.size() < wanted) {
      std::map<std::pair<int32_t, int32_t>, uint64_t> counts;
      for (size_t w = 0; w < words.size(); ++w)
        for (size_t i = 0; i + 1 < words[w].size(); ++i)
          counts[{words[w][i], words[w][i + 1]}] += counted[w].second;
      std::pair<int32_t, int32_t> best;
      uint64_t most = 0;
      for (auto& [pair, count] : counts)
        if (!passed_over.contains(pair) && count > most) most = count, best = pair;
      if (most < min_count) return;
      auto piece = pieces[size_t(best.first)] + pieces[size_t(best.second)];
      if (piece.size() > longest || std::count(pieces.begin(), pieces.end(), piece) > 0) {
        passed_over.insert(best);
        continue;
      }
      apply(best, static_cast<int32_t>(pieces.size()));
      pieces.push_back(piece);
      merges.push_back(best);
    }
  }

  void apply(std::pair<int32_t, int32_t> pair, int32_t merged) {
    for (auto& word : words)
      for (size_t i = 0; i + 1 < word.size(); ++i)
        if (word[i] == pair.first && word[i + 1] == pair.second) {
          word[i] = merged;
          word.erase(word.begin() + static_cast<ptrdiff_t>(i) + 1);
        }
  }
};

TEST(MergeLearner, LearnsWhatCountingAnewLearns) {
  std::mt19937 random(7);
  size_t learned = 0, passed = 0;
  for (int round = 0; round < 300; ++round) {
    Words words;
    auto letters = 1 + random() % 4;  // few, so that ties, runs and spellings in two ways abound
    for (auto n = 1 + random() % 30; n > 0; --n) {
      std::string word;
      for (auto length = 1 + random() % 12; length > 0; --length)
        word += static_cast<char>('a' + random() % letters);
      words.emplace_back(word, 1 + random() % 3);
    }
    uint64_t min_count = 1 + random() % 3;
    uint32_t longest = round % 3 ? 64 : 3;
    PlainLearner want(words, 60, min_count, longest);
    MergeLearner got(views(words), min_count, longest);
    while (got.merges().size() < 60 && got.step()) ++learned;
    ASSERT_EQ(got.merges(), want.merges) << "round " << round;
    for (size_t w = 0; w < words.size(); ++w)
      ASSERT_EQ(got.tokens(w), want.words[w]) << "round " << round << ", word " << words[w].first;
    passed += want.passed_over.size();
  }
  EXPECT_GT(learned, 3000u);
  EXPECT_GT(passed, 100u);  // their token existed, or was too long
}

TEST(MergeLearner, TakesTheLowerIdsAmongEquallyFrequentPairs) {
  Words words = {{"cd", 5}, {"ab", 5}, {"ad", 5}, {"xy", 6}};
  auto viewed = views(words);
  MergeLearner learner(viewed, 1, 64);
  while (learner.step()) {
  }
  EXPECT_EQ(learner.merges(), (Merges{{'x', 'y'}, {'a', 'b'}, {'a', 'd'}, {'c', 'd'}}));
}

TEST(WordCounts, ForgetsTheRarestWhenTheMemoryIsFull) {
  WordCounts counts(100 * 84);
  counts.add("often", 50);
  for (int i = 0; i < 1000; ++i) counts.add(fmt::format("{:04}", i), 1);
  auto words = counts.sorted();
  EXPECT_LE(words.size(), 100u);
  EXPECT_THAT(words, testing::Contains(testing::Field(&WordCounts::Word::bytes, "often")));
  EXPECT_EQ(counts.dropped(), 1000 - (words.size() - 1));
  counts.add(std::string(WordCounts::kLongestWord + 1, 'a'), 3);
  EXPECT_EQ(counts.dropped(), 1003 - (words.size() - 1));
}

TEST(WordCounts, RefusesCountsBeyondItsRange) {
  WordCounts counts(1 << 20);
  EXPECT_THROW(counts.add("ab", UINT64_MAX), Error);
  counts.add("ab", uint64_t{1} << 60);
  EXPECT_THROW(counts.add("ab", uint64_t{1} << 61), Error);
}

std::string english() {
  std::string text;
  std::mt19937 random(3);
  const char* const words[] = {"the ",  "then ",       "there's ",  "3 + 4 = 7\n", "naïve ",
                               "世界 ", "therefore, ", "x = 12;\n", "def f(",      "):\n    return ",
                               "👍 ",    "e\u0301 ",    "<think>\n", "</think>\n\n"};
  for (int i = 0; i < 3000; ++i) text += words[random() % std::size(words)];
  return text;
}

TEST(BpeTrainer, ItsTokenizerReadsItsOwnFileAndMergesAsTrainingDid) {
  BpeTrainer trainer(micro_tokenizer_options(320));
  trainer.add(english());
  auto trained = trainer.train();
  ASSERT_EQ(trained.vocabulary_size(), 320);
  auto tokenizer = Tokenizer::from_json(write_tokenizer_json(trained), "trained",
                                        write_tokenizer_config_json(trained, kMicroChatTemplate, 512));
  EXPECT_EQ(tokenizer.vocabulary_size(), 320);
  EXPECT_EQ(tokenizer.pre_tokenizer_name(), "qwen2");
  EXPECT_EQ(tokenizer.bos_id(), trained.bos);
  EXPECT_EQ(tokenizer.eos_id(), trained.eos);
  EXPECT_EQ(tokenizer.pad_id(), trained.pad);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("<think> 世界 é")), "<think> 世界 é");
  EXPECT_EQ(tokenizer.encode("", {.add_special_tokens = true}), std::vector<int32_t>{*trained.bos});
  EXPECT_THAT(tokenizer.encode("<think>", {.parse_special_tokens = true}), testing::ElementsAre(309));
  EXPECT_FALSE(tokenizer.is_special(309));  // "<think>"
  EXPECT_TRUE(tokenizer.is_special(*tokenizer.id_of("<|user|>")));

  auto words = trainer.words().sorted();
  MergeLearner learner(words, 2, 64);
  while (learner.merges().size() < trained.merges.size() && learner.step()) {
  }
  for (size_t w = 0; w < words.size(); ++w)
    EXPECT_EQ(tokenizer.encode(words[w].bytes), learner.tokens(w)) << words[w].bytes;
}

TEST(BpeTrainer, TheOrderOfTheTextsDoesNotMatterAndCountsAreRepetitions) {
  auto train = [](const std::vector<std::pair<std::string, uint64_t>>& texts) {
    BpeTrainer trainer(micro_tokenizer_options(300));
    for (auto& [text, count] : texts) trainer.add(text, count);
    return write_tokenizer_json(trainer.train());
  };
  auto once =
      train({{"low lower lowest", 1}, {"new newer newest", 1}, {"new newer newest", 1}, {"wide wider", 1}});
  EXPECT_EQ(once, train({{"wide wider", 1}, {"new newer newest", 2}, {"low lower lowest", 1}}));
  EXPECT_NE(once, train({{"wide wider", 9}, {"new newer newest", 2}, {"low lower lowest", 1}}));
}

TEST(BpeTrainer, SpecialTokensInTheTextsTeachNothing) {
  BpeTrainer trainer(micro_tokenizer_options(400));
  for (int i = 0; i < 9; ++i) trainer.add("<|user|><think></think><|assistant|><|user|>");
  EXPECT_TRUE(trainer.words().sorted().empty());
  EXPECT_EQ(trainer.train().vocabulary_size(), 256 + 16);  // fewer than asked for: nothing to merge
}

TEST(BpeTrainer, RepairsBrokenTextAndComposesAccents) {
  BpeTrainer trainer(micro_tokenizer_options(300));
  trainer.add("\xff");
  trainer.add("e\u0301");
  auto words = trainer.words().sorted();
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[0].bytes, "\u00e9");
  EXPECT_EQ(words[1].bytes, "\uFFFD");
}

std::string refusal(BpeTrainerOptions options) {
  try {
    BpeTrainer trainer(std::move(options));
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(BpeTrainer, RefusesWhatCannotBe) {
  EXPECT_EQ(refusal(micro_tokenizer_options(271)),
            "tokenizer training: a vocabulary of 271 tokens; from 272 (the bytes and the special tokens) to "
            "16777216 are "
            "possible");
  EXPECT_EQ(refusal(micro_tokenizer_options(272)), "");
  EXPECT_THAT(refusal({.special_tokens = {{"a"}, {"a"}}}), testing::HasSubstr("'a' stands twice"));
  EXPECT_THAT(refusal({.special_tokens = {{""}}}), testing::HasSubstr("is empty"));
  EXPECT_THAT(refusal({.special_tokens = {{"\xff"}}}), testing::HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal({.special_tokens = {{std::string(600, 'x')}}}), testing::HasSubstr("600 bytes"));
  EXPECT_THAT(refusal({.special_tokens = {{"a"}}, .eos = "b"}),
              testing::HasSubstr("the EOS token 'b' is not among the special tokens"));
}

TEST(BpeTrainer, ReportsItsProgress) {
  auto options = micro_tokenizer_options(320);
  std::vector<uint64_t> seen;
  options.progress = [&](std::string_view what, uint64_t done, uint64_t total) {
    EXPECT_EQ(what, "learning merges");
    EXPECT_EQ(total, 48u);
    seen.push_back(done);
  };
  BpeTrainer trainer(options);
  trainer.add(english());
  trainer.train();
  EXPECT_EQ(seen.back(), 48u);
}

}  // namespace
}  // namespace retort
