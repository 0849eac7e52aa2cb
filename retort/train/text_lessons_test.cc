#include "retort/train/text_lessons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "retort/base/error.h"
#include "retort/formats/temporary_folder.h"
#include "retort/train/test_student.h"

namespace retort::train {
namespace {

using testing::HasSubstr;

class TextLessonsTest : public TemporaryFolder {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& content) {
    std::ofstream(dir / name, std::ios::binary) << content;
    return dir / name;
  }
  TextLessons read(std::vector<std::filesystem::path> files, double held_out = 0, int64_t max_length = 1000,
                   int threads = 1) {
    ThreadPool pool(threads);
    return read_text_lessons(pool,
                             {.files = std::move(files),
                              .held_out = held_out,
                              .max_length = max_length,
                              .vocab_size = tokenizer.vocabulary_size()},
                             tokenizer, chat);
  }
  std::string error_of(const std::string& name, const std::string& content, int64_t max_length = 1000) {
    try {
      read({write(name, content)}, 0, max_length);
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }
  std::string decoded(const Dataset::View& view) { return tokenizer.decode(view.tokens); }

  Tokenizer tokenizer = test_tokenizer();
  ChatTemplate chat_template = test_template();
  ChatText chat{tokenizer, chat_template, {*tokenizer.eos_id()}};
};

std::string chat_line(int i) {
  return R"({"messages": [{"role": "user", "content": ")" + std::to_string(i) +
         R"("}, {"role": "assistant", "content": "yes"}]})" + "\n";
}

TEST_F(TextLessonsTest, ADocumentEndsWithEndOfText) {
  TextLessons lessons = read({write("a.txt", "Hello, world."), write("b.jsonl", "{\"text\": \"Bye.\"}\n")});
  EXPECT_EQ(lessons.documents, 2);
  ASSERT_EQ(lessons.dataset.size(), 2);
  EXPECT_EQ(decoded(lessons.dataset[0]), "Hello, world.<｜end▁of▁sentence｜>");
  EXPECT_EQ(decoded(lessons.dataset[1]), "Bye.<｜end▁of▁sentence｜>");
}

TEST_F(TextLessonsTest, EachTokenOfALongDocumentIsPredictedOnce) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "line " + std::to_string(i) + "\n";
  const std::vector<int32_t> whole = tokenizer.encode(text);
  TextLessons lessons = read({write("a.txt", text)}, 0, 32);
  std::vector<int32_t> predicted;
  for (int64_t i = 0; i < lessons.dataset.size(); ++i) {
    auto tokens = lessons.dataset[i].tokens;
    EXPECT_LE(tokens.size(), 32u);
    predicted.insert(predicted.end(), tokens.begin() + 1, tokens.end());
  }
  ASSERT_EQ(predicted.size(), whole.size());
  EXPECT_TRUE(std::equal(predicted.begin(), predicted.end() - 1, whole.begin() + 1));
  EXPECT_EQ(predicted.back(), *tokenizer.eos_id());
}

TEST_F(TextLessonsTest, ADocumentOfSeveralPartsHasTheTokensOfTheWhole) {
  std::string text;
  while (text.size() < (size_t{5} << 20)) text += "Some words, and 12 numbers.\n\n  indented\n";
  const std::vector<int32_t> whole = tokenizer.encode(text);
  TextLessons lessons = read({write("a.txt", text)}, 0, 1 << 20, 2);
  EXPECT_EQ(lessons.documents, 1);
  EXPECT_EQ(lessons.dataset.tokens(), std::ssize(whole) + lessons.dataset.size());
  EXPECT_TRUE(std::equal(lessons.dataset[0].tokens.begin(), lessons.dataset[0].tokens.end(), whole.begin()));
}

TEST_F(TextLessonsTest, TheSameTextIsOnTheSameSideAndTheShareIsAboutRight) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += chat_line(i) + chat_line(i);
  TextLessons lessons = read({write("a.jsonl", lines)}, 0.2);
  EXPECT_EQ(lessons.chats, 2000);
  EXPECT_EQ(lessons.dataset.size() + lessons.held_out.size(), 2000);
  EXPECT_NEAR(static_cast<double>(lessons.held_out.size()), 400, 80);
  std::set<std::string> learnt;
  for (int64_t i = 0; i < lessons.dataset.size(); ++i) learnt.insert(decoded(lessons.dataset[i]));
  for (int64_t i = 0; i < lessons.held_out.size(); ++i)
    EXPECT_FALSE(learnt.contains(decoded(lessons.held_out[i])));
}

TEST_F(TextLessonsTest, TheNumberOfThreadsChangesNothing) {
  std::string lines;
  for (int i = 0; i < 700; ++i) lines += chat_line(i);
  auto file = write("a.jsonl", lines);
  TextLessons one = read({file}, 0.1), three = read({file}, 0.1, 1000, 3);
  EXPECT_EQ(one.dataset.checksum(), three.dataset.checksum());
  EXPECT_EQ(one.held_out.checksum(), three.held_out.checksum());
}

TEST_F(TextLessonsTest, TurnsThatAreTooLongAreCounted) {
  const std::string lines = chat_line(1) +
                            R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant",)"
                            R"( "content": ")" +
                            std::string(300, 'x') + "\"}]}\n";
  EXPECT_EQ(read({write("a.jsonl", lines)}, 0, 40).left_out, 1);
  EXPECT_THAT(error_of("b.jsonl", lines, 4), HasSubstr("all 2 turns of the chats are longer than 4 tokens"));
}

TEST_F(TextLessonsTest, WhatIsWrongIsNamedWithFileAndLine) {
  EXPECT_THAT(error_of("a.txt", ""), HasSubstr("a.txt: is empty"));
  EXPECT_THAT(error_of("a.txt", "fine\nbro\xffken\n"), HasSubstr("a.txt:2: byte 8 is not UTF-8"));
  EXPECT_THAT(error_of("a.jsonl", chat_line(1) + "\n{\"text\": \n"), HasSubstr("a.jsonl:3: "));
  EXPECT_THAT(error_of("a.jsonl", chat_line(1) + "{\"prompt\": \"x\"}\n"),
              HasSubstr("a.jsonl:2: has neither text nor messages"));
  EXPECT_THAT(error_of("a.jsonl", "{\"text\": \"\"}\n"), HasSubstr("a.jsonl:1: text: is empty"));
  EXPECT_THAT(error_of("a.jsonl", "{\"text\": 7}\n"), HasSubstr("a.jsonl:1: text: is number"));
  EXPECT_THAT(error_of("a.jsonl", chat_line(1) + R"({"messages": [{"role": "robot", "content": "x"}]})"),
              HasSubstr("a.jsonl:2: messages[0].role: 'robot'"));
  EXPECT_THROW(read({dir / "nowhere.txt"}), Error);
}

TEST_F(TextLessonsTest, TextThatLooksLikeASpecialTokenIsText) {
  TextLessons lessons = read({write("a.txt", "a<｜end▁of▁sentence｜>b")});
  auto tokens = lessons.dataset[0].tokens;
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), *tokenizer.eos_id()), 1);
}

TEST_F(TextLessonsTest, AByteOrderMarkIsNoText) {
  EXPECT_EQ(decoded(read({write("a.txt", "\xef\xbb\xbfHi")}).dataset[0]), "Hi<｜end▁of▁sentence｜>");
}

}  // namespace
}  // namespace retort::train
