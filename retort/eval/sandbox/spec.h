// What is run in a sandbox, under which limits, and what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retort::eval {

/// Each limit is of the whole sandbox, all its processes together, unless it says otherwise.
struct SandboxLimits {
  double cpu_seconds = 10;                      // user and system
  double wall_seconds = 20;                     // from the program's start
  uint64_t memory_bytes = uint64_t{512} << 20;  // of processes, and of files, which live in memory too
  uint64_t address_space_bytes = 0;             // of each process; 0: memory_bytes + 1 GiB
  int processes = 32;                           // threads are counted as processes
  uint64_t file_bytes = uint64_t{64} << 20;     // of all files, and of each
  int files = 4096;                             // files and folders
  uint64_t output_bytes = uint64_t{1} << 20;    // stdout and stderr
  int open_files = 64;                          // of each process
};

/// A file put into the working folder before the start. The path is relative and stays inside.
struct SandboxFile {
  std::string path;
  std::string contents;
};

struct SandboxSpec {
  std::vector<std::string> argv;  // argv[0] is looked up in /usr/local/bin, /usr/bin and /bin
  std::vector<SandboxFile> files;
  std::string input;                                             // stdin; ends after these bytes
  std::vector<std::pair<std::string, std::string>> environment;  // beside PATH, HOME, TMPDIR and LANG
  SandboxLimits limits;
  bool loopback = false;   // may use IP sockets, which reach nothing but the sandbox itself
  bool renewable = false;  // limits of time and output start afresh at renew_budget()
};

// clang-format off
#define RETORT_SANDBOX_ENDINGS(X)      \
  X(exited, "exited")                  \
  X(signalled, "signal")               \
  X(cpu_limit, "CPU limit")            \
  X(wall_limit, "wall limit")          \
  X(output_limit, "output limit")      \
  X(memory_limit, "memory limit")      \
  X(process_limit, "process limit")    \
  X(file_limit, "file limit")          \
  X(stopped, "stopped")
// clang-format on

/// How a program ended. Every *_limit means that the parent, or the kernel for it, killed all its processes;
/// `stopped` that the caller did. None of them is a verdict on the program's answer.
enum class Ended {
#define X(id, text) id,
  RETORT_SANDBOX_ENDINGS(X)
#undef X
};

std::string_view name(Ended ended);

struct SandboxResult {
  Ended ended = Ended::exited;
  int code = 0;     // exit status, or the number of the signal; a program can feign the latter
  std::string out;  // stdout and stderr, together at most output_bytes
  std::string err;
  double cpu_seconds = 0;
  double wall_seconds = 0;
  uint64_t peak_memory_bytes = 0;  // exact in a memory cgroup, else the largest sample (every 20 ms)
};

}  // namespace retort::eval
