#include "retort/eval/code/code_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "retort/base/file.h"
#include "retort/eval/code/cpp_program.h"
#include "retort/eval/code/efficiency.h"
#include "retort/eval/code/load_tasks.h"
#include "retort/eval/code/score_answer.h"
#include "retort/eval/sandbox/sandbox_for_tests.h"
#include "retort/eval/tasks/code_suite.h"

namespace retort::eval {
namespace {

using ::testing::HasSubstr;

CodeProblem bundled(const std::string& id) {
  for (CodeTask& task : bundled_code_tasks())
    if (task.id == id) {
      CodeProblem problem;
      problem.task = std::move(task);
      problem.cluster = id;
      problem.documented = true;
      return problem;
    }
  ADD_FAILURE() << "no problem " << id;
  return {};
}

std::string planted(const std::string& id, const std::string& kind) {
  return "```python\n" + read_file(RETORT_SOURCE_DIR "/suites/code/planted/" + id + "." + kind + ".py") +
         "```\n";
}

class CodeScores : public SandboxFixture {
 protected:
  AnswerScores score(const CodeProblem& problem, const std::string& answer) {
    const PreparedTask prepared = prepare(sandbox(), problem, 7);
    return Scorer(sandbox(), 7).score(prepared, answer);
  }
  /// Every kind of planted answer. Costs are measured where they are said to differ, which takes its time.
  std::map<std::string, AnswerScores> planted_scores(const CodeProblem& problem) {
    const PreparedTask timed = prepare(sandbox(), problem, 7);
    PreparedTask untimed = timed;
    untimed.task.sizes.clear();
    Scorer scorer(sandbox(), 7);
    std::map<std::string, AnswerScores> out;
    for (const char* kind : {"good", "slow", "wrong", "raising", "cheating"})
      out[kind] = scorer.score(timed, planted(problem.task.id, kind));
    for (const char* kind : {"undocumented", "phantom", "swallowing"})
      out[kind] = scorer.score(untimed, planted(problem.task.id, kind));
    return out;
  }
};

TEST_F(CodeScores, PlantedAnswersStandInTheirOrder) {
  for (const char* id : {"first_pair_with_sum", "longest_distinct_run"}) {
    CodeProblem problem = bundled(id);
    const bool timed = id == std::string_view("first_pair_with_sum");
    if (!timed) problem.task.sizes.clear();
    std::map<std::string, AnswerScores> s = planted_scores(problem);
    const auto at = [&](const char* kind, const char* figure) { return s[kind].figures.at(figure); };
    for (const char* kind : {"good", "slow", "undocumented", "phantom", "swallowing"}) {
      EXPECT_EQ(at(kind, "code.syntax"), 1) << id << ' ' << kind << ": " << s[kind].note;
      EXPECT_EQ(at(kind, "code.solved"), 1) << id << ' ' << kind << ": " << s[kind].note;
    }
    for (const char* kind : {"wrong", "raising", "cheating"}) {
      EXPECT_EQ(at(kind, "code.solved"), 0) << id << ' ' << kind;
      if (timed) EXPECT_EQ(at(kind, "code.efficiency"), 0) << id << ' ' << kind;
      EXPECT_NE(s[kind].note, "") << id << ' ' << kind;
    }
    // Measured on a machine that others use too: the order, with room between.
    if (timed) EXPECT_GT(at("good", "code.efficiency"), at("slow", "code.efficiency") + 0.2) << id;
    EXPECT_EQ(at("good", "code.exceptions"), 1) << id << ": " << s["good"].note;
    EXPECT_LT(at("swallowing", "code.exceptions"), 0.5) << id;
    EXPECT_LT(at("raising", "code.exceptions"), 0.5) << id;
    EXPECT_GT(at("good", "code.documentation"), 0.8) << id << ": " << s["good"].note;
    EXPECT_LT(at("phantom", "code.documentation"), at("good", "code.documentation")) << id;
    EXPECT_LT(at("undocumented", "code.documentation"), 0.2) << id;
  }
}

// Measured like any candidate, the references stand as far apart as the figure says they do, noise aside.
TEST_F(CodeScores, TheBestReferenceIsWorthFarMoreThanTheNaiveOne) {
  const CodeProblem problem = bundled("first_pair_with_sum");
  const auto as_candidate = [&](const std::string& reference) {
    return score(problem, problem.task.references + "\n\nfirst_pair_with_sum = " + reference + "\n");
  };
  const AnswerScores best = as_candidate("best"), naive = as_candidate("naive");
  EXPECT_GT(best.figures.at("code.efficiency"), naive.figures.at("code.efficiency") + 0.4)
      << best.parts.at("code.efficiency.seconds") << " s against "
      << best.parts.at("code.efficiency.best_seconds");
  EXPECT_NE(naive.growth_like, "");
}

TEST_F(CodeScores, AReportSaysTheFirstInputThatWentWrong) {
  const AnswerScores s =
      score(bundled("count_at_least"), "def count_at_least(numbers, threshold):\n    return 3\n");
  EXPECT_EQ(s.verdict, "wrong");
  EXPECT_EQ(s.note, "count_at_least([], 0): expected 0, got 3");
}

TEST_F(CodeScores, ChangedArgumentsAreWrong) {
  const AnswerScores s =
      score(bundled("count_at_least"),
            "def count_at_least(numbers, threshold):\n    n = sum(x >= threshold for x in numbers)\n"
            "    numbers.clear()\n    return n\n");
  EXPECT_EQ(s.figures.at("code.solved"), 0);
  EXPECT_THAT(s.note, HasSubstr("changed its arguments"));
}

TEST_F(CodeScores, SyntaxHasFourStages) {
  const struct {
    const char* answer;
    int stage;
    const char* verdict;
  } rows[] = {{"", 0, "no program"},
              {"def count_at_least(:", 1, "does not parse"},
              {"import numpy_of_nobody\ndef count_at_least(a, b): return 0", 2, "does not load"},
              {"def another(a, b): return 0", 3, "wrong"},
              {"def count_at_least(a): return 0", 3, "wrong"},
              {"def count_at_least(a, b): return 0", 4, "wrong"}};
  const PreparedTask prepared = prepare(sandbox(), bundled("count_at_least"), 7);
  Scorer scorer(sandbox(), 7);
  for (const auto& row : rows) {
    const AnswerScores s = scorer.score(prepared, row.answer);
    EXPECT_EQ(s.parts.at("code.syntax.stage"), row.stage) << row.answer;
    EXPECT_EQ(s.verdict, row.verdict) << row.answer << s.note;
    EXPECT_EQ(s.figures.at("code.syntax"), row.stage == 4 ? 1 : 0) << row.answer;
  }
}

// What a hostile program may do costs it its own score, in time that is bounded.
TEST_F(CodeScores, HostileProgramsScoreNothing) {
  CodeProblem problem = bundled("count_at_least");
  PreparedTask prepared = prepare(sandbox(), problem, 7);
  prepared.cpu_seconds = 0.4;  // enough for them, and the test is short
  Scorer scorer(sandbox(), 7);
  const std::string head = "def count_at_least(numbers, threshold):\n    ";
  for (const char* body :
       {"import time; time.sleep(1000)", "import os\n    while True: os.fork()",
        "print('x' * 10_000_000); return 0", "x = []\n    for _ in range(5000): x = [x]\n    return x",
        "return [[0] * 1000] * 1_000_000", "import os; os._exit(0)"}) {
    const AnswerScores s = scorer.score(prepared, head + body);
    EXPECT_EQ(s.figures.at("code.solved"), 0) << body;
    EXPECT_EQ(s.verdict, "wrong") << body << s.note;
    EXPECT_LT(s.figures.at("code.exceptions"), 0.5) << body;
  }
}

TEST_F(CodeScores, CppAndJavaScriptAreComparedLikePython) {
  const struct {
    const char *id, *mark, *extension, *right, *wrong;
  } rows[] = {{"guess_trace", "cpp", ".cpp", "middle == secret", "middle + 1 == secret"},
              {"count_vowels", "js", ".js", "return", "return 1 +"}};
  for (const auto& row : rows) {
    if (std::string_view(row.mark) == "cpp" ? !can_compile_cpp() : !has_program("node")) continue;
    std::string source = read_file(std::string(RETORT_SOURCE_DIR "/suites/code/") + row.id + row.extension);
    const CodeProblem problem = bundled(row.id);
    const std::string fence = std::string("```") + row.mark + "\n";
    const AnswerScores good = score(problem, fence + source + "```");
    EXPECT_EQ(good.verdict, "right") << row.id << ": " << good.note;
    EXPECT_EQ(good.figures.at("code.exceptions"), 1) << good.note;
    EXPECT_GT(good.figures.at("code.documentation"), 0.8) << good.note;
    const AnswerScores broken = score(problem, fence + source + "\n)(\n```");
    EXPECT_EQ(broken.verdict, "does not parse") << row.id;
  }
}

TEST(Efficiency, IsTheShareOfTheLogarithmicWayFromNaiveToBest) {
  EXPECT_DOUBLE_EQ(efficiency(1, 1, 100), 1);
  EXPECT_DOUBLE_EQ(efficiency(10, 1, 100), 0.5);
  EXPECT_DOUBLE_EQ(efficiency(100, 1, 100), 0);
  EXPECT_DOUBLE_EQ(efficiency(0.1, 1, 100), 1);
  EXPECT_DOUBLE_EQ(efficiency(1000, 1, 100), 0);
}

Sample sample_of(const std::string& item, int64_t n, std::string content,
                 SampleStatus status = SampleStatus::ok) {
  Sample sample;
  sample.key = {item, n, 0};
  sample.status = status;
  sample.content = std::move(content);
  return sample;
}

double value_of(const SuiteScores& scores, std::string_view id) {
  for (const Figure& figure : scores.figures)
    if (figure.id == id) return figure.estimate.value;
  return -1;
}

/// All but what is made of times.
Json lasting(const SuiteScores& scores) {
  Json out = Json::array();
  for (const Figure& figure : scores.figures)
    if (figure.id != "code.efficiency") out.push_back(to_json(figure, true));
  for (const Breakdown& breakdown : scores.breakdowns)
    if (breakdown.figure != "code.efficiency") out.push_back(to_json(breakdown));
  for (const SampleVerdict& verdict : scores.verdicts) {
    Json parts = verdict.parts;
    parts.erase("efficiency");
    parts.erase("code.efficiency");
    out.push_back(
        {verdict.key.item, verdict.key.sample, verdict.score, verdict.verdict, verdict.note, parts});
  }
  return out;
}

TEST_F(CodeScores, TheSameSamplesGiveTheSameFigures) {
  const std::vector<CodeProblem> problems = {bundled("count_at_least"), bundled("longest_distinct_run")};
  const std::string right =
      "def count_at_least(numbers, threshold):\n    return sum(x >= threshold for x in numbers)\n";
  const std::vector<Sample> samples = {
      sample_of("count_at_least", 0, right),
      sample_of("count_at_least", 1, "def count_at_least(a, b): return 1"),
      sample_of("longest_distinct_run", 0, planted("longest_distinct_run", "wrong")),
      sample_of("longest_distinct_run", 1, "", SampleStatus::truncated_in_thought)};
  const SuiteScores first = score_code(problems, samples, 2, 7, {}),
                    second = score_code(problems, samples, 2, 7, {});
  EXPECT_EQ(lasting(first), lasting(second));
  EXPECT_EQ(value_of(first, "code.solved"), 0.25);  // one of two samples of one item of two
  EXPECT_EQ(value_of(first, "code.cut_off"), 0.25);
  EXPECT_EQ(first.missing, 0);
  ASSERT_EQ(first.verdicts.size(), 4u);
  EXPECT_EQ(first.verdicts[3].verdict, "cut off");
  bool pass_at_two = false;
  for (const Breakdown& breakdown : first.breakdowns)
    if (breakdown.by == "k") {
      pass_at_two = true;
      ASSERT_EQ(breakdown.points.size(), 2u);
      EXPECT_EQ(breakdown.points[1].estimate.value, 0.5);
    }
  EXPECT_TRUE(pass_at_two);
  EXPECT_THAT(first.notes, ::testing::Contains(HasSubstr("CPU times measured")));
}

TEST_F(CodeScores, OurOwnFailureIsNotTheModels) {
  CodeProblem broken = bundled("count_at_least");
  broken.task.references += "\ndef best(numbers, threshold):\n    raise KeyError('ours')\n";
  const std::vector<Sample> samples = {sample_of("count_at_least", 0, "def count_at_least(a, b): return 1")};
  const SuiteScores scores = score_code(std::vector<CodeProblem>{broken}, samples, 1, 7, {});
  EXPECT_TRUE(scores.figures.empty());
  ASSERT_EQ(scores.verdicts.size(), 1u);
  EXPECT_EQ(scores.verdicts[0].verdict, "scorer error");
  EXPECT_THAT(scores.notes, ::testing::ElementsAre(HasSubstr("1 answers could not be scored")));
}

TEST_F(CodeScores, AnInterruptionEndsTheScoring) {
  const std::vector<CodeProblem> problems = {bundled("count_at_least")};
  const std::vector<Sample> samples = {sample_of("count_at_least", 0, "def count_at_least(a, b): return 1")};
  ScoreHooks hooks;
  hooks.check = [] { fail(ErrorCode::cancelled, "stopped"); };
  EXPECT_THROW(score_code(problems, samples, 1, 7, hooks), Error);
}

TEST_F(CodeScores, GeneratedFunctionsAreScoredByTheirOwnTests) {
  const std::vector<CodeProblem> problems = function_problems({.levels = {1, 4}, .problems = 2});
  ASSERT_EQ(problems.size(), 4u);
  std::vector<Sample> samples;
  for (const CodeProblem& problem : problems) samples.push_back(sample_of(problem.task.id, 0, problem.gold));
  const SuiteScores scores = score_code(problems, samples, 1, 7, {});
  EXPECT_EQ(value_of(scores, "code.solved"), 1) << Json(scores.notes).dump();
  EXPECT_EQ(value_of(scores, "code.exceptions"), 1);
  EXPECT_EQ(value_of(scores, "code.documentation"), 1);
  for (Sample& sample : samples) sample.content = "def " + problems[0].task.entry + "(x):\n    return None\n";
  EXPECT_EQ(value_of(score_code(problems, samples, 1, 7, {}), "code.solved"), 0);
}

}  // namespace
}  // namespace retort::eval
