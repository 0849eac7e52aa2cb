#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/code/score_answer.h"
#include "retort/eval/sandbox/sandbox_for_tests.h"
#include "retort/eval/tasks/code_suite.h"

namespace retort::eval {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// The benchmarks may be used here but not distributed; the folder is shared between checkouts.
fs::path data_file(const std::string& name) {
  for (const char* root : {RETORT_SOURCE_DIR "/shared/data/", RETORT_SOURCE_DIR "/../shared/data/",
                           RETORT_SOURCE_DIR "/../../shared/data/"})
    if (fs::exists(root + name)) return root + name;
  return {};
}

fs::path written(const std::string& name, const std::string& text) {
  const fs::path path = fs::path(::testing::TempDir()) / name;
  std::ofstream(path) << text;
  return path;
}

constexpr const char* kTiny =
    R"({"task_id": "T/0", "entry_point": "add", "prompt": "import math\n\n\ndef add(a, b):\n    \"\"\"Add.\"\"\"\n", )"
    R"("canonical_solution": "    return math.floor(a + b)\n", "test": "METADATA = {}\ndef check(candidate):\n)"
    R"(    assert candidate(1, 2) == 3\n    assert 5 == candidate(2, b=3)\n"})"
    "\n"
    R"({"task_id": "T/1", "entry_point": "pair", "prompt": "def pair(a):\n", "canonical_solution": "    return (a, a)\n", )"
    R"("test": "def check(candidate):\n    assert candidate(-1) == (-1, -1), 'message'\n    assert True\n"})"
    "\n";

class PublishedCode : public SandboxFixture {
 protected:
  AnswerScores score(const CodeProblem& problem, const std::string& answer) {
    const PreparedTask prepared = prepare(sandbox(), problem, 1);
    whole_tests_ += !prepared.whole_test.empty();
    return Scorer(sandbox(), 1).score(prepared, answer);
  }
  int whole_tests_ = 0;
};

TEST_F(PublishedCode, AssertsBecomeCallsOrAreRunAsTheyAre) {
  const std::vector<CodeProblem> problems = humaneval_problems({.file = written("tiny.jsonl", kTiny)});
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(score(problems[0], problems[0].gold).verdict, "right");
  EXPECT_EQ(whole_tests_, 1);  // a named argument
  EXPECT_EQ(score(problems[1], problems[1].gold).verdict, "right");
  EXPECT_EQ(whole_tests_, 1);
  EXPECT_EQ(score(problems[1], "def pair(a):\n    return [a, a]").note,
            "pair(-1): expected (-1, -1), got [-1, -1]");
}

TEST_F(PublishedCode, ValuesWithoutAFormAreLeftToThePublishedTest) {
  const std::vector<CodeProblem> problems = mbpp_problems(
      {.file = written("complex.jsonl",
                       R"({"text": "Turn.", "task_id": 1, "code": "def turn(z):\n    return z * 1j", )"
                       R"("test_list": ["assert turn(2) == 2j"]})")});
  EXPECT_EQ(score(problems.at(0), problems.at(0).gold).verdict, "right");
  EXPECT_EQ(whole_tests_, 1);
  EXPECT_EQ(score(problems.at(0), "def turn(z):\n    return z").verdict, "wrong");
}

TEST_F(PublishedCode, APublishedTestIsNotPassedByLeaving) {
  const std::vector<CodeProblem> problems = humaneval_problems({.file = written("tiny.jsonl", kTiny)});
  for (const char* answer : {"def add(a, b):\n    return 4\n", "import os\ndef add(a, b):\n    os._exit(0)\n",
                             "import sys\ndef add(a, b):\n    sys.exit(0)\n"}) {
    const AnswerScores s = score(problems[0], answer);
    EXPECT_EQ(s.figures.at("code.solved"), 0) << answer;
    EXPECT_EQ(s.note, "published test: fails") << answer;
  }
}

TEST_F(PublishedCode, HumanEvalsOwnAnswersAreRight) {
  const fs::path file = data_file("humaneval/HumanEval.jsonl.gz");
  if (file.empty()) GTEST_SKIP() << "no shared/data/humaneval here";
  std::vector<CodeProblem> problems = humaneval_problems({.problems = 1000, .file = file});
  EXPECT_EQ(problems.size(), 164u);
  for (size_t i = 0; i < problems.size(); i += 20) {
    const AnswerScores s = score(problems[i], "```python\n" + problems[i].gold + "\n```");
    EXPECT_EQ(s.verdict, "right") << problems[i].task.id << ": " << s.note;
  }
}

TEST_F(PublishedCode, MbppsOwnAnswersAreRightInBothLayouts) {
  for (const char* name : {"mbpp/mbpp.jsonl", "mbpp/mbpp_test.jsonl"}) {
    const fs::path file = data_file(name);
    if (file.empty()) GTEST_SKIP() << "no shared/data/mbpp here";
    std::vector<CodeProblem> problems = mbpp_problems({.problems = 1000, .file = file});
    EXPECT_GE(problems.size(), 500u);
    for (size_t i = 0; i < problems.size(); i += problems.size() / 5) {
      const AnswerScores s = score(problems[i], "```python\n" + problems[i].gold + "\n```");
      EXPECT_EQ(s.verdict, "right") << problems[i].task.id << ": " << s.note;
    }
  }
}

std::string refusal(const std::string& text) {
  try {
    humaneval_problems({.file = written("bad.jsonl", text)});
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(PublishedFiles, WhatIsWrongIsNamed) {
  EXPECT_THAT(refusal("{\"task_id\": 1"), HasSubstr("item at line 1"));
  EXPECT_THAT(refusal("[]\n"), HasSubstr("line 1: not an object"));
  EXPECT_THAT(refusal("\n\n"), HasSubstr("no items"));
  EXPECT_THAT(refusal("{\"task_id\": \"a\"}"), HasSubstr("item 1: 'prompt' must be a text"));
  EXPECT_THAT(refusal(std::string("\x1f\x8b\x08\0\0\0", 6)), HasSubstr("bad.jsonl"));
  EXPECT_THROW(humaneval_problems({}), Error);
  EXPECT_THROW(mbpp_problems({.file = "/no/such/file"}), Error);
}

}  // namespace
}  // namespace retort::eval
