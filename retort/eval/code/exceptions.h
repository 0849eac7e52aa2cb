// Exception handling, scored by behaviour: what a candidate does with invalid input, and whether handling it
// costs anything that must keep working. How it is written (try, except) counts for nothing.
//
//   R = faults met / faults                                    (all categories but "callback")
//   S = (F * share of valid inputs right + callbacks that come through) / (F + callbacks),  F = faults
//   score = 2 R S / (R + S)
//
// The valid inputs together weigh as much as the faults, whatever their number; else a swallowed callback
// would vanish among them. Raising always loses S, never raising loses R, swallowing everything loses both.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/eval/code/code_task.h"

namespace retort::eval {

struct CallResult;

/// A call with valid input, and what it must give.
struct ValidCase {
  Json args;
  Json expected;
};

/// Whether the outcome of a call is the right one of a valid case; the code suite's comparison.
using IsRight = std::function<bool(const ValidCase&, const CallResult&)>;

/// An exception that left the function in the runs.
struct ObservedException {
  std::string name;
  std::vector<std::string> bases;
  bool from_argument = false;  // a callback's; the function need not say that it may come
};

struct CellCount {
  int64_t met = 0, all = 0;
  double share() const { return all == 0 ? 0 : static_cast<double>(met) / static_cast<double>(all); }
};

struct ExceptionScore {
  std::optional<double> score;  // none of a task without faults
  CellCount faults, valid, callbacks;
  std::map<std::string, CellCount> by_category;  // of faults and callbacks
  std::vector<ObservedException> observed;       // each class once
  bool returned_something = false;               // a valid call gave another value than None
  std::string first_miss;  // one line: "f(-1): returned 0, ValueError was asked for"; empty: all were met

  double r() const { return faults.share(); }
  double s() const;
};

/// True if `raised` says that the exception is of that class or below it.
bool is_a(std::string_view raised_class, std::span<const std::string> bases, std::string_view wanted);

/// A fault is met when the class asked for is raised, or one below it; the arguments are as they were, unless
/// the task mutates; and the next valid call is right. `candidate` must report arguments (SessionOptions).
ExceptionScore score_exceptions(SandboxSession& candidate, const CodeTask& task,
                                std::span<const ValidCase> cases, const IsRight& is_right);

}  // namespace retort::eval
