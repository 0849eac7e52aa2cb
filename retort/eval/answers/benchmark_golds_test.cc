// The gold answers of MATH-500 and GSM8K, when a folder `shared/data` beside the source tree has them: each
// equals itself and its rewritings, and differs from its mutations.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "retort/eval/answers/equivalent.h"
#include "retort/eval/answers/parser.h"
#include "retort/eval/answers/rewritings.h"

namespace retort::eval {
namespace {

using Golds = std::set<std::string>;

/// The answers that stand in a JSONL file; empty when there is no such file.
Golds golds(const std::string& name) {
  Golds all;
  for (const char* folder : {"/../shared/data/", "/../../shared/data/"}) {
    std::ifstream file(std::string(RETORT_SOURCE_DIR) + folder + name);
    for (std::string line; std::getline(file, line);) {
      std::string answer = nlohmann::json::parse(line)["answer"];
      const size_t mark = answer.rfind("#### ");  // GSM8K puts it after the solution
      all.insert(mark == answer.npos ? answer : answer.substr(mark + 5));
    }
    if (!all.empty()) break;
  }
  return all;
}

class BenchmarkGolds : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    all_ = golds(GetParam());
    if (all_.empty()) GTEST_SKIP() << GetParam() << " is not here";
  }
  Golds all_;
};

TEST_P(BenchmarkGolds, AreAllParsed) {
  for (const std::string& gold : all_) {
    const auto parsed = parse_answer(gold);
    EXPECT_TRUE(parsed) << gold << ": " << parsed.error().message();
  }
}

TEST_P(BenchmarkGolds, EqualThemselvesAndTheirRewritings) {
  size_t count = 0;
  for (const std::string& gold : all_) {
    EXPECT_TRUE(equivalent(gold, gold).equal()) << gold;
    for (const std::string& other : rewritings(gold)) {
      const Verdict verdict = equivalent(gold, other);
      EXPECT_TRUE(verdict.equal()) << gold << "   and   " << other << "   (" << verdict.reason << ")";
      ++count;
    }
  }
  std::printf("%s: %zu different golds, %zu rewritings\n", GetParam(), all_.size(), count);
}

TEST_P(BenchmarkGolds, DifferFromTheirMutations) {
  size_t count = 0, undecided = 0;
  for (const std::string& gold : all_) {
    const auto wrong = mutations(gold);
    EXPECT_GE(wrong.size(), 5u) << gold;
    for (const std::string& other : wrong) {
      const Verdict verdict = equivalent(gold, other);
      EXPECT_FALSE(verdict.equal()) << gold << "   and   " << other << "   (" << verdict.reason << ")";
      undecided += verdict.undecided() ? 1 : 0;
      ++count;
    }
  }
  std::printf("%s: %zu mutations, %zu of them undecided\n", GetParam(), count, undecided);
  EXPECT_LE(undecided * 50, count);
}

INSTANTIATE_TEST_SUITE_P(Files, BenchmarkGolds, testing::Values("math500/test500.jsonl", "gsm8k/test.jsonl"));

}  // namespace
}  // namespace retort::eval
