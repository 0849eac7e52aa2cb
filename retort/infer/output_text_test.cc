#include "retort/infer/output_text.h"

#include <gtest/gtest.h>

#include "retort/base/random.h"

namespace retort {
namespace {

struct Split {
  std::string reasoning, content, stop_string;
  bool in_thought;
  bool operator==(const Split&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Split& s) {
  return out << "{\"" << s.reasoning << "\", \"" << s.content << "\", \"" << s.stop_string << "\", "
             << s.in_thought << "}";
}

/// Feeds the pieces as tokens 0, 1, 2, ...
Split split(const std::vector<std::string>& pieces, const Request& request) {
  PieceFn piece = [&](int32_t t) -> std::string_view { return pieces[static_cast<size_t>(t)]; };
  OutputText text(piece, request);
  Split s{};
  for (size_t i = 0; i < pieces.size() && text.stop_string().empty(); ++i)
    text.push(static_cast<int32_t>(i), s.reasoning, s.content);
  s.in_thought = text.in_thought() && text.stop_string().empty();
  text.finish(s.reasoning, s.content);
  s.stop_string = text.stop_string();
  return s;
}

Request request_of(bool starts_in_thought, std::vector<std::string> stop_strings = {},
                   bool stop_in_reasoning = false) {
  Request request;
  request.thinking.starts_in_thought = starts_in_thought;
  request.stop_strings = std::move(stop_strings);
  request.stop_in_reasoning = stop_in_reasoning;
  return request;
}

struct Case {
  const char* output;
  bool starts_in_thought;
  std::vector<std::string> stops;
  bool stop_in_reasoning;
  Split expected;
};
const std::vector<Case> kCases = {
    {"Hello, wörld", false, {}, false, {"", "Hello, wörld", "", false}},
    {"  Hello", false, {}, false, {"", "  Hello", "", false}},
    {" \n", false, {}, false, {"", " \n", "", false}},
    {"", true, {}, false, {"", "", "", true}},
    {"<think>\nHm.\n</think>\n\nYes.", false, {}, false, {"Hm.", "Yes.", "", false}},
    {"\n<think>Hm.</think>Yes.", false, {}, false, {"Hm.", "Yes.", "", false}},
    {"Hm.\n</think>\n\nYes.", true, {}, false, {"Hm.", "Yes.", "", false}},
    {"</think>Yes.", true, {}, false, {"", "Yes.", "", false}},
    {"Hm. I never end", true, {}, false, {"Hm. I never end", "", "", true}},
    {"Hm. </thin", true, {}, false, {"Hm. </thin", "", "", true}},
    {"Use <think> tags", false, {}, false, {"", "Use <think> tags", "", false}},
    {"a</think>b<think>c</think>d", true, {}, false, {"a", "b<think>c</think>d", "", false}},
    {"a</think><think>b", true, {}, false, {"a", "<think>b", "", false}},
    {"a < b </ c </thinker> d", true, {}, false, {"a < b </ c </thinker> d", "", "", true}},
    {"one STOP two", false, {"STOP"}, false, {"", "one ", "STOP", false}},
    {"one STOP two", false, {"P two", "ST", "STOP"}, false, {"", "one ", "ST", false}},
    {"one STOP two", false, {"OP", "E", "STOP"}, false, {"", "one ", "STOP", false}},
    {"one STO", false, {"STOP"}, false, {"", "one STO", "", false}},
    {"aaab", false, {"aab"}, false, {"", "a", "aab", false}},
    {"STOP</think>a STOP b", true, {"STOP"}, false, {"STOP", "a ", "STOP", false}},
    {"a STOP</think>b", true, {"STOP"}, true, {"a ", "", "STOP", false}},
    {"ST</think>OP", true, {"STOP"}, true, {"ST", "OP", "", false}},
    {"\n\nA\n\nB", false, {"\n\n"}, false, {"", "", "\n\n", false}},
    {"x</think>\n\nA\n\nB", true, {"\n\n"}, false, {"x", "A", "\n\n", false}},
    {"日本語。終", false, {"終"}, false, {"", "日本語。", "終", false}},
    {"</thi", false, {}, false, {"", "</thi", "", false}},
    {"<", false, {"<"}, false, {"", "", "<", false}},
};

TEST(OutputText, GivesTheSameTextHoweverTheTokensCutIt) {
  for (const Case& c : kCases) {
    Request request = request_of(c.starts_in_thought, c.stops, c.stop_in_reasoning);
    std::string_view output = c.output;
    EXPECT_EQ(split({c.output}, request), c.expected) << output;
    std::vector<std::string> bytes;
    for (char b : output) bytes.push_back(std::string(1, b));
    EXPECT_EQ(split(bytes, request), c.expected) << output;
    for (uint64_t seed = 0; seed < 50; ++seed) {
      Random random(seed);
      std::vector<std::string> pieces;
      for (size_t at = 0; at < output.size();) {
        size_t n = random.below(7);  // sometimes a token without text
        pieces.emplace_back(output.substr(at, n));
        at += n;
      }
      EXPECT_EQ(split(pieces, request), c.expected) << output << ", seed " << seed;
    }
  }
}

TEST(OutputText, LetsTextGoAsSoonAsItIsCertain) {
  std::vector<std::string> pieces = {"a", " S", "T", "x", "\xc3", "\xa4", "<", "b"};
  std::vector<std::string> after = {"a", "a ", "a ", "a STx", "a STx", "a STxä", "a STxä<", "a STxä<b"};
  PieceFn piece = [&](int32_t t) -> std::string_view { return pieces[static_cast<size_t>(t)]; };
  Request request = request_of(false, {"STOP"});
  OutputText text(piece, request);
  std::string reasoning, content;
  for (size_t i = 0; i < pieces.size(); ++i) {
    text.push(static_cast<int32_t>(i), reasoning, content);
    EXPECT_EQ(content, after[i]);
    EXPECT_EQ(text.mid_character(), i == 4);
  }
}

TEST(OutputText, BrokenBytesBecomeReplacementCharacters) {
  EXPECT_EQ(split({"a\xff", "b\xe2\x82"}, request_of(false)).content, "a\uFFFDb\uFFFD");
}

TEST(OutputText, FinishingTwiceAddsNothing) {
  PieceFn piece = [](int32_t) -> std::string_view { return "<thi"; };
  Request request = request_of(false);
  OutputText text(piece, request);
  std::string reasoning, content;
  text.push(0, reasoning, content);
  text.finish(reasoning, content);
  text.finish(reasoning, content);
  EXPECT_EQ(content, "<thi");
}

TEST(OutputText, WithoutPiecesAThoughtEndsWithItsIds) {
  PieceFn none;
  Request request = request_of(true);
  request.thinking.think_end = {1, 2};
  OutputText text(none, request);
  std::string reasoning, content;
  for (int32_t token : {5, 1, 1}) {
    text.push(token, reasoning, content);
    EXPECT_TRUE(text.in_thought());
  }
  text.push(2, reasoning, content);
  EXPECT_FALSE(text.in_thought());
}

TEST(OutputText, ReportsAThoughtThatRepeatsItself) {
  PieceFn piece = [](int32_t t) -> std::string_view { return t == 0 ? "wait, " : "</think>"; };
  for (bool stop_loops : {false, true}) {
    Request request = request_of(true);
    request.thinking.stop_loops = stop_loops;
    OutputText text(piece, request);
    std::string reasoning, content;
    EXPECT_FALSE(text.looping());
    for (int i = 0; i < 600; ++i) text.push(0, reasoning, content);
    EXPECT_EQ(text.looping(), stop_loops);
  }
}

}  // namespace
}  // namespace retort
