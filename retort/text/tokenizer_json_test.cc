// What tokenizer.json may say, and what is refused by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "retort/base/error.h"
#include "retort/text/tokenizer.h"
#include "retort/text/tokenizer_test_data.h"

namespace retort {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Tokenizer load(const json& root) {
  return Tokenizer::from_json(root.dump(), "t.json");
}

std::string refusal(std::string_view text, std::optional<std::string_view> config = {}) {
  try {
    Tokenizer::from_json(text, "t.json", config);
  } catch (const Error& e) {
    return e.message();
  }
  return "";
}

struct Change {
  std::string_view path;  // JSON pointer
  json value;
  std::string_view reason;
};

TEST(TokenizerJson, WhatIsNotSupportedIsRefusedByName) {
  for (auto& [path, value, reason] : std::vector<Change>{
           {"/model/type", "Unigram", "the model 'Unigram' is not supported; supported: BPE"},
           {"/model/byte_fallback", true, "byte_fallback 'true' is not supported"},
           {"/model/end_of_word_suffix", "</w>", "end_of_word_suffix '</w>' is not supported"},
           {"/model/dropout", 0.1, "dropout '0.1' is not supported"},
           {"/model/unk_token", "<unk>", "unk_token '<unk>' is not in model.vocab"},
           {"/model/ignore_merges", 1, "'ignore_merges' is not true or false"},
           {"/model/merges", {"h e", "x"}, "merge 1 is 'x', not two tokens"},
           {"/model/merges", {{"h"}}, "merge 0 is neither"},
           {"/model/merges", {7}, "merge 0 is neither"},
           {"/model/merges", {"h x"}, "merge 0 ('h x') names a token that is not in the vocabulary"},
           {"/model/merges", {{"h", "e"}}, "no list model.merges"},
           {"/model/vocab/a", "x", "the id of 'a' is not an integer"},
           {"/model/vocab/a", 1.5, "the id of 'a' is not an integer"},
           {"/model/vocab/a", 98, "two tokens have the id 98"},
           {"/model/vocab", json::array(), "no model.vocab"},
           {"/normalizer",
            {{"type", "Lowercase"}},
            "the normalizer 'Lowercase' is not supported; supported: NFC, Sequence, null"},
           {"/normalizer", 5, "the normalizer '' is not supported"},
           {"/pre_tokenizer", {{"type", "Metaspace"}}, "the pre_tokenizer 'Metaspace' is not supported"},
           {"/pre_tokenizer", nullptr, "does not end in ByteLevel"},
           {"/pre_tokenizer", {{"type", "Digits"}}, "does not end in ByteLevel"},
           {"/pre_tokenizer",
            {{"type", "Sequence"}, {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "Digits"}}}}},
            "the pre_tokenizer after ByteLevel 'Digits' is not supported"},
           {"/pre_tokenizer", {{"type", "Split"}}, "a Split without the pattern"},
           {"/pre_tokenizer",
            {{"type", "Split"}, {"pattern", {{"Regex", "a"}}}, {"behavior", "Eaten"}},
            "the split behavior 'Eaten'"},
           {"/post_processor",
            {{"type", "RobertaProcessing"}},
            "the post_processor 'RobertaProcessing' is not supported"},
           {"/post_processor", {{"type", "TemplateProcessing"}}, "'single' is not a list"},
           {"/post_processor",
            {{"type", "TemplateProcessing"}, {"single", {{{"SpecialToken", {{"id", "x"}}}}}}},
            "not in special_tokens"},
           {"/decoder", {{"type", "WordPiece"}}, "the decoder 'WordPiece' is not supported"},
           {"/added_tokens/0/id", -1, "an entry without an id"},
           {"/added_tokens/0/id", 104, "has the id 104, which model.vocab gives to another"},
           {"/added_tokens/0/content", "h", "which model.vocab gives to another"},
           {"/added_tokens/0/content", std::string(600, 'x'), "has 600 bytes; at most 512"},
           {"/added_tokens/1/content", "<|end|>", "has the ids 265 and 266"},
           {"/added_tokens/1/id", 265, "which model.vocab gives to another"},
       }) {
    auto root = test::small_tokenizer();
    root[json::json_pointer(std::string(path))] = value;
    EXPECT_THAT(refusal(root.dump()), testing::AllOf(StartsWith("t.json: "), HasSubstr(reason)))
        << path << " " << value;
  }
}

TEST(TokenizerJson, WhatIsNotJsonIsRefusedWithItsPlace) {
  EXPECT_THAT(refusal("{\n  x"), StartsWith("t.json: line 2, column 3: not JSON:"));
  EXPECT_THAT(refusal(R"({"a":1,"a":2})"), HasSubstr("the key 'a' stands twice"));
  EXPECT_THAT(refusal(R"({"model":{"merges":[],"vocab":{"a":0,"a":0}}})"),
              HasSubstr("two tokens have the id 0"));
  EXPECT_THAT(refusal(std::string(1000, '[')), HasSubstr("nested more than 64 deep"));
  for (auto text : {"", "null", "[]", "{}", "7", R"({"model":null})", R"({"model":{"merges":[]}})",
                    R"({"model":[{"vocab":{"a":0}}]})"})
    EXPECT_NE(refusal(text), "") << text;
}

TEST(TokenizerJson, MergesMayBePairs) {
  auto root = test::small_tokenizer();
  auto lines = load(root).encode("hello world");
  auto pairs = json::array();
  for (std::string line : root["model"]["merges"])
    pairs.push_back(json::array({line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1)}));
  root["model"]["merges"] = pairs;
  EXPECT_EQ(load(root).encode("hello world"), lines);
  EXPECT_THAT(lines, ElementsAre(test::kHello, test::kWorld));
}

TEST(TokenizerJson, TheOrderOfTheFileDoesNotMatter) {
  auto root = test::small_tokenizer();
  auto model = root["model"];
  auto text = R"({"added_tokens":)" + root["added_tokens"].dump() + R"(,"model":{"merges":)" +
              model["merges"].dump() + R"(,"type":"BPE","vocab":)" + model["vocab"].dump() +
              R"(},"pre_tokenizer":)" + root["pre_tokenizer"].dump() + "}";
  EXPECT_THAT(Tokenizer::from_json(text, "t.json").encode("hello"), ElementsAre(test::kHello));
}

TEST(TokenizerJson, StepsOfThePreTokenizerAreRead) {
  struct Case {
    json step;
    std::vector<int32_t> ids;  // of "a1-2"
  };
  for (auto& [step, ids] : std::vector<Case>{
           {{{"type", "Digits"}, {"individual_digits", true}}, {'a', '1', '-', '2'}},
           {{{"type", "Punctuation"}}, {'a', '1', '-', '2'}},
           {{{"type", "Split"}, {"pattern", {{"String", "1-"}}}, {"behavior", "Removed"}}, {'a', '2'}},
           {{{"type", "Split"}, {"pattern", {{"Regex", "[0-9]"}}}, {"behavior", "Removed"}, {"invert", true}},
            {'1', '2'}},
           {{{"type", "Sequence"}, {"pretokenizers", json::array()}}, {'a', '1', '-', '2'}},
       }) {
    auto root = test::small_tokenizer();
    root["pre_tokenizer"] = {{"type", "Sequence"},
                             {"pretokenizers", {step, {{"type", "ByteLevel"}, {"add_prefix_space", false}}}}};
    EXPECT_EQ(load(root).encode("a1-2"), ids) << step;
  }
  auto root = test::small_tokenizer();
  root["pre_tokenizer"] = {{"type", "ByteLevel"}};  // add_prefix_space is true where nothing is said
  EXPECT_THAT(load(root).encode("world"), ElementsAre(test::kWorld));
}

TEST(TokenizerJson, TheTemplatePutsTokensAround) {
  auto root = test::small_tokenizer();
  root["post_processor"] = {
      {"type", "Sequence"},
      {"processors",
       {{{"type", "ByteLevel"}},
        {{"type", "TemplateProcessing"},
         {"single",
          {{{"SpecialToken", {{"id", "B"}, {"type_id", 0}}}},
           {{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
           {{"SpecialToken", {{"id", "E"}, {"type_id", 0}}}}}},
         {"special_tokens",
          {{"B", {{"id", "B"}, {"ids", {265}}}}, {"E", {{"id", "E"}, {"ids", {266, 266}}}}}}}}}};
  auto tokenizer = load(root);
  EXPECT_THAT(tokenizer.encode("hello", {.add_special_tokens = true}),
              ElementsAre(265, test::kHello, 266, 266));
  EXPECT_THAT(tokenizer.encode("hello"), ElementsAre(test::kHello));
}

TEST(TokenizerJson, TheConfigNamesTheSpecialTokens) {
  auto text = test::small_tokenizer().dump();
  auto t = Tokenizer::from_json(text, "t.json",
                                R"({"bos_token":{"content":"<think>"},"eos_token":"<|end|>","pad_token":null,
      "add_bos_token":true,"tokenizer_class":"Qwen2Tokenizer"})");
  EXPECT_EQ(t.bos_id(), test::kThink);
  EXPECT_EQ(t.eos_id(), test::kEnd);
  EXPECT_EQ(t.pad_id(), std::nullopt);
  EXPECT_TRUE(t.is_special(test::kThink));
  EXPECT_THAT(t.encode("", {.add_special_tokens = true}),
              ElementsAre());  // that class leaves the template alone
}

TEST(TokenizerJson, LlamasClassAddsItsTokensItself) {
  auto text = test::small_tokenizer().dump();
  auto encode = [&](std::string_view config) {
    return Tokenizer::from_json(text, "t.json", config).encode("", {.add_special_tokens = true});
  };
  EXPECT_THAT(encode(R"({"bos_token":"<think>","tokenizer_class":"LlamaTokenizerFast"})"),
              ElementsAre(test::kThink));
  EXPECT_THAT(
      encode(
          R"({"eos_token":"<|end|>","add_bos_token":false,"add_eos_token":true,"tokenizer_class":"LlamaTokenizer"})"),
      ElementsAre(test::kEnd));
  EXPECT_THAT(refusal(text, R"({"tokenizer_class":"LlamaTokenizer"})"), HasSubstr("add_bos_token is set"));
  EXPECT_THAT(refusal(text, "{"), StartsWith("t.json (tokenizer_config.json): line 1"));
}

}  // namespace
}  // namespace retort
