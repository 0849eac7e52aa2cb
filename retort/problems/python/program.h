// A Python program of a bounded subset, from a source that nobody vouches for: parse it, call its functions,
// get plain text back. Nothing it does can reach outside, take more than the limits, or run for long.
//
// The subset: functions with defaults and closures, lambda, if, while, for, break, continue, try, except,
// else, finally, raise, assert, del; ints of 64 bits, floats, ASCII strings, f-strings without format, lists,
// tuples, dicts, sets, slices, comprehensions, generator expressions; the builtins and methods of builtins.h.
// Not in it: classes, imports, with, global, nonlocal, yield, decorators, starred arguments, annotations
// beyond being read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "retort/base/error.h"
#include "retort/problems/python/limits.h"

namespace retort::problems::python {

struct Syntax;

enum class OutcomeStatus : uint8_t {
  value,    // it returned
  raised,   // an exception left it
  stopped,  // it went beyond a limit or outside the subset
};

struct Outcome {
  OutcomeStatus status{};
  std::string text;       // repr of the value; str of the exception; why it was stopped
  std::string exception;  // its class
};

class Program {
 public:
  /// Error bad_input "line 3: ..." for what is not Python or not of the subset.
  static Result<Program> parse(std::string_view source, const Limits& limits = {});
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  bool defines(std::string_view function) const;
  /// The docstring of a function of the top level; empty without one.
  std::string docstring(std::string_view function) const;

  /// Runs the top level anew and calls `function` with `arguments`, Python source such as "[1, 2], 'a'".
  Outcome call(std::string_view function, std::string_view arguments) const;
  /// The same, and whether the value has the type and the value of `expected`, Python source too, all the way
  /// down. The outcome is in `outcome`.
  bool gives(std::string_view function, std::string_view arguments, std::string_view expected,
             Outcome& outcome) const;

 private:
  Program(std::unique_ptr<Syntax> syntax, const Limits& limits);

  std::unique_ptr<Syntax> syntax_;
  Limits limits_;
};

/// Whether an exception of class `type` is caught by `except of:`.
bool is_subclass(std::string_view type, std::string_view of);

}  // namespace retort::problems::python
