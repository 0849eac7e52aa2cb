// CodeTask: one problem of a code suite: what is asked for, how a candidate is called, and what it must do
// with valid and with invalid input. The contract is data (suites/code/NAME.json); the references that say
// what is right, and how dear it may be, are Python that runs in a sandbox of its own.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/sandbox/session.h"

namespace retort::eval {

struct CodeParameter {
  std::string name;
  std::string type;        // a Python type expression: "list[int]"
  std::string constraint;  // for people; empty where there is none
};

/// A call with invalid input, and what must come of it.
struct Fault {
  Json args;             // an array, in the notation of SandboxSession::call
  std::string raises;    // the class of the exception, in the candidate's language
  std::string category;  // "type", "range", "empty", "none", "huge", "callback", "halfway"
};

/// How two values may differ and still be one answer.
enum class ValueOrder : uint8_t {
  exact,
  any,       // lists in any order
  set,       // lists as sets
  tolerant,  // "float": numbers within 1e-6, relatively or absolutely
};

struct CodeTask {
  std::string id;
  int level = 1;  // 1 to 6
  std::vector<std::string> tags;
  Language language = Language::python;
  std::string entry;  // the function that a candidate must define
  std::vector<CodeParameter> parameters;
  std::string return_type;  // empty: nothing is returned
  std::string prompt;
  ValueOrder order = ValueOrder::exact;
  std::vector<Fault> faults;
  std::vector<int64_t> sizes;  // for the cost; empty: it is not measured
  bool mutates = false;        // it may change its arguments
  /// Python that defines best, good, naive, inputs(rng) and sized(rng, n): suites/code/README.md.
  std::string references;
};

}  // namespace retort::eval
