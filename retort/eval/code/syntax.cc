// The stages of syntax: a program is found, parses, loads, and gives a value for a valid input.
#include "retort/base/error.h"
#include "retort/eval/code/cpp_program.h"
#include "retort/eval/code/program.h"
#include "retort/eval/code/scored_program.h"

namespace retort::eval {
namespace {

constexpr size_t kMaxNote = 120;

/// Class names and compilers' words come from the candidate.
std::string one_line(std::string text) {
  if (text.size() > kMaxNote) text.resize(kMaxNote);
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return text;
}

/// Reads the source without running any of it.
bool parses(const ScoredProgram& program) {
  if (program.task().language == Language::cpp) return parses_as_cpp(program.sandbox, program.source);
  const bool python = program.task().language == Language::python;
  SandboxSpec spec{.argv = {"node", "--check", "candidate.js"},
                   .files = {{python ? "candidate.py" : "candidate.js", program.source}},
                   .limits = call_limits(10)};
  if (python)
    spec.argv = {"python3", "-I", "-c", "import ast; ast.parse(open('candidate.py', 'rb').read())"};
  else
    spec.limits.address_space_bytes = uint64_t{9} << 30;  // node reserves 8 GiB that it does not use
  const SandboxResult result = program.sandbox.run(spec);
  return result.ended == Ended::exited && result.code == 0;
}

void not_loaded(ScoredProgram& program, std::string why) {
  program.syntax = parses(program) ? SyntaxStage::parsed : SyntaxStage::extracted;
  program.syntax_note = one_line(std::move(why));
  program.session.reset();
}

/// The function asked for the first hidden input; where the cases are not known, its own name.
CallResult first_call(ScoredProgram& program) {
  const std::string& entry = program.task().entry;
  if (program.prepared.whole_test.empty())
    return program.session->call(entry, program.prepared.cases[0].args);
  return program.session->call(entry.empty() ? "" : entry + ".__repr__", Json::array());
}

/// The value came back, but JSON has no form for it: the driver's word for that. It was called all the same.
bool gave_something(const CallResult& result) {
  return result.outcome == CallOutcome::value ||
         (result.outcome == CallOutcome::exception && result.exception == "Unspeakable");
}

}  // namespace

std::string_view obstacle(SyntaxStage stage) {
  constexpr std::string_view kTexts[] = {
#define X(id, text) text,
      RETORT_SYNTAX_STAGES(X)
#undef X
  };
  return kTexts[static_cast<size_t>(stage)];
}

std::unique_ptr<SandboxSession> candidate_session(const ScoredProgram& program, const SandboxLimits& limits,
                                                  bool report_args) {
  return std::make_unique<SandboxSession>(program.sandbox, SessionOptions{.language = program.task().language,
                                                                          .source = program.program,
                                                                          .limits = limits,
                                                                          .report_args = report_args});
}

void check_syntax(std::string_view content, ScoredProgram& program) {
  Result<std::string> extracted = extract_program(content, program.task().language);
  if (!extracted) {
    program.syntax_note = extracted.error().message();
    return;
  }
  program.source = program.prepared.preamble + *extracted;
  program.program = program.source;
  if (program.task().language == Language::cpp) {
    Result<std::string> compiled = compile_cpp(program.sandbox, program.task(), program.source);
    if (!compiled) return not_loaded(program, compiled.error().message());
    program.program = std::move(*compiled);
  }
  program.session = candidate_session(program, call_limits(program.prepared.cpu_seconds), true);
  const CallResult result = first_call(program);
  // A process that never came to its first call was started and lost before it.
  if (result.outcome == CallOutcome::load_failed)
    return not_loaded(program, result.exception.empty() ? result.message : result.exception);
  if (result.outcome == CallOutcome::value) program.returned = result.value;
  program.syntax = gave_something(result) ? SyntaxStage::called : SyntaxStage::loaded;
  if (program.syntax == SyntaxStage::loaded)
    program.syntax_note =
        one_line(result.outcome == CallOutcome::exception ? "raised " + result.exception
                                                          : std::string(name(result.outcome)));
}

}  // namespace retort::eval
