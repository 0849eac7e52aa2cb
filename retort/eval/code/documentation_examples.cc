#include "retort/eval/code/documentation_examples.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/eval/code/python_facts.h"
#include "retort/eval/code/text_lines.h"
#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

using Verdict = CheckedExample::Verdict;

/// Equal as a reader sees it: written floats are rounded.
bool same(const Json& a, const Json& b) {
  constexpr double kRounding = 1e-6;
  if (a.is_number() && b.is_number()) {
    const double x = a.get<double>(), y = b.get<double>();
    return x == y || ((a.is_number_float() || b.is_number_float()) &&
                      std::abs(x - y) <= kRounding * std::max(std::abs(x), std::abs(y)));
  }
  if (a.is_array() && b.is_array()) return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
  return a == b;
}

bool calls(std::string_view text, std::string_view entry) {
  for (size_t at = text.find(entry); at != text.npos; at = text.find(entry, at + 1)) {
    const bool inside =
        at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '_');
    if (!inside && text.substr(at + entry.size()).starts_with('(')) return true;
  }
  return false;
}

/// "ValueError" of a traceback; empty if the text is none.
std::string promised_exception(const std::string& expected) {
  if (!expected.starts_with("Traceback")) return "";
  const std::vector<std::string_view> lines = lines_of(expected);
  const std::string_view last = trimmed(lines.back());
  return std::string(last.substr(0, last.find(':')));
}

Verdict verdict_of(SandboxSession& reader, const DocumentedExample& example, const CallResult& result) {
  if (const std::string wanted = promised_exception(example.expected); !wanted.empty()) {
    const bool raised =
        result.outcome == CallOutcome::exception && is_a(result.exception, result.bases, wanted);
    return raised ? Verdict::right : Verdict::wrong;
  }
  // A value without a JSON form is an exception of the driver's, and no fault of the example.
  if (result.outcome == CallOutcome::exception && result.exception == "Unspeakable") return Verdict::unknown;
  if (result.outcome != CallOutcome::value) return Verdict::wrong;
  if (result.value.is_null() && trimmed(result.printed) == trimmed(example.expected)) return Verdict::right;
  if (example.expected.empty()) return result.value.is_null() ? Verdict::right : Verdict::wrong;
  const Result<Json> promised = read_literal(reader, example.expected);
  if (!promised) return result.value.is_null() ? Verdict::wrong : Verdict::unknown;
  return same(*promised, result.value) ? Verdict::right : Verdict::wrong;
}

}  // namespace

std::vector<CheckedExample> check_examples(const Sandbox& sandbox, SandboxSession& reader,
                                           const std::string& source, const std::string& entry,
                                           const std::vector<DocumentedExample>& examples) {
  std::vector<CheckedExample> out;
  SandboxSession session(
      sandbox, {.source = std::string(embedded_file("example_runner.py")), .files = {{"answer.py", source}}});
  for (const DocumentedExample& example : examples) {
    if (out.size() >= kMaxExamples) break;
    const CallResult result = session.call("evaluate", Json::array({example.call}));

    CheckedExample checked{one_line(example.call)};
    if (calls(example.call, entry))
      checked.verdict = verdict_of(reader, example, result);
    else
      checked.verdict = Verdict::says_nothing;
    out.push_back(std::move(checked));
  }
  return out;
}

}  // namespace retort::eval
