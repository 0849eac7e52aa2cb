// The sandbox's self-test: every escape attempt is really made, and the outcome listed. Code is not scored on
// a machine where one succeeds.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "retort/eval/sandbox/attempt.h"
#include "retort/eval/sandbox/decoys.h"
#include "retort/eval/sandbox/sandbox.h"

namespace retort::eval {

// clang-format off
#define RETORT_ATTEMPT_OUTCOMES(X)                                              \
  X(held, "held")         /* it was made, and failed */                         \
  X(escaped, "ESCAPED")   /* it succeeded */                                    \
  X(broken, "not made")   /* it could not be made, and so shows nothing */
// clang-format on

enum class AttemptOutcome {
#define X(id, text) id,
  RETORT_ATTEMPT_OUTCOMES(X)
#undef X
};

std::string_view name(AttemptOutcome outcome);

struct AttemptReport {
  std::string attempt;
  AttemptOutcome outcome = AttemptOutcome::broken;
  std::string detail;  // how it ended, in one printable line
  double wall_seconds = 0;
};

struct SelfTestReport {
  std::vector<AttemptReport> attempts;
  /// Every attempt was made, and none succeeded.
  bool sound() const;
};

/// Runs one program; sandbox.run() in all cases but one: the test that shows that the attempts can succeed.
using AttemptRunner = std::function<SandboxResult(const SandboxSpec&)>;

AttemptReport make_attempt(const Attempt& attempt, Decoys& decoys, const AttemptRunner& run);

/// Takes some seconds. `progress` is called after each attempt. Throws what Decoys and Sandbox::run throw.
SelfTestReport sandbox_selftest(const Sandbox& sandbox,
                                const std::function<void(const AttemptReport&)>& progress = {});

/// Throws Error unsupported that names what was not stopped, if anything.
void require_sound(const SelfTestReport& report);

}  // namespace retort::eval
