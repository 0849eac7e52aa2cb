#include "retort/eval/code/documentation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/eval/code/documentation_examples.h"
#include "retort/eval/code/documentation_words.h"
#include "retort/eval/code/documented_steps.h"
#include "retort/eval/code/python_facts.h"
#include "retort/eval/sandbox/sandbox_for_tests.h"
#include "retort/problems/generate.h"

namespace retort::eval {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kGoogle = R"(Find the window of readings with the largest sum.

Slides over the list once, O(n).

Args:
    readings (list[int]): Measured heights in millimetres, 1 to 10^5 of them.
    width: How many neighbours are added up, at least 1 and at most
        the length of the list.

Returns:
    int: The index at which the best window begins.

Raises:
    TypeError: If something else than a list comes.
    ValueError: If `width` does not fit.
)";
constexpr const char* kNumpy = R"(Find the window of readings with the largest sum.

Slides over the list once, O(n).

Parameters
----------
readings : list of int
    Measured heights in millimetres, 1 to 100,000 of them.
width : int
    How many neighbours are added up, at least 1.

Returns
-------
int
    The index at which the best window begins.

Raises
------
TypeError
    If something else than a list comes.
ValueError
    If `width` does not fit.
)";
constexpr const char* kSphinx = R"(Find the window of readings with the largest sum.

Slides over the list once, O(n).

:param readings: Measured heights in millimetres, 1 to 10**5 of them.
:type readings: list[int]
:param int width: How many neighbours are added up,
    at least 1.
:returns: The index at which the best window begins.
:rtype: int
:raises TypeError: If something else than a list comes.
:raises ValueError: If `width` does not fit.
)";

DocumentationExpectations window() {
  DocumentationExpectations wanted{.entry = "best_window"};
  wanted.parameters = {{"readings", "list[int]", "1 to 10^5 integers"},
                       {"width", "int", "1 to len(readings)"}};
  wanted.returns = true;
  wanted.returned_type = "int";
  wanted.exceptions = {{"TypeError", {"Exception"}, false},
                       {"ValueError", {"Exception"}, false},
                       {"SensorFault", {"Exception"}, true}};
  return wanted;
}

DocumentationScore score(const std::string& docstring) {
  return score_documentation(read_docstring(docstring), window());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

TEST(Documentation, EveryStyleOfDocstringIsRead) {
  for (const char* text : {kGoogle, kNumpy, kSphinx}) {
    const DocumentationClaims claims = read_docstring(text);
    EXPECT_EQ(claims.summary, "Find the window of readings with the largest sum.") << text;
    EXPECT_EQ(claims.complexity, "O(n)");
    ASSERT_EQ(claims.parameters.size(), 2u) << text;
    EXPECT_EQ(claims.parameters[0].name, "readings");
    EXPECT_THAT(claims.parameters[0].type, HasSubstr("list"));
    EXPECT_THAT(claims.parameters[1].text, HasSubstr("at least 1")) << text;
    ASSERT_TRUE(claims.returns) << text;
    EXPECT_EQ(claims.returns->type, "int") << text;
    EXPECT_EQ(claims.returns->text, "The index at which the best window begins.") << text;
    ASSERT_EQ(claims.exceptions.size(), 2u) << text;
    EXPECT_EQ(claims.exceptions[1].name, "ValueError");
    const DocumentationScore got = score(text);
    EXPECT_EQ(got.score, 1) << got.first_miss;
  }
}

TEST(Documentation, PlantedDocstringsStandInTheirOrder) {
  const std::string full = kGoogle;
  const double phantom =
      score(replaced(full, "    width:", "    depth: How far down it goes.\n    width:")).score;
  const double missing = score(replaced(full, "    ValueError: If `width` does not fit.\n", "")).score;
  const double summary = score("Find the window of readings with the largest sum.").score;
  const double boilerplate =
      score(
          "Best window.\n\nArgs:\n    readings: The readings.\n    width: The width.\n\n"
          "Returns:\n    The result.\n")
          .score;
  EXPECT_LT(phantom, 1);
  EXPECT_LT(missing, 1);
  EXPECT_GT(missing, summary);
  EXPECT_GT(phantom, summary);
  EXPECT_GT(summary, boilerplate);
  EXPECT_EQ(boilerplate, 0);
  EXPECT_EQ(score("").score, 0);
}

TEST(Documentation, AnExceptionNeverSeenIsAFalseClaim) {
  const DocumentationScore got =
      score(replaced(kGoogle, "    ValueError:", "    KeyError: If a key is missing.\n    ValueError:"));
  EXPECT_EQ(got.recall, 1);
  EXPECT_DOUBLE_EQ(got.precision, 8.0 / 9);
  EXPECT_EQ(got.first_miss, "raises KeyError: was never seen to be raised");
}

TEST(Documentation, ACallbacksExceptionMayBeToldAndNeedNot) {
  const DocumentationScore got =
      score(replaced(kGoogle, "    ValueError:", "    SensorFault: As it comes.\n    ValueError:"));
  EXPECT_EQ(got.score, 1) << got.first_miss;
}

TEST(Documentation, ABaseClassNamesAnExceptionAndTheTopOfAllDoesNot) {
  DocumentationExpectations wanted{.entry = "f", .summary = false};
  wanted.exceptions = {{"KeyError", {"LookupError", "Exception", "BaseException"}, false}};
  EXPECT_EQ(score_documentation(read_docstring("Raises:\n  LookupError: no key"), wanted).score, 1);
  EXPECT_EQ(score_documentation(read_docstring("Raises:\n  Exception: no key"), wanted).score, 0);
}

TEST(Documentation, AReturnTypeThatContradictsWhatCameIsFalse) {
  const DocumentationScore got = score(replaced(kGoogle, "int: The index", "str: The index"));
  EXPECT_LT(got.precision, 1);
  EXPECT_EQ(got.first_miss, "return value: 'str' is claimed, int came");
}

TEST(Documentation, AReturnValueWhereNothingIsReturnedIsFalse) {
  DocumentationExpectations wanted = window();
  wanted.returns = false;
  EXPECT_LT(score_documentation(read_docstring(kGoogle), wanted).precision, 1);
  const std::string none = replaced(kGoogle, "int: The index at which the best window begins.", "None");
  EXPECT_EQ(score_documentation(read_docstring(none), wanted).score, 1);
}

TEST(Documentation, TheSameTextForTwoParametersCountsForNeither) {
  std::string text =
      replaced(kGoogle, "Measured heights in millimetres, 1 to 10^5 of them.", "Any number, 1.");
  text = replaced(text,
                  "How many neighbours are added up, at least 1 and at most\n        the length of the list.",
                  "Any number, 1.");
  const DocumentationScore got = score(text);
  EXPECT_DOUBLE_EQ(got.recall, 6.0 / 8);
  EXPECT_EQ(got.first_miss, "parameter readings: says the same as another's");
}

TEST(Documentation, LimitsMustBeNamed) {
  const DocumentationScore got = score(replaced(kGoogle, ", 1 to 10^5 of them", ""));
  EXPECT_DOUBLE_EQ(got.recall, 7.0 / 8);
  EXPECT_EQ(got.first_miss, "limits of readings: not said");
}

TEST(Documentation, NumbersAreReadAsPeopleWriteThem) {
  for (const char* text : {"10^5", "10**5", "1e5", "100,000", "100_000", "100000"})
    EXPECT_THAT(numbers_of(text), ElementsAre("100000")) << text;
  EXPECT_THAT(numbers_of("x1 and 2^31, 0 to 7."), ElementsAre("0", "2^31", "7"));
  EXPECT_THAT(numbers_of("10^99999999999"), ElementsAre("10^99999999999"));
}

TEST(Documentation, StatedComplexityIsFound) {
  EXPECT_EQ(stated_complexity("Runs in O(n log(n)) time."), "O(n log(n))");
  EXPECT_EQ(stated_complexity("FOO(1) and O("), "");
}

TEST(Documentation, WhatIsShownOfHostileTextIsOneLineOfUtf8) {
  std::string umlauts = "x";
  for (int i = 0; i < 300; ++i) umlauts += "\u00e4";
  DocumentationExpectations wanted{.entry = "f", .returned_type = "int"};
  wanted.returns = true;
  const DocumentationClaims claims = read_tags("Text.\n@throws " + umlauts + "\n@returns {str} " + umlauts);
  const DocumentationScore got =
      score_documentation(claims, wanted, {{"f(\n" + umlauts, CheckedExample::Verdict::wrong}});
  const std::string shown = to_json(got).dump();  // throws for what is no UTF-8
  EXPECT_THAT(shown, HasSubstr("..."));
  EXPECT_EQ(shown.find("\\n"), shown.npos);
  EXPECT_LT(shown.size(), 1500u);
}

TEST(Documentation, HostileTextsClaimNothingAndEndSoon) {
  std::string deep(200'000, '(');
  for (const std::string& text : {deep, "Args:\n" + deep, ":param " + deep,
                                  std::string("Args:\n  :\n  (: (\n  ,,,: x\n  \xff\xfe: \xff"),
                                  std::string(">>>"), std::string("Returns:"), std::string("Returns\n---"),
                                  std::string(":"), std::string("Raises:\n:raises"), std::string("\n\n\n")}) {
    const DocumentationClaims claims = read_docstring(text);
    EXPECT_LE(claims.parameters.size(), 1u);
    EXPECT_THAT(read_tags(text).exceptions, IsEmpty());
  }
  std::string many = "Args:\n";
  for (int i = 0; i < 2000; ++i) many += "    x" + std::to_string(i) + ": text\n";
  EXPECT_EQ(read_docstring(many).parameters.size(), kMaxDocumentedItems);
}

class DocumentationRunTest : public SandboxFixture {
 protected:
  DocumentationScore score_source(const std::string& source, const DocumentationExpectations& wanted) {
    SandboxSession reader = python_reader(sandbox());
    const auto facts = read_python(reader, source, wanted.entry);
    EXPECT_TRUE(facts) << facts.error().message();
    const DocumentationClaims claims = read_docstring(facts->docstring);
    return score_documentation(claims, wanted,
                               check_examples(sandbox(), reader, source, wanted.entry, claims.examples));
  }
  std::vector<CheckedExample::Verdict> verdicts(const std::string& examples) {
    const std::string source =
        "def twice(x):\n  if x is None: raise ValueError('x')\n  return x * 2\n"
        "def show(x): print(x)\n";
    SandboxSession reader = python_reader(sandbox());
    std::vector<CheckedExample::Verdict> out;
    for (const CheckedExample& one :
         check_examples(sandbox(), reader, source, "twice", read_docstring(examples).examples))
      out.push_back(one.verdict);
    return out;
  }
};

TEST_F(DocumentationRunTest, ExamplesAreRun) {
  using V = CheckedExample::Verdict;
  EXPECT_THAT(verdicts(">>> twice(2)\n4\n>>> twice(2)\n5\n\n>>> True\nTrue\n>>> xs = [1,\n...   2]\n"
                       ">>> twice(xs)\n[1, 2, 1, 2]\n>>> twice(0.1)\n0.2\n>>> print(twice('ab'))\nabab\n"
                       ">>> twice(None)\nTraceback (most recent call last):\n    ...\nValueError: x\n"
                       ">>> twice({1}.__class__)\n3\n>>> while True: twice(1)\n1\n"),
              ElementsAre(V::right, V::wrong, V::says_nothing, V::says_nothing, V::right, V::right, V::right,
                          V::right, V::wrong, V::wrong));
}

TEST_F(DocumentationRunTest, AWrongExampleIsAFalseClaim) {
  DocumentationExpectations wanted{.entry = "half"};
  wanted.returns = true;
  const std::string head =
      "def half(x):\n  \"\"\"Divide by two, rounding down.\n\n  Returns:\n    The lower half.\n\n  ";
  const std::string tail = "\n  \"\"\"\n  return x // 2\n";
  EXPECT_EQ(score_source(head + ">>> half(7)\n  3" + tail, wanted).score, 1);
  const DocumentationScore wrong = score_source(head + ">>> half(7)\n  3.5" + tail, wanted);
  EXPECT_DOUBLE_EQ(wrong.precision, 2.0 / 3);
  EXPECT_EQ(wrong.first_miss, "example half(7): gives something else");
  // What says nothing is neither a claim nor a gain.
  EXPECT_EQ(score_source(head + ">>> True\n  True" + tail, wanted).claims.size(), 2u);
}

TEST_F(DocumentationRunTest, GeneratedFunctionsNameTheirSteps) {
  int steps = 0;
  for (int level = 1; level <= 6; ++level)
    for (const problems::Problem& p : problems::generate_distinct(
             {.family = problems::Family::functions, .level = level, .split = problems::Split::test}, 4)) {
      const DocumentationExpectations wanted = expectations_of(p);
      ASSERT_THAT(wanted.steps, ::testing::Not(IsEmpty()));
      const std::string gold = p.turns[0].answer;
      const DocumentationScore got = score_source(gold, wanted);
      EXPECT_EQ(got.score, 1) << gold << got.first_miss;
      EXPECT_EQ(score_source(replaced(gold, "\"\"\"", "\"\"\"Does it. \"\"\"\n    \"\"\""), wanted).score, 0);
      steps += static_cast<int>(wanted.steps.size());
    }
  EXPECT_GT(steps, 60);
}

TEST(TagComments, DoxygenAndJsdocAreRead) {
  const std::string cpp =
      "#include <vector>\n// not this\n\n"
      "/**\n * Finds the window with the largest sum.\n *\n * Takes O(n).\n"
      " * @param[in] readings heights in millimetres, 1 to 10^5\n"
      " * @param width how many are added up,\n *   at least 1\n"
      " * @return where it begins\n * @throws std::invalid_argument if it does not fit\n */\n"
      "template <typename T>\nint best_window(const std::vector<T>& readings, int width) { return "
      "best_window_(1); }\n";
  const DocumentationClaims claims = read_tags(comment_of(cpp, "best_window"));
  EXPECT_EQ(claims.summary, "Finds the window with the largest sum.");
  EXPECT_EQ(claims.complexity, "O(n)");
  ASSERT_EQ(claims.parameters.size(), 2u);
  EXPECT_EQ(claims.parameters[1].text, "how many are added up, at least 1");
  ASSERT_EQ(claims.exceptions.size(), 1u);
  EXPECT_EQ(claims.exceptions[0].name, "std::invalid_argument");

  const std::string js =
      "'use strict';\n/** A helper. */\nconst help = (x) => `${x} }`;\n"
      "/// Adds.\n/// @param {number} a - the first\n/// @param {number} [b=0] the second\n"
      "/// @returns {number} their sum\n/// @throws {RangeError} when too large\n"
      "function add(a, b = 0) { if (a > 9) throw new RangeError('}'); return a + b; }\nmodule.exports = { "
      "add };\n";
  const DocumentationClaims add = read_tags(comment_of(js, "add"));
  EXPECT_EQ(add.summary, "Adds.");
  ASSERT_EQ(add.parameters.size(), 2u);
  EXPECT_EQ(add.parameters[1].name, "b");
  EXPECT_EQ(add.returns->type, "number");
  EXPECT_EQ(add.exceptions[0].name, "RangeError");
  EXPECT_EQ(comment_of(js, "help"), "A helper.\n");
  EXPECT_EQ(comment_of(js, "missing"), "");
  EXPECT_EQ(comment_of("/* plain */ int f() {}", "f"), "");
}

TEST(TagComments, AnotherFunctionsCommentIsNotTaken) {
  EXPECT_EQ(comment_of("/** Doc. */\nint g() { return f(1); }\nint f(int x) { return x; }", "f"), "");
}

}  // namespace
}  // namespace retort::eval
