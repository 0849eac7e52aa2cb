#include "retort/eval/code/prepared_task.h"

#include <algorithm>

#include "retort/base/error.h"
#include "retort/eval/code/values.h"
#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

constexpr double kReferenceCpuSeconds = 60, kNaiveFactor = 4;
constexpr uint64_t kReferenceBytes = uint64_t{64} << 20;  // of a reply: large inputs as JSON
constexpr size_t kMaxCases = 1000;

SandboxSession tools_session(const Sandbox& sandbox) {
  return {sandbox,
          {.source = std::string(embedded_file("published_tests.py")), .limits = call_limits(kCpuFloor * 5)}};
}

void add_case(PreparedTask& out, Json args, Json expected, const std::string& where) {
  if (!args.is_array()) fail(ErrorCode::bad_input, "{}: a hidden input is not a list of arguments", where);
  if (out.cases.size() == kMaxCases)
    fail(ErrorCode::bad_input, "{}: more than {} hidden inputs", where, kMaxCases);
  out.cases.push_back({std::move(args), std::move(expected)});
}

void prepare_from_references(const Sandbox& sandbox, uint64_t seed, PreparedTask& out) {
  const std::string where = out.task.id + ": references";
  const auto session = reference_session(sandbox, out.task);
  Json cases =
      value_of(session->call("retort_cases", Json::array({fmt::format("{}/{}", seed, out.task.id)})), where);
  double slowest = 0;
  for (Json& one : cases) {
    slowest = std::max(slowest, one.at(2).get<double>());
    add_case(out, std::move(one.at(0)), std::move(one.at(1)), where);
  }
  if (out.cases.empty()) fail(ErrorCode::bad_input, "{}: inputs(rng) gave none", where);
  out.cpu_seconds = std::max(kNaiveFactor * slowest, kCpuFloor);
}

void prepare_from_literals(const Sandbox& sandbox, const CodeProblem& problem, PreparedTask& out) {
  SandboxSession session = tools_session(sandbox);
  const auto read = [&](const std::string& literal) {
    return value_of(session.call("literal", Json::array({literal})), problem.task.id + ": tests");
  };
  for (const LiteralTest& test : problem.literals) {
    Json args = read("[" + test.args + "]");
    if (test.raises.empty())
      add_case(out, std::move(args), read(test.expected), problem.task.id);
    else
      out.task.faults.push_back(
          {std::move(args), test.raises, test.raises == "TypeError" ? "type" : "range"});
  }
}

/// Calls and expected values where every assert is one; else the test as it was published.
void prepare_from_test(const Sandbox& sandbox, const CodeProblem& problem, PreparedTask& out) {
  SandboxSession session = tools_session(sandbox);
  const Json found =
      value_of(session.call("calls_of", Json::array({problem.published_test, problem.task.entry})),
               problem.task.id + ": published test");
  out.task.entry = found.at("entry").get<std::string>();
  if (!found.at("complete").get<bool>()) {
    out.whole_test = problem.published_test;
    return;
  }
  for (const Json& one : found.at("calls")) add_case(out, one.at(0), one.at(1), problem.task.id);
}

}  // namespace

SandboxLimits call_limits(double cpu_seconds) {
  return {.cpu_seconds = cpu_seconds, .wall_seconds = kWallFactor * cpu_seconds};
}

std::unique_ptr<SandboxSession> reference_session(const Sandbox& sandbox, const CodeTask& task) {
  SandboxLimits limits = call_limits(kReferenceCpuSeconds);
  limits.output_bytes = kReferenceBytes;
  return std::make_unique<SandboxSession>(
      sandbox,
      SessionOptions{.source = task.references + "\n\n" + std::string(embedded_file("reference_tools.py")),
                     .limits = limits});
}

Json value_of(CallResult result, const std::string& where) {
  if (result.outcome == CallOutcome::value) return std::move(result.value);
  fail(ErrorCode::bad_input, "{}: {}{}{}: {}", where, name(result.outcome),
       result.exception.empty() ? "" : " ", result.exception, result.message);
}

PreparedTask prepare(const Sandbox& sandbox, const CodeProblem& problem, uint64_t seed) {
  PreparedTask out{.task = problem.task,
                   .cases = {},
                   .cpu_seconds = kCpuFloor,
                   .whole_test = "",
                   .preamble = problem.preamble,
                   .documented = problem.documented,
                   .documentation = problem.documentation};
  if (!problem.task.references.empty())
    prepare_from_references(sandbox, seed, out);
  else if (!problem.literals.empty())
    prepare_from_literals(sandbox, problem, out);
  else
    prepare_from_test(sandbox, problem, out);
  return out;
}

}  // namespace retort::eval
