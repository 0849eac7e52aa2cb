#include "retort/eval/sandbox/sandbox.h"

#include "retort/base/error.h"
#include "retort/eval/sandbox/seccomp_filter.h"

namespace retort::eval {

Sandbox::Sandbox() : filter_(seccomp_filter(false)), loopback_filter_(seccomp_filter(true)) {
  SandboxResult tried = run({.argv = {"true"}, .limits = {.wall_seconds = 60}});
  if (tried.ended != Ended::exited || tried.code != 0)
    fail(ErrorCode::unsupported, "sandbox: `true` ended with {} {}: {}", name(tried.ended), tried.code,
         tried.err);
}

std::unique_ptr<SandboxProcess> Sandbox::start(const SandboxSpec& spec) const {
  return std::make_unique<SandboxProcess>(spec, spec.loopback ? loopback_filter_ : filter_);
}

SandboxResult Sandbox::run(const SandboxSpec& spec) const {
  std::unique_ptr<SandboxProcess> process = start(spec);
  process->send(spec.input);
  process->end_input();
  return process->result();
}

}  // namespace retort::eval
