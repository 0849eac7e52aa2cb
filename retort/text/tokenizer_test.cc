#include "retort/text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "retort/text/tokenizer_test_data.h"

namespace retort {
namespace {

using testing::ElementsAre;

Tokenizer small() {
  return Tokenizer::from_json(test::small_tokenizer().dump(), "t.json");
}

TEST(Tokenizer, EncodesAndDecodes) {
  auto t = small();
  EXPECT_THAT(t.encode("hello world"), ElementsAre(test::kHello, test::kWorld));
  std::vector<int32_t> ids = {test::kHello, test::kWorld, test::kEnd};
  EXPECT_EQ(t.decode(ids), "hello world<|end|>");
  EXPECT_EQ(t.decode(ids, {.skip_special_tokens = true}), "hello world");
  EXPECT_EQ(t.encode(""), std::vector<int32_t>{});
  EXPECT_EQ(t.decode({}), "");
}

TEST(Tokenizer, AddedTokensAreTextUnlessAskedFor) {
  auto t = small();
  EXPECT_THAT(t.encode("hello<|end|><think>", {.parse_special_tokens = true}),
              ElementsAre(test::kHello, test::kEnd, test::kThink));
  for (auto id : t.encode("hello<|end|><think>")) EXPECT_TRUE(id != test::kEnd && id != test::kThink);
}

TEST(Tokenizer, KnowsItsTokens) {
  auto t = small();
  EXPECT_EQ(t.vocabulary_size(), 267);
  EXPECT_EQ(t.piece(test::kWorld), " world");
  EXPECT_EQ(t.piece(0xE4), "\xE4");
  EXPECT_EQ(t.piece(-1), "");
  EXPECT_EQ(t.piece(267), "");
  EXPECT_EQ(t.id_of("Ġworld"), test::kWorld);
  EXPECT_EQ(t.id_of("<|end|>"), test::kEnd);
  EXPECT_EQ(t.id_of(" world"), std::nullopt);
  EXPECT_TRUE(t.is_special(test::kEnd));
  EXPECT_FALSE(t.is_special(test::kThink));
  EXPECT_FALSE(t.is_special(-1));
  EXPECT_FALSE(t.is_special(1000));
  EXPECT_EQ(t.bos_id(), std::nullopt);
  EXPECT_EQ(t.pre_tokenizer_name(), "gpt-2");
}

TEST(Tokenizer, BrokenUtf8IsTheReplacementCharacter) {
  auto t = small();
  EXPECT_EQ(t.encode("a\xFF\xE2\x82"), t.encode("a��"));
  EXPECT_EQ(t.decode(std::vector<int32_t>{'a', 0xE2, 0x82}), "a�");
  EXPECT_EQ(t.decode(std::vector<int32_t>{'a', 5000, -7, 'b'}), "ab");  // ids without a token
}

TEST(Tokenizer, TextIsComposedBeforeItIsCut) {
  auto t = small();
  EXPECT_EQ(t.encode("e\u0301"), t.encode("é"));
  // An added token ends the text on its left: what follows does not compose with it.
  EXPECT_EQ(t.decode(t.encode("e<think>\u0301", {.parse_special_tokens = true})), "e<think>\u0301");
}

TEST(Tokenizer, NormalizedAddedTokensMatchNormalizedText) {
  auto root = test::small_tokenizer();
  root["added_tokens"][1]["content"] = "<\u00E9>";
  root["added_tokens"][1]["normalized"] = true;
  auto t = Tokenizer::from_json(root.dump(), "t.json");
  EXPECT_THAT(t.encode("<e\u0301>", {.parse_special_tokens = true}), ElementsAre(test::kThink));
}

TEST(Tokenizer, DecodingUndoesEncodingForEveryByte) {
  auto t = small();
  std::string text;
  for (char32_t c = 1; c < 0x3000; c += 7)
    if (c < 0x300 || c > 0x1FFF) text += to_byte_level(std::string(1, char(c))) + " ";
  EXPECT_EQ(t.decode(t.encode(text)), text);
}

TEST(Tokenizer, HostileTextsComeBackWhole) {
  auto t = small();
  for (auto& text : {std::string(43000, 'A'), std::string(1000000, ' '), std::string(1000000, '1'),
                     std::string(1000000, 'l')})
    EXPECT_TRUE(t.decode(t.encode(text, {.parse_special_tokens = true})) == text) << text[0];
}

TEST(Tokenizer, ManyThreadsShareOne) {
  auto t = small();
  auto want = t.encode("hello world, hell or held");
  auto fresh = small();
  std::vector<std::thread> threads;
  std::array<bool, 4> same{};
  for (auto& mine : same)
    threads.emplace_back([&] {
      mine = true;
      for (int i = 0; i < 500; ++i) mine = mine && fresh.encode("hello world, hell or held") == want;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(same, testing::Each(true));
}

}  // namespace
}  // namespace retort
