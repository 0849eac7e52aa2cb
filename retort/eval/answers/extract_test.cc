#include "retort/eval/answers/extract.h"

#include <gtest/gtest.h>

#include <string>

namespace retort::eval {
namespace {

struct Case {
  const char* text;
  const char* answer;
  ExtractionKind kind;
};

constexpr auto kBoxed = ExtractionKind::boxed;
constexpr auto kStated = ExtractionKind::stated;
constexpr auto kNumber = ExtractionKind::last_number;

constexpr Case kCases[] = {
    {"so \\boxed{5}.", "5", kBoxed},
    {"\\boxed{1} no, \\boxed{2}", "2", kBoxed},
    {"<think>\\boxed{1}</think>It is \\boxed{2}", "2", kBoxed},
    {"<think>a</think>b</think>\\boxed{3}", "3", kBoxed},
    {"\\boxed{\\frac{1}{2}} is it", "\\frac{1}{2}", kBoxed},
    {"\\boxed{\\{1,2\\}}", "\\{1,2\\}", kBoxed},
    {"\\boxed{\\boxed{7}}", "\\boxed{7}", kBoxed},
    {"\\boxed{4} and then \\boxed{5", "4", kBoxed},
    {"\\boxed{4} as in \\boxed{}", "4", kBoxed},
    {"{ \\boxed{6}", "6", kBoxed},
    {"} \\boxed{6} }", "6", kBoxed},
    {"\\fbox{8}", "8", kBoxed},
    {"\\boxed 5", "5", kBoxed},
    {"$\\boxed 5$.", "5", kBoxed},
    {"\\boxed {9}", "9", kBoxed},
    {"\\boxedx{1} and 3", "3", kNumber},
    {"The answer is 42.", "42", kStated},
    {"The answer is 4.2. Good", "4.2", kStated},
    {"The answer is 1, no: the final answer is 2", "2", kStated},
    {"the answer is $\\frac{1}{2}$, since 3 = 3", "\\frac{1}{2}", kStated},
    {"The answer is: \\(x=3\\).", "x=3", kStated},
    {"**Answer:** 17", "17", kStated},
    {"Answer:\n\n12 apples\nBye 5", "12 apples", kStated},
    {"ANSWER: C", "C", kStated},
    {"2*9=18\n#### 18", "18", kStated},
    {"#### -1,234", "-1,234", kStated},
    {"I get 3 and then 7.", "7", kNumber},
    {"It costs $1,234.50 now", "1,234.50", kNumber},
    {"x is -3", "-3", kNumber},
    {"5-3", "3", kNumber},
    {"about 3/4 of it", "3/4", kNumber},
    {"a share of 12%", "12%", kNumber},
};

TEST(ExtractAnswer, FindsWhatWasMeant) {
  for (const Case& c : kCases) {
    const auto found = extract_answer(c.text);
    ASSERT_TRUE(found) << c.text;
    EXPECT_EQ(found->text, c.answer) << c.text;
    EXPECT_EQ(found->kind, c.kind) << c.text;
    EXPECT_EQ(found->weak(), c.kind == kNumber) << c.text;
  }
}

TEST(ExtractAnswer, SaysWhenThereIsNone) {
  for (const char* text :
       {"", "I do not know.", "<think>5</think>", "<think>\\boxed{5}</think> so be it", "\\boxed{}"}) {
    const auto found = extract_answer(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code(), ErrorCode::not_found);
  }
}

TEST(ExtractAnswer, MegabytesOfOpenBracesTakeOnePass) {
  for (std::string piece :
       {"\\boxed{", "\\boxed", "{", "}", "\\", "answer is", "####", "1,", "</think>", "\\boxed 1"}) {
    std::string text;
    while (text.size() < 2'000'000) text += piece;
    (void)extract_answer(text);
    (void)extract_answer(text + "\\boxed{5}");
  }
}

}  // namespace
}  // namespace retort::eval
