#include "retort/eval/sandbox/selftest.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

constexpr size_t kDetailBytes = 160;

SandboxSpec spec_of(const Attempt& attempt, const Decoys& decoys) {
  SandboxLimits limits{.cpu_seconds = attempt.cpu_seconds,
                       .wall_seconds = attempt.wall_seconds,
                       .memory_bytes = uint64_t{96} << 20,
                       .processes = 16,
                       .file_bytes = uint64_t{8} << 20,
                       .files = 1000,
                       .output_bytes = uint64_t{1} << 17,
                       .open_files = 32};
  std::string program =
      "from attempt import *\n" + std::string(attempt.program) + "\nprint(\"HELD\", flush=True)\n";
  return {.argv = {"python3", "main.py"},
          .files = {{"main.py", std::move(program)},
                    {"attempt.py", std::string(embedded_file("attempt.py"))},
                    {"stage.json", decoys.stage(limits).dump()}},
          .environment = {{"PYTHONDONTWRITEBYTECODE", "1"}},
          .limits = limits};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What the proof of the row says; harm is looked for besides.
bool succeeded(const Attempt& attempt, const SandboxResult& result, const std::string& secret) {
  switch (attempt.proof) {
    case Proof::says:
      return contains(result.out, "ESCAPED");
    case Proof::secret:
      return contains(result.out, secret) || contains(result.err, secret);
    case Proof::harm:
      return false;
    case Proof::outlasts:
      return result.ended == Ended::exited;
  }
  return true;
}

/// Whether the attempt came to its point: it reached its last line, was refused by the system, or was killed
/// for it.
bool was_made(const Attempt& attempt, const SandboxResult& result) {
  if (contains(result.out, "BROKEN")) return false;
  if (result.ended == Ended::exited) return contains(result.out, "HELD") || contains(result.out, "REFUSED");
  bool out_of_time = result.ended == Ended::wall_limit || result.ended == Ended::cpu_limit;
  return !out_of_time || attempt.proof == Proof::outlasts;
}

/// The program's last line and how it ended. What a program wrote is shown as printable ASCII only.
std::string describe(const SandboxResult& result, const std::string& harm) {
  std::string said = result.out.substr(0, result.out.find_last_not_of('\n') + 1);
  said = said.substr(said.rfind('\n') + 1).substr(0, kDetailBytes);
  std::replace_if(
      said.begin(), said.end(), [](char c) { return c < ' ' || c > '~'; }, '.');
  std::string end(name(result.ended));
  if (result.ended == Ended::exited || result.ended == Ended::signalled)
    end += fmt::format(" {}", result.code);
  if (!harm.empty()) end += "; " + harm;
  return said.empty() ? end : end + ": " + said;
}

}  // namespace

std::string_view name(AttemptOutcome outcome) {
  constexpr std::string_view kNames[] = {
#define X(id, text) text,
      RETORT_ATTEMPT_OUTCOMES(X)
#undef X
  };
  return kNames[static_cast<int>(outcome)];
}

bool SelfTestReport::sound() const {
  return !attempts.empty() && std::all_of(attempts.begin(), attempts.end(), [](const AttemptReport& report) {
    return report.outcome == AttemptOutcome::held;
  });
}

AttemptReport make_attempt(const Attempt& attempt, Decoys& decoys, const AttemptRunner& run) {
  SandboxResult result = run(spec_of(attempt, decoys));
  std::string harm = decoys.harm();
  AttemptReport report{.attempt = std::string(attempt.name),
                       .detail = describe(result, harm),
                       .wall_seconds = result.wall_seconds};
  if (!harm.empty() || succeeded(attempt, result, decoys.secret()))
    report.outcome = AttemptOutcome::escaped;
  else if (was_made(attempt, result))
    report.outcome = AttemptOutcome::held;
  return report;
}

SelfTestReport sandbox_selftest(const Sandbox& sandbox,
                                const std::function<void(const AttemptReport&)>& progress) {
  Decoys decoys;
  SelfTestReport report;
  for (const Attempt& attempt : attempts()) {
    report.attempts.push_back(
        make_attempt(attempt, decoys, [&](const SandboxSpec& spec) { return sandbox.run(spec); }));
    if (progress) progress(report.attempts.back());
  }
  return report;
}

void require_sound(const SelfTestReport& report) {
  if (report.sound()) return;
  std::string list;
  for (const AttemptReport& attempt : report.attempts)
    if (attempt.outcome != AttemptOutcome::held)
      list += fmt::format("{}{} ({}, {})", list.empty() ? "" : "; ", attempt.attempt, name(attempt.outcome),
                          attempt.detail);
  fail(ErrorCode::unsupported,
       "sandbox: code is not run on this machine, because its sandbox does not hold: {}",
       list.empty() ? "nothing was tried" : list);
}

}  // namespace retort::eval
