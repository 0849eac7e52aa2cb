// Sandbox: runs programs that nobody trusts. See docs/sandbox.md for what stops which attack.
#pragma once

#include <memory>
#include <string>

#include "retort/eval/sandbox/process.h"
#include "retort/eval/sandbox/spec.h"

namespace retort::eval {

/// May be used from many threads at once.
class Sandbox {
 public:
  /// Tries the sandbox once, with an empty program. Throws Error unsupported, in one line, where the system
  /// lacks bubblewrap or refuses what it needs. There is no way to run anything without it.
  Sandbox();

  /// Runs a program to its end. Throws Error bad_input for a bad spec, resource if nothing can be started.
  SandboxResult run(const SandboxSpec& spec) const;
  /// Starts a program that the caller talks to.
  std::unique_ptr<SandboxProcess> start(const SandboxSpec& spec) const;

 private:
  std::string filter_, loopback_filter_;
};

}  // namespace retort::eval
