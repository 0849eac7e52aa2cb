// What one call into a sandboxed candidate gave.
#pragma once

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
  Json args_after;                 // the arguments after the call, where asked for and known; else null
  std::string printed;             // what the candidate wrote during the call
  double cpu_seconds = 0;          // from samples 20 ms apart
  double wall_seconds = 0;
};

}  // namespace retort::eval
