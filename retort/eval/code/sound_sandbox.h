// The sandbox that programs are scored in: one that has passed its self-test in this process.
#pragma once

#include "retort/eval/sandbox/sandbox.h"

namespace retort::eval {

/// The self-test is run at the first call (some seconds) and its outcome kept. Throws Error unsupported, each
/// time, where there is no sandbox or an attempt to escape succeeded: there is no other way to run a program.
const Sandbox& sound_sandbox();

}  // namespace retort::eval
