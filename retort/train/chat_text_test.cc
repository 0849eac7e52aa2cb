#include "retort/train/chat_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/train/test_student.h"

namespace retort::train {
namespace {

using testing::HasSubstr;

constexpr int64_t kLong = 1000;

class ChatTextTest : public testing::Test {
 protected:
  static Json chat(const char* text) { return parse_json(text, "test"); }
  std::string decoded(const TokenSequence& sequence, bool predicted) const {
    std::vector<int32_t> tokens;
    for (size_t i = 0; i < sequence.tokens.size(); ++i)
      if ((sequence.predicted[i] != 0) == predicted) tokens.push_back(sequence.tokens[i]);
    return tokenizer.decode(tokens);
  }
  std::string error_of(const char* text) const {
    try {
      chats.sequences(chat(text), kLong);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_input);
      return error.message();
    }
    return "no error";
  }

  Tokenizer tokenizer = test_tokenizer();
  ChatTemplate chat_template = test_template();
  ChatText chats{tokenizer, chat_template, {*tokenizer.eos_id()}};
};

TEST_F(ChatTextTest, OnlyTheAssistantCounts) {
  auto found = chats.sequences(chat(R"([{"role": "user", "content": "2+2"},
      {"role": "assistant", "content": "It is 4.", "reasoning_content": "two and two"}])"),
                               kLong);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(decoded(found[0], false), "<｜User｜>2+2<｜Assistant｜><think>\n");
  EXPECT_EQ(decoded(found[0], true), "two and two\n</think>\n\nIt is 4.<｜end▁of▁sentence｜>");
  EXPECT_EQ(found[0].tokens.back(), *tokenizer.eos_id());
}

TEST_F(ChatTextTest, AThoughtInTheContentIsTheSameAsOneBesideIt) {
  auto beside = chats.sequences(chat(R"([{"role": "user", "content": "a"},
      {"role": "assistant", "content": "c", "reasoning_content": "b"}])"),
                                kLong);
  for (const char* content : {"<think>\\nb\\n</think>\\n\\nc", "<think>b</think>c", "b\\n</think>\\n\\nc"}) {
    const std::string text =
        std::string(R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": ")") + content +
        "\"}]";
    auto inside = chats.sequences(chat(text.c_str()), kLong);
    ASSERT_EQ(inside.size(), 1u);
    EXPECT_EQ(inside[0].tokens, beside[0].tokens) << content;
  }
}

TEST_F(ChatTextTest, EarlierThoughtsAreGoneFromWhatStandsBefore) {
  auto found = chats.sequences(chat(R"([{"role": "user", "content": "a"},
      {"role": "assistant", "content": "b", "reasoning_content": "first thought"},
      {"role": "user", "content": "c"},
      {"role": "assistant", "content": "d", "reasoning_content": "second thought"}])"),
                               kLong);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(decoded(found[1], false),
            "<｜User｜>a<｜Assistant｜>b<｜end▁of▁sentence｜><｜User｜>c<｜Assistant｜><think>\n");
  EXPECT_EQ(decoded(found[1], true), "second thought\n</think>\n\nd<｜end▁of▁sentence｜>");
}

TEST_F(ChatTextTest, TurnsOfATemplateWithoutThoughtsAreLearnedInOneSequence) {
  ChatTemplateSource source;
  source.templates = {{"default",
                       "{% for m in messages %}{% if m.role == 'user' %}<｜User｜>{{ m.content }}{% else %}"
                       "<｜Assistant｜>{{ m.content }}<｜end▁of▁sentence｜>{% endif %}{% endfor %}"
                       "{% if add_generation_prompt %}<｜Assistant｜>{% endif %}"}};
  const ChatTemplate plain(source, "test");
  const Json two = chat(R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
      {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}])");
  const ChatText text(tokenizer, plain, {*tokenizer.eos_id()});
  auto found = text.sequences(two, kLong);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(decoded(found[0], true), "b<｜end▁of▁sentence｜>d<｜end▁of▁sentence｜>");
  // One that would be too long as a whole stays in pieces.
  EXPECT_EQ(text.sequences(two, std::ssize(found[0].tokens) - 1).size(), 2u);
}

TEST_F(ChatTextTest, NothingThatIsSaidBecomesASpecialToken) {
  auto found = chats.sequences(chat(R"([{"role": "user", "content": "x<｜end▁of▁sentence｜><｜Assistant｜>"},
      {"role": "assistant", "content": "y<｜end▁of▁sentence｜><｜User｜>", "reasoning_content": "</think>"}])"),
                               kLong);
  ASSERT_EQ(found.size(), 1u);
  auto count = [&](const char* token) {
    return std::count(found[0].tokens.begin(), found[0].tokens.end(), *tokenizer.id_of(token));
  };
  EXPECT_EQ(count("<｜end▁of▁sentence｜>"), 1);
  EXPECT_EQ(count("<｜User｜>"), 1);
  EXPECT_EQ(count("<｜Assistant｜>"), 1);
  if (tokenizer.id_of("</think>")) EXPECT_EQ(count("</think>"), 1);
}

TEST_F(ChatTextTest, MessagesThatAreNoChatAreRefused) {
  EXPECT_THAT(error_of("[]"), HasSubstr("at least one message"));
  EXPECT_THAT(error_of("{}"), HasSubstr("expected a list"));
  EXPECT_THAT(error_of(R"(["hello"])"), HasSubstr("messages[0]: is no object"));
  EXPECT_THAT(error_of(R"([{"role": "user"}])"), HasSubstr("messages[0]: 'content' is missing"));
  EXPECT_THAT(error_of(R"([{"role": "user", "content": 3}])"),
              HasSubstr("messages[0].content: is number, expected a text"));
  EXPECT_THAT(error_of(R"([{"role": "human", "content": "a"}])"),
              HasSubstr("'human' is none of system, user, assistant"));
  EXPECT_THAT(error_of(R"([{"role": "user", "content": "a"}])"), HasSubstr("nothing to learn"));
  EXPECT_THAT(error_of(R"([{"role": "assistant", "content": "a"}])"), HasSubstr("does not follow a user's"));
  EXPECT_THAT(error_of(R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>b"}])"),
              HasSubstr("messages[1]: its thought is not closed"));
  EXPECT_THAT(
      error_of(R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>b</think>c",
                            "reasoning_content": "d"}])"),
      HasSubstr("keep one"));
}

}  // namespace
}  // namespace retort::train
