// Runs a parsed template once. One interpreter belongs to one render; the syntax tree is shared and const.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/text/jinja/natives.h"
#include "retort/text/jinja/syntax.h"

namespace retort::jinja {

/// Names and their values. Looked up from the innermost outwards.
struct Scope {
  Scope* parent = nullptr;
  std::vector<std::pair<std::string_view, Value>> names;  // keys live in the syntax tree
  bool captured = false;  // a macro closed over it: kept to the end of the render
};

class Interpreter {
 public:
  Interpreter(const Limits& limits, std::chrono::local_seconds now);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  Meter& meter() { return meter_; }
  std::chrono::local_seconds now() const { return now_; }
  /// Byte offset of what is being evaluated, for the error that just came out of run().
  uint32_t place() const { return place_; }

  void define(std::string_view name, Value value);
  MarkedText run(const std::vector<Statement>& body);

  // For natives.
  Value call(const Value& callee, const CallArguments& arguments);
  Value apply(const NativeRow& row, const Value& self, const CallArguments& arguments);
  /// foo.name: methods first, then items. foo[key]: items first.
  Value attribute(const Value& object, std::string_view name);
  Value item(const Value& object, const Value& key);
  Value make_namespace(std::vector<std::pair<std::string, Value>> attributes);
  Value text(std::string s) { return make_string(meter_, std::move(s)); }
  Value text(MarkedText s) { return make_string(meter_, std::move(s)); }
  std::string str(const Value& value);
  /// str(value) as a value: a string is itself, trust included.
  Value as_string(const Value& value) { return value.is(Kind::string) ? value : text(str(value)); }
  /// Any iterable as a sequence: a dict's keys, a string's characters. Iterators are used up.
  Value iterate(const Value& value);
  Value binary(Operator op, const Value& a, const Value& b);

 private:
  enum class Flow { next, stop, again };  // go on, break, continue
  class Inside;

  /// One more evaluation inside the others; refuses what would exhaust the stack.
  struct Deeper {
    explicit Deeper(Interpreter& i) : interpreter(i) {
      if (++i.recursion_ > i.meter_.limits().max_recursion)
        Meter::over("evaluations inside each other", static_cast<uint64_t>(i.meter_.limits().max_recursion));
    }
    ~Deeper() { --interpreter.recursion_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Interpreter& interpreter;
  };

  // Expressions (interpreter_expressions.cc).
  Value evaluate(const Expression& e);
  Value evaluate_kind(const Expression& e);
  Value name(const Expression& e);
  Value list(const Expression& e);
  Value dict(const Expression& e);
  Value slice(const Expression& e);
  Value comparison(const Expression& e);
  Value concat(const Expression& e);
  Value conditional(const Expression& e);
  Value sign(const Expression& e);
  Value call_expression(const Expression& e, const Value* caller);
  Value filter(const Expression& e, const Value* block_text);
  Value test(const Expression& e);
  CallArguments arguments(const std::vector<Argument>& given);
  Value own_attribute(const Value& object, std::string_view name);
  const Value* lookup(std::string_view name) const;

  // Statements (interpreter.cc).
  using Block = std::vector<Statement>;
  Flow execute(const Block& block, Writer& out);
  Flow execute(const Statement& s, Writer& out);
  Flow branch(const Statement& s, Writer& out);
  Flow loop(const Statement& s, Writer& out);
  Value loop_items(const Statement& s);
  void assign(const Expression& target, Value value);
  void unpack(const Expression& target, const Value& value);
  void assign_attribute(const Expression& target, Value value);
  void assign_block(const Statement& s);
  void filter_block(const Statement& s, Writer& out);
  void call_block(const Statement& s, Writer& out);
  Flow with(const Statement& s, Writer& out);
  Value make_macro(const Statement& s);
  Value call_macro(const Macro& macro, const CallArguments& arguments);
  void bind_parameters(const Statement& definition, const CallArguments& arguments);
  Value capture(const Block& block);

  Scope* push_scope(Scope* parent);
  void pop_scope(Scope* scope);
  static void set(Scope& scope, std::string_view name, Value value);

  Meter meter_;  // first: it outlives every value
  std::chrono::local_seconds now_;
  std::vector<std::unique_ptr<Scope>> scopes_;  // all, in use or free
  std::vector<Scope*> free_scopes_;
  std::vector<Value> namespaces_;  // kept, so that cycles through them can be cut at the end
  Scope* scope_ = nullptr;
  uint32_t place_ = 0;
  int recursion_ = 0;
};

}  // namespace retort::jinja
