#include "retort/eval/code/published_asserts.h"

#include <nlohmann/json.hpp>
#include <random>

#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

/// What the runner must print at the end: a candidate that leaves early does not know it.
std::string fresh_mark() {
  std::random_device entropy;
  return fmt::format("{:08x}{:08x}{:08x}", entropy(), entropy(), entropy());
}

std::string last_line(const std::string& text) {
  const size_t end = text.find_last_not_of('\n');
  if (end == text.npos) return "";
  const size_t begin = text.rfind('\n', end);
  return text.substr(begin == text.npos ? 0 : begin + 1, end - (begin == text.npos ? 0 : begin + 1) + 1);
}

}  // namespace

std::string run_published_test(const ScoredProgram& program) {
  const std::string mark = fresh_mark();
  const Json test{{"test", program.prepared.whole_test}, {"entry", program.task().entry}, {"mark", mark}};
  SandboxSpec spec{.argv = {"python3", "published_runner.py"},
                   .files = {{"published_runner.py", std::string(embedded_file("published_runner.py"))},
                             {"candidate.py", program.source}},
                   .input = test.dump(-1, ' ', true),
                   .environment = {{"PYTHONHASHSEED", "0"}},
                   .limits = call_limits(5 * program.prepared.cpu_seconds)};
  const SandboxResult result = program.sandbox.run(spec);
  if (result.ended != Ended::exited) return "published test: " + std::string(name(result.ended));
  return last_line(result.out) == mark ? "" : "published test: fails";
}

}  // namespace retort::eval
