#include "retort/text/bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Tokens in order of their ids, merges in order of their ranks.
struct Model {
  Vocabulary vocabulary;
  MergeList merges;
  Model(const std::vector<std::string>& tokens, const std::vector<std::string>& lines) {
    for (size_t i = 0; i < tokens.size(); ++i) vocabulary.add(int64_t(i), tokens[i]);
    vocabulary.finish("test");
    for (auto& line : lines) merges.add_line(line, "test");
  }
  Bpe bpe(BpeOptions options = {}) const { return Bpe(vocabulary, merges, options, "test"); }
};

std::vector<int32_t> encode(const Bpe& bpe, std::string_view word) {
  std::vector<int32_t> ids;
  bpe.encode(word, ids);
  return ids;
}

TEST(Bpe, TheLowestRankIsMergedFirstAndLeftmostAmongEquals) {
  Model m({"a", "b", "c", "ab", "bc", "abc", "aa"}, {"b c", "a b", "a bc", "a a"});
  EXPECT_THAT(encode(m.bpe(), "abc"), ElementsAre(5));  // b c before a b
  EXPECT_THAT(encode(m.bpe(), "ab"), ElementsAre(3));
  EXPECT_THAT(encode(m.bpe(), "aaa"), ElementsAre(6, 0));  // leftmost
  EXPECT_THAT(encode(m.bpe(), ""), ElementsAre());
}

TEST(Bpe, AWordThatIsATokenIsReachedByMergesOrNotAtAll) {
  Model m({"a", "b", "c", "bc", "abc"}, {"b c"});
  EXPECT_THAT(encode(m.bpe(), "abc"), ElementsAre(0, 3));
  EXPECT_THAT(encode(m.bpe({.ignore_merges = true}), "abc"), ElementsAre(4));
  auto bpe = m.bpe();
  for (int i = 0; i < 3; ++i) {  // the second time it is known
    EXPECT_THAT(encode(bpe, "abc"), ElementsAre(0, 3));
    EXPECT_THAT(encode(bpe, "bc"), ElementsAre(3));
  }
}

TEST(Bpe, BytesWithoutATokenVanishOrBecomeUnknown) {
  Model m({"a", "b", "<unk>", "ab"}, {"a b"});
  EXPECT_THAT(encode(m.bpe(), "xaxb"), ElementsAre(3));
  EXPECT_THAT(encode(m.bpe({.unknown = 2}), "xxab"), ElementsAre(2, 2, 3));
  EXPECT_THAT(encode(m.bpe({.unknown = 2, .fuse_unknown = true}), "xxabx"), ElementsAre(2, 3, 2));
}

TEST(Bpe, AMergeOfStrangersIsRefused) {
  Model m({"a", "b"}, {"a b"});
  try {
    m.bpe();
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.message(), HasSubstr("test: merge 0 ('a b') names a token that is not in the vocabulary"));
  }
  MergeList merges;
  for (auto line : {"a", "a b c", ""}) EXPECT_THROW(merges.add_line(line, "test"), Error) << line;
}

/// A model over two letters with every token up to five of them, its merges in random order.
Model random_model(uint64_t seed) {
  std::vector<std::string> tokens = {"x", "y"}, lines;
  for (size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i].size() < 5)
      for (auto letter : {"x", "y"}) tokens.push_back(tokens[i] + letter);
  Random random(seed);
  for (auto& token : tokens)
    for (size_t cut = 1; cut < token.size(); ++cut)
      if (random.below(3) == 0) lines.push_back(token.substr(0, cut) + " " + token.substr(cut));
  for (size_t i = lines.size(); i > 1; --i) std::swap(lines[i - 1], lines[random.below(i)]);
  return Model(tokens, lines);
}

TEST(Bpe, QueueAndScanAgreeOnRandomModels) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    auto model = random_model(seed);
    auto bpe = model.bpe();
    Random random(seed + 1000);
    for (int i = 0; i < 200; ++i) {
      std::string word;
      for (auto n = random.below(48); n > 0; --n) word += random.below(2) ? 'x' : 'y';
      std::vector<int32_t> scan, queue;
      bpe.encode(word, scan);
      bpe.encode_by_queue(word, queue);
      ASSERT_EQ(scan, queue) << word;
    }
  }
}

TEST(Bpe, AMegabyteInOneWordIsNotQuadratic) {
  std::vector<std::string> tokens = {"a"}, lines;
  for (int i = 0; i < 10; ++i) {
    lines.push_back(tokens.back() + " " + tokens.back());
    tokens.push_back(tokens.back() + tokens.back());
  }
  Model m(tokens, lines);
  EXPECT_EQ(encode(m.bpe(), std::string(1 << 20, 'a')).size(), 1u << 10);
}

}  // namespace
}  // namespace retort
