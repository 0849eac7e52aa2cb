// What one call into a sandboxed candidate gave.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "retort/eval/sandbox/session.h"

namespace retort::eval {

struct CallResult {
  CallOutcome outcome = CallOutcome::crashed;
  Json value;                      // of `value`
  std::string exception;           // of `exception` and `load_failed`: the class, "ValueError"
  std::vector<std::string> bases;  // the classes above it, nearest first
  std::string message;             // of the exception; else what happened, in one line
  std::string printed;             // what the candidate wrote during the call
  double cpu_seconds = 0;          // from samples 20 ms apart
  double wall_seconds = 0;
  Json args_after;  // of `value` and `exception`, with SessionOptions::report_args: the arguments as the call
                    // left them
  /// Where the call asked for it: CPU time of all processes inside, from the kernel's own clocks. Children
  /// that ended are counted in ticks of 10 ms.
  int64_t cpu_nanoseconds = 0;
};

}  // namespace retort::eval
