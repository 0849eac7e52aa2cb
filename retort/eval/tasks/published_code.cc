// The suites `humaneval` (Chen et al. 2021, arXiv 2107.03374) and `mbpp` (Austin et al. 2021, arXiv
// 2108.07732), from the user's own file in the published layout.
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/tasks/code_suite.h"

namespace retort::eval {
namespace {

std::string text_at(const Json& item, const char* key, const std::string& where) {
  const auto found = item.find(key);
  if (found == item.end() || !found->is_string())
    fail(ErrorCode::bad_input, "{}: '{}' must be a text", where, key);
  return found->get<std::string>();
}

std::string optional_text(const Json& item, const char* key) {
  const auto found = item.find(key);
  return found != item.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Either name of the member: two layouts of MBPP are published.
const Json& either(const Json& item, const char* one, const char* other, const std::string& where) {
  for (const char* key : {one, other})
    if (const auto found = item.find(key); found != item.end()) return *found;
  fail(ErrorCode::bad_input, "{}: neither '{}' nor '{}'", where, one, other);
}

CodeProblem humaneval_problem(const Json& item, const std::string& where) {
  CodeProblem out;
  const std::string prompt = text_at(item, "prompt", where);
  out.task.id = text_at(item, "task_id", where);
  out.task.entry = text_at(item, "entry_point", where);
  out.task.prompt = fmt::format(
      "Complete this Python function. Reply with the whole function and its imports, in one fenced block.\n\n"
      "```python\n{}```",
      prompt);
  out.published_test = text_at(item, "test", where);
  // Imports and helpers that the prompt gives stand before the function; an answer need not repeat them.
  const size_t at = prompt.rfind("def " + out.task.entry + "(");
  if (at == prompt.npos)
    fail(ErrorCode::bad_input, "{}: the prompt does not define '{}'", where, out.task.entry);
  out.preamble = prompt.substr(0, at);
  out.gold = prompt + optional_text(item, "canonical_solution");
  out.cluster = out.task.id;
  return out;
}

CodeProblem mbpp_problem(const Json& item, const std::string& where) {
  CodeProblem out;
  const Json &id = either(item, "task_id", "id", where), &text = either(item, "text", "prompt", where),
             &tests = either(item, "test_list", "test", where);
  if (!text.is_string() || !tests.is_array() || !(id.is_string() || id.is_number_integer()))
    fail(ErrorCode::bad_input, "{}: not an item of MBPP: text, tests or id are of another type", where);
  out.task.id = "mbpp/" + (id.is_string() ? id.get<std::string>() : id.dump());
  out.task.prompt = text.get<std::string>() + "\n\nThe function must pass these tests:\n";
  const std::string setup = optional_text(item, "test_setup_code");
  if (!setup.empty()) out.published_test = setup + "\n";
  for (const Json& test : tests) {
    if (!test.is_string()) fail(ErrorCode::bad_input, "{}: a test is not a text", where);
    out.task.prompt += test.get<std::string>() + "\n";
    out.published_test += test.get<std::string>() + "\n";
  }
  out.task.prompt += "\nReply with the Python code in one fenced block.";
  out.gold = optional_text(item, "code");
  out.cluster = out.task.id;
  return out;
}

std::vector<CodeProblem> problems_in(const SuiteOptions& options, std::string_view suite,
                                     CodeProblem (*read)(const Json&, const std::string&)) {
  if (options.file.empty())
    fail(ErrorCode::bad_input, "suite {}: --file must name the benchmark's file as it is published", suite);
  std::vector<CodeProblem> out;
  int64_t number = 0;
  for (const Json& item : read_json_lines(options.file)) {
    if (static_cast<int64_t>(out.size()) == options.problems) break;
    out.push_back(read(item, fmt::format("{}: item {}", options.file.native(), ++number)));
    out.back().task.level = 1;       // the benchmarks have none
    out.back().task.mutates = true;  // nor do they forbid it
  }
  return out;
}

}  // namespace

std::unique_ptr<Suite> make_humaneval_suite(const SuiteOptions& options);
std::unique_ptr<Suite> make_mbpp_suite(const SuiteOptions& options);

std::vector<CodeProblem> humaneval_problems(const SuiteOptions& options) {
  return problems_in(options, "humaneval", humaneval_problem);
}

std::vector<CodeProblem> mbpp_problems(const SuiteOptions& options) {
  return problems_in(options, "mbpp", mbpp_problem);
}

std::unique_ptr<Suite> make_humaneval_suite(const SuiteOptions& options) {
  return code_suite("humaneval", options, humaneval_problems(options));
}

std::unique_ptr<Suite> make_mbpp_suite(const SuiteOptions& options) {
  return code_suite("mbpp", options, mbpp_problems(options));
}

}  // namespace retort::eval
