// Starts bubblewrap for one program, sets the program's limits while it is held back, and lets it go.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "retort/base/error.h"
#include "retort/eval/sandbox/cgroup.h"
#include "retort/eval/sandbox/descriptor.h"
#include "retort/eval/sandbox/spec.h"

namespace retort::eval {

struct Launched {
  pid_t bwrap = -1;            // our child; ends when the sandbox has
  pid_t init = -1;             // process 1 of the sandbox, as seen from here
  Descriptor init_handle;      // a pidfd of it: killing it kills all that is inside
  uint64_t pid_namespace = 0;  // inode number
  Descriptor input, output, errors, status;
  std::string status_text;  // JSON lines read from `status` so far
};

/// Throws Error unsupported when the system refuses namespaces, with what to change; resource when it has no
/// processes or descriptors left; bad_input for a bad spec. The calling thread must live as long as the
/// sandbox: the kernel kills the sandbox when the thread that started it ends.
Launched launch(const SandboxSpec& spec, std::string_view filter, Cgroup* cgroup);

/// The error for a sandbox that was never completed, from what bwrap wrote on stderr.
Error explain_refusal(std::string_view bwrap_says);

}  // namespace retort::eval
