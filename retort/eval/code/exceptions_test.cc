#include "retort/eval/code/exceptions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/eval/code/python_facts.h"
#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/sandbox_for_tests.h"

namespace retort::eval {
namespace {

using ::testing::HasSubstr;

/// total(numbers, weigh): the sum of weigh(x), or of x without it.
CodeTask total_task() {
  CodeTask task{.id = "total", .entry = "total"};
  task.parameters = {{"numbers", "list[int]", "1 to 10^5 integers, none negative"}, {"weigh", "None", ""}};
  task.return_type = "int";
  task.faults = {{Json::parse("[[]]"), "ValueError", "empty"},
                 {Json::parse("[[1, 2, -1]]"), "ValueError", "halfway"},
                 {Json::parse("[null]"), "TypeError", "none"},
                 {Json::parse("[[1, \"a\"]]"), "TypeError", "type"},
                 {Json::parse(R"([[1, 2], {"$raises": "SensorFault"}])"), "SensorFault", "callback"}};
  return task;
}

const std::vector<ValidCase>& valid_cases() {
  static const std::vector<ValidCase> kCases = {
      {Json::parse("[[1]]"), 1}, {Json::parse("[[1, 2, 3]]"), 6}, {Json::parse("[[0, 0, 7]]"), 7}};
  return kCases;
}

bool same_value(const ValidCase& valid, const CallResult& result) {
  return result.outcome == CallOutcome::value && result.value == valid.expected;
}

constexpr const char* kGood =
    "def total(numbers, weigh=None):\n"
    "  if not isinstance(numbers, list) or not all(type(x) is int for x in numbers): raise "
    "TypeError('ints')\n"
    "  if not numbers: raise ValueError('empty')\n"
    "  if min(numbers) < 0: raise ValueError('negative')\n"
    "  return sum(weigh(x) if weigh else x for x in numbers)\n";
/// Right, and lets whatever Python raises come.
constexpr const char* kCareless =
    "def total(numbers, weigh=None):\n"
    "  return sum(weigh(x) if weigh else x for x in numbers)\n";

/// The good one with everything caught and `handler` done instead.
std::string swallowing(const std::string& handler) {
  return std::string(kGood) +
         "inner = total\n"
         "def total(numbers, weigh=None):\n"
         "  try:\n    return inner(numbers, weigh)\n"
         "  except BaseException:\n    " +
         handler + "\n";
}

class ExceptionsTest : public SandboxFixture {
 protected:
  ExceptionScore score(const std::string& source, const CodeTask& task = total_task()) {
    SandboxSession session(sandbox(), {.source = source, .report_args = true});
    return score_exceptions(session, task, valid_cases(), same_value);
  }
};

TEST_F(ExceptionsTest, AProgramThatRaisesWhatWasAskedForHasAll) {
  const ExceptionScore got = score(kGood);
  EXPECT_EQ(got.score, 1.0);
  EXPECT_EQ(got.first_miss, "");
  EXPECT_EQ(got.faults.all, 4);
  EXPECT_EQ(got.callbacks.met, 1);
  EXPECT_TRUE(got.returned_something);
  ASSERT_EQ(got.observed.size(), 3u);
  EXPECT_EQ(got.observed[2].name, "SensorFault");
  EXPECT_TRUE(got.observed[2].from_argument);
}

TEST_F(ExceptionsTest, PlantedProgramsStandInTheirOrder) {
  const double good = *score(kGood).score;
  const double careless = *score(kCareless).score;
  const double none = *score(swallowing("return None")).score;
  const double zero = *score(swallowing("return 0")).score;
  const double text = *score(swallowing("return 'error: bad input'")).score;
  const double exit = *score(swallowing("import sys; sys.exit(1)")).score;
  const double always = *score("def total(*args): raise ValueError('no')").score;
  const double constant = *score("def total(*args): return 6").score;
  EXPECT_GT(good, careless);
  EXPECT_GT(careless, 0.5);  // None and a text among numbers raise TypeError by themselves
  for (double bad : {none, zero, text, exit, always, constant}) EXPECT_EQ(bad, 0);
}

TEST_F(ExceptionsTest, SwallowingWhatACallbackRaisesCostsS) {
  const ExceptionScore got = score(std::string(kGood) +
                                   "inner = total\n"
                                   "def total(numbers, weigh=None):\n"
                                   "  try:\n    return inner(numbers, weigh)\n"
                                   "  except (ValueError, TypeError): raise\n"
                                   "  except Exception: return 0\n");
  EXPECT_EQ(got.r(), 1);
  EXPECT_DOUBLE_EQ(got.s(), 4.0 / 5);
  EXPECT_THAT(got.first_miss, HasSubstr("SensorFault was asked for"));
}

TEST_F(ExceptionsTest, ValidInputsWeighAsMuchAsTheFaultsTogether) {
  const ExceptionScore got = score(std::string(kGood) +
                                   "inner = total\n"
                                   "def total(numbers, weigh=None):\n"
                                   "  if numbers == [1]: raise ValueError('too careful')\n"
                                   "  return inner(numbers, weigh)\n");
  EXPECT_EQ(got.r(), 1);
  EXPECT_DOUBLE_EQ(got.s(), (4 * (2.0 / 3) + 1) / 5);
}

TEST_F(ExceptionsTest, AFaultThatChangesItsArgumentsIsNotMet) {
  const std::string changing = std::string(kGood) +
                               "inner = total\n"
                               "def total(numbers, weigh=None):\n"
                               "  try: return inner(numbers, weigh)\n"
                               "  except ValueError:\n    numbers.append(0)\n    raise\n";
  const ExceptionScore got = score(changing);
  EXPECT_EQ(got.faults.met, 2);
  EXPECT_EQ(got.by_category.at("empty").met, 0);
  EXPECT_THAT(got.first_miss, HasSubstr("changed its arguments"));
  CodeTask mutating = total_task();
  mutating.mutates = true;
  EXPECT_EQ(score(changing, mutating).score, 1.0);
}

TEST_F(ExceptionsTest, AFaultAfterWhichValidInputFailsIsNotMet) {
  const ExceptionScore got = score(std::string(kGood) +
                                   "inner, broken = total, False\n"
                                   "def total(numbers, weigh=None):\n"
                                   "  global broken\n"
                                   "  if broken: return 0\n"
                                   "  try: return inner(numbers, weigh)\n"
                                   "  except ValueError:\n    broken = True\n    raise\n");
  EXPECT_EQ(got.s() < 1, true);  // the callback is never called again
  EXPECT_EQ(got.faults.met, 0);
  EXPECT_THAT(got.first_miss, HasSubstr("next valid call returned 0"));
}

TEST_F(ExceptionsTest, ASubclassIsTheExceptionAskedForAndABaseIsNot) {
  CodeTask task = total_task();
  task.faults.resize(1);
  const std::string head = "class Empty(ValueError): pass\ndef total(numbers):\n  if not numbers: raise ";
  EXPECT_EQ(score(head + "Empty()\n  return sum(numbers)", task).score, 1.0);
  EXPECT_EQ(score(head + "Exception()\n  return sum(numbers)", task).score, 0.0);
}

TEST_F(ExceptionsTest, JavaScriptIsScoredTheSameWay) {
  if (!has_program("node")) GTEST_SKIP() << "node is not here";
  CodeTask task = total_task();
  task.language = Language::javascript;
  task.faults = {{Json::parse("[[]]"), "RangeError", "empty"},
                 {Json::parse("[null]"), "TypeError", "none"},
                 {Json::parse(R"([[1, 2], {"$raises": "SensorFault"}])"), "SensorFault", "callback"}};
  const auto score_js = [&](const std::string& source) {
    SandboxSession session(sandbox(), {.language = Language::javascript,
                                       .source = source,
                                       .limits = {.cpu_seconds = 20, .wall_seconds = 120},
                                       .report_args = true});
    return score_exceptions(session, task, valid_cases(), same_value);
  };
  const std::string good =
      "function total(xs, weigh = (x) => x) {\n"
      "  if (!Array.isArray(xs)) throw new TypeError('list');\n"
      "  if (xs.length === 0) throw new RangeError('empty');\n"
      "  return xs.reduce((sum, x) => sum + weigh(x), 0);\n}\n";
  EXPECT_EQ(score_js(good).score, 1.0) << score_js(good).first_miss;
  const ExceptionScore silent = score_js("function total() {}");
  EXPECT_EQ(silent.score, 0.0);
  EXPECT_FALSE(silent.returned_something);
}

TEST_F(ExceptionsTest, AClassWithAHostileNameIsShownInOneLineOfUtf8) {
  const ExceptionScore got =
      score("E = type('\\n' + '\u00e4' * 300, (Exception,), {})\ndef total(*args): raise E()\n");
  EXPECT_EQ(got.first_miss.find('\n'), std::string::npos);
  EXPECT_LT(got.first_miss.size(), 250u);
  EXPECT_NO_THROW(Json(got.first_miss).dump());
}

TEST_F(ExceptionsTest, ATaskWithoutFaultsHasNoScore) {
  CodeTask task = total_task();
  task.faults.clear();
  EXPECT_EQ(score(kGood, task).score, std::nullopt);
}

TEST_F(ExceptionsTest, HandlersAreCountedWithoutRunningThem) {
  SandboxSession reader = python_reader(sandbox());
  const auto facts = read_python(reader,
                                 "def f(a, *rest, b=1, **more):\n"
                                 "  'Doc.'\n"
                                 "  try: g()\n  except: pass\n"
                                 "  try: g()\n  except Exception: return 0\n"
                                 "  try: g()\n  except (KeyError, ValueError): raise\n"
                                 "import os; os._exit(1)\n",
                                 "f");
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->handlers.handlers, 3);
  EXPECT_EQ(facts->handlers.bare, 1);
  EXPECT_EQ(facts->handlers.broad, 1);
  EXPECT_EQ(facts->handlers.empty, 1);
  EXPECT_EQ(facts->docstring, "Doc.");
  EXPECT_THAT(facts->parameters, ::testing::ElementsAre("a", "rest", "b", "more"));
  EXPECT_FALSE(read_python(reader, "def f(:", "f"));
}

}  // namespace
}  // namespace retort::eval
