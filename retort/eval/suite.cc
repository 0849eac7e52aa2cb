#include "retort/eval/suite.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/code/sound_sandbox.h"

namespace retort::eval {

#define X(name, runs_code, summary) std::unique_ptr<Suite> make_##name##_suite(const SuiteOptions& options);
#include "retort/eval/suites.inc"
#undef X

namespace {

constexpr SuiteRow kSuites[] = {
#define X(name, runs_code, summary) {#name, runs_code, summary, make_##name##_suite},
#include "retort/eval/suites.inc"
#undef X
};

SuiteOptions options_of_key(const Json& tasks) {
  return {.levels = tasks.value("levels", std::vector<int64_t>{}),
          .problems = tasks.at("problems").get<int64_t>(),
          .seed = tasks.at("seed").get<uint64_t>(),
          .file = tasks.value("file", "")};
}

}  // namespace

SuiteScores in_group(std::string_view group, SuiteScores scores) {
  const std::string prefix = std::string(group) + "/";
  for (Figure& figure : scores.figures) figure.id = prefix + figure.id;
  for (Breakdown& breakdown : scores.breakdowns) breakdown.figure = prefix + breakdown.figure;
  return scores;
}

std::span<const SuiteRow> suites() {
  return kSuites;
}

void require_sandbox_for(std::span<const std::string> names) {
  for (const SuiteRow& row : kSuites)
    if (row.runs_code && std::find(names.begin(), names.end(), row.name) != names.end()) sound_sandbox();
}

std::unique_ptr<Suite> make_suite(std::string_view name, const SuiteOptions& options) {
  std::string names;
  for (const SuiteRow& row : kSuites) {
    if (row.name == name) return row.make(options);
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  fail(ErrorCode::bad_input, "there is no suite '{}'; there are: {}", name, names);
}

std::unique_ptr<Suite> suite_of_key(const Json& run_key) {
  try {
    const Json& tasks = run_key.at("tasks");
    auto suite = make_suite(run_key.at("suite").get<std::string>(), options_of_key(tasks));
    if (suite->key() != tasks)
      fail(ErrorCode::unsupported, "this Retort asks other problems than the one that ran it; run it again");
    return suite;
  } catch (const nlohmann::json::exception&) {
    fail(ErrorCode::bad_input,
         "its key does not say which problems it asked; was the journal changed by hand?");
  }
}

}  // namespace retort::eval
