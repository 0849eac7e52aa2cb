// The command line of bubblewrap: what a sandboxed program sees of the machine, as one list.
#pragma once

#include <string>
#include <vector>

#include "retort/eval/sandbox/descriptor.h"
#include "retort/eval/sandbox/spec.h"

namespace retort::eval {

/// The folder in which programs start. It and all of /tmp are private and in memory.
inline constexpr const char* kWorkFolder = "/tmp/work";

/// Descriptors that bwrap reads from (filter, go, files) and writes to (status).
struct BwrapDescriptors {
  Descriptor filter, status, go;
  std::vector<Descriptor> files;  // one for each of spec.files
};

/// Throws Error bad_input for a path that leaves the working folder, no argv, or files beyond the limits.
void check_spec(const SandboxSpec& spec);

/// argv, with argv[0] "bwrap".
std::vector<std::string> bwrap_command(const SandboxSpec& spec, const BwrapDescriptors& descriptors);

}  // namespace retort::eval
