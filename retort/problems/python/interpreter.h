// Runs a syntax tree. One interpreter belongs to one run: its values die with it. Nothing that a program does
// reaches outside: there is no input, no output, no import, no attribute but the methods of the tables.
#pragma once

#include <fmt/core.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/problems/python/builtins.h"
#include "retort/problems/python/limits.h"
#include "retort/problems/python/value.h"

namespace retort::problems::python {

class Interpreter {
 public:
  explicit Interpreter(const Limits& limits);
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Each may throw Raised or Stopped.
  void run(const Syntax& program);
  Value evaluate_alone(const Expression& e);
  Value call(const Value& callee, const Arguments& arguments);
  /// What the top level calls `name`, or nothing.
  std::optional<Value> global(std::string_view name);

  // For operators, builtins and methods.
  Meter& meter() { return meter_; }
  Heap& heap() { return heap_; }
  Value text(std::string s) { return heap_.string(std::move(s)); }
  template <typename... Args>
  [[noreturn]] void raise(ExceptionType type, fmt::format_string<Args...> format, Args&&... args) {
    throw Raised{heap_.exception(type, fmt::format(format, std::forward<Args>(args)...))};
  }

  // operators.cc
  Value binary(Operator op, const Value& a, const Value& b);
  Value unary(Operator op, const Value& a);
  bool compare(Operator op, const Value& a, const Value& b);
  Value item(const Value& object, const Value& key);
  Value slice(const Value& object, const Value* bounds);  // start, stop, step; None where absent
  void set_item(const Value& object, const Value& key, const Value& value);
  void erase_item(const Value& object, const Value& key);

  // compare.cc
  bool truthy(const Value& v);
  bool equal(const Value& a, const Value& b, int depth = 0);
  bool less(const Value& a, const Value& b, int depth = 0);
  bool contains(const Value& container, const Value& item);
  uint64_t hash(const Value& v, int depth = 0);
  /// Of the same types and equal, all the way down: what a test demands.
  bool identical(const Value& a, const Value& b, int depth = 0);
  Value* find(Table& table, const Value& key);
  void put(Table& table, const Value& key, const Value& value);
  bool erase(Table& table, const Value& key);

  // iterate.cc
  int64_t length(const Value& v);
  /// All items of an iterable; an iterator is used up.
  std::vector<Value> items_of(const Value& v);
  /// The i-th item of what `for` goes over, by looking at it anew each time; nothing at the end.
  std::optional<Value> next_item(const Value& v, size_t& at);
  void require_iterable(const Value& v);

  // show.cc
  std::string str(const Value& v);
  std::string repr(const Value& v, int depth = 0);

 private:
  enum class Flow : uint8_t { next, stop, again, returned };
  class Deeper;

  // Expressions (interpreter_expressions.cc).
  Value evaluate(const Expression& e);
  Value evaluate_kind(const Expression& e);
  std::vector<Value> evaluate_all(const Expressions& parts);
  Value name(const Expression& e);
  Value lookup(const std::string& name);
  Value formatted(const Expression& e);
  Value display(const Expression& e);
  Value comparison(const Expression& e);
  Value logical(const Expression& e);
  Value call_expression(const Expression& e);
  Value attribute(const Expression& e);
  Value slice_expression(const Expression& e);
  Value comprehension(const Expression& e);
  bool comprehend(const Expression& e, size_t clause, const std::function<bool()>& visit);
  std::optional<Value> short_circuit(const Value& callee, const Expression& e);
  Value function(const Definition& definition);
  Value dict_of(const std::vector<Value>& keys_and_values);
  Value set_of(const std::vector<Value>& keys);
  Value call_function(const Function& f, const Arguments& arguments);
  void bind(const Function& f, const Arguments& arguments, Scope& scope);
  Value call_builtin(const BuiltinRow& row, const Arguments& arguments);
  Value call_method(const Method& method, const Arguments& arguments);
  Value make_exception(ExceptionType type, const Arguments& arguments);
  void check_arguments(std::string_view callee, size_t least, size_t most, std::string_view named,
                       const Arguments& arguments);

  // Statements (interpreter.cc).
  Flow execute(const Block& block);
  Flow execute(const Statement& s);
  Flow execute_simple(const Statement& s);
  Flow loop(const Statement& s);
  Flow iterate(const Statement& s);
  Flow attempt(const Statement& s);
  Flow attempt_handled(const Statement& s);
  bool handles(const Handler& handler, const Value& exception);
  void assign(const Expression& target, const Value& value);
  void define(std::string_view name, const Value& value);
  void augment(const Statement& s);
  void forget(std::string_view name);
  void erase_target(const Expression& target);
  [[noreturn]] void raise_statement(const Statement& s);
  [[noreturn]] void raise_assertion(const Statement& s);

  Meter meter_;
  Heap heap_;
  Scope* scope_;
  Scope* global_;
  Value result_;                // of the return that is on its way
  std::vector<Value> handled_;  // exceptions whose handlers run, innermost last
  int depth_ = 0;
};

/// One more evaluation inside the others; refuses what would exhaust the stack.
class Interpreter::Deeper {
 public:
  explicit Deeper(Interpreter& in) : in_(in) {
    in.meter_.step();
    if (in.depth_ >= in.meter_.limits().max_depth)
      in.raise(ExceptionType::RecursionError, "maximum recursion depth exceeded");
    ++in.depth_;
  }
  ~Deeper() { --in_.depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  Interpreter& in_;
};

}  // namespace retort::problems::python
