#include "retort/problems/python/interpreter.h"

#include <algorithm>

#include "retort/base/check.h"

namespace retort::problems::python {

Interpreter::Interpreter(const Limits& limits) : meter_(limits), heap_(meter_) {
  global_ = heap_.make<Scope>();
  scope_ = global_;
}

void Interpreter::run(const Syntax& program) {
  execute(program.body);
}

Value Interpreter::evaluate_alone(const Expression& e) {
  return evaluate(e);
}

std::optional<Value> Interpreter::global(std::string_view name) {
  if (Value* value = global_->find(name)) return *value;
  return std::nullopt;
}

Interpreter::Flow Interpreter::execute(const Block& block) {
  for (const Statement* s : block)
    if (Flow flow = execute(*s); flow != Flow::next) return flow;
  return Flow::next;
}

Interpreter::Flow Interpreter::execute(const Statement& s) {
  Deeper deeper(*this);
  switch (s.kind) {
    case StatementKind::branch:
      return execute(truthy(evaluate(*s.value)) ? s.body : s.other);
    case StatementKind::loop:
      return loop(s);
    case StatementKind::iterate:
      return iterate(s);
    case StatementKind::attempt:
      return attempt(s);
    default:
      return execute_simple(s);
  }
}

Interpreter::Flow Interpreter::execute_simple(const Statement& s) {
  switch (s.kind) {
    case StatementKind::expression:
      // A docstring, or another string that stands alone, is a comment.
      if (s.value->kind != ExpressionKind::string) (void)evaluate(*s.value);
      return Flow::next;
    case StatementKind::assign: {
      Value value = evaluate(*s.value);
      for (const Expression* target : s.targets) assign(*target, value);
      return Flow::next;
    }
    case StatementKind::augment:
      augment(s);
      return Flow::next;
    case StatementKind::returns:
      result_ = s.value != nullptr ? evaluate(*s.value) : Value();
      return Flow::returned;
    case StatementKind::raises:
      raise_statement(s);
    case StatementKind::asserts:
      if (!truthy(evaluate(*s.value))) raise_assertion(s);
      return Flow::next;
    case StatementKind::erase:
      for (const Expression* target : s.targets) erase_target(*target);
      return Flow::next;
    case StatementKind::stop:
      return Flow::stop;
    case StatementKind::again:
      return Flow::again;
    case StatementKind::define:
      define(s.definition->name, function(*s.definition));
      return Flow::next;
    default:
      return Flow::next;  // pass
  }
}

Interpreter::Flow Interpreter::loop(const Statement& s) {
  while (truthy(evaluate(*s.value))) {
    Flow flow = execute(s.body);
    if (flow == Flow::returned) return flow;
    if (flow == Flow::stop) return Flow::next;
  }
  return execute(s.other);
}

Interpreter::Flow Interpreter::iterate(const Statement& s) {
  Value items = evaluate(*s.value);
  require_iterable(items);
  bool is_table = items.is(Kind::dict) || items.is(Kind::set);
  int64_t size = is_table ? length(items) : 0;
  size_t at = 0;
  while (true) {
    if (is_table && length(items) != size)
      raise(ExceptionType::RuntimeError, "{} changed size during iteration",
            items.is(Kind::dict) ? "dictionary" : "Set");
    auto item = next_item(items, at);
    if (!item) break;
    assign(*s.targets[0], *item);
    Flow flow = execute(s.body);
    if (flow == Flow::returned) return flow;
    if (flow == Flow::stop) return Flow::next;
  }
  return execute(s.other);
}

/// `finally` runs whatever happened; what it does wins. It does not run once the program is stopped.
Interpreter::Flow Interpreter::attempt(const Statement& s) {
  std::optional<Raised> raised;
  Flow flow = Flow::next;
  try {
    flow = attempt_handled(s);
  } catch (const Raised& r) {
    raised = r;
  }
  Value result = result_;
  Flow last = execute(s.last);
  if (last != Flow::next) return last;
  if (raised) throw *raised;
  result_ = result;
  return flow;
}

Interpreter::Flow Interpreter::attempt_handled(const Statement& s) {
  Value exception;
  try {
    if (Flow flow = execute(s.body); flow != Flow::next) return flow;
  } catch (const Raised& raised) {
    exception = raised.exception;
  }
  if (exception.is(Kind::none)) return execute(s.other);
  for (const Handler& handler : s.handlers) {
    if (!handles(handler, exception)) continue;
    if (!handler.name.empty()) define(handler.name, exception);
    handled_.push_back(exception);
    // The name ends with the handler, as in Python.
    struct End {
      Interpreter& in;
      std::string_view name;
      ~End() {
        in.handled_.pop_back();
        in.forget(name);
      }
    } end{*this, handler.name};
    return execute(handler.body);
  }
  throw Raised{exception};
}

bool Interpreter::handles(const Handler& handler, const Value& exception) {
  if (handler.type == nullptr) return true;
  Value type = evaluate(*handler.type);
  std::vector<Value> types = type.is(Kind::tuple) ? type.items() : std::vector<Value>{type};
  for (const Value& t : types) {
    if (!t.is(Kind::exception_class))
      raise(ExceptionType::TypeError,
            "catching classes that do not inherit from BaseException is not allowed");
    if (is_subclass(exception.exception().type, t.exception_type())) return true;
  }
  return false;
}

void Interpreter::define(std::string_view name, const Value& value) {
  meter_.step(scope_->names.size() / 16);
  if (Value* known = scope_->find(name)) {
    *known = value;
    return;
  }
  meter_.charge(sizeof(std::pair<std::string_view, Value>));
  scope_->names.emplace_back(name, value);
}

void Interpreter::assign(const Expression& target, const Value& value) {
  switch (target.kind) {
    case ExpressionKind::name:
      return define(target.text, value);
    case ExpressionKind::index: {
      Value object = evaluate(*target.parts[0]);
      Value key = evaluate(*target.parts[1]);
      return set_item(object, key, value);
    }
    case ExpressionKind::slice:
      throw Stopped{"assignment to a slice is not supported"};
    default: {
      std::vector<Value> items = items_of(value);
      if (items.size() < target.parts.size())
        raise(ExceptionType::ValueError, "not enough values to unpack (expected {}, got {})",
              target.parts.size(), items.size());
      if (items.size() > target.parts.size())
        raise(ExceptionType::ValueError, "too many values to unpack (expected {})", target.parts.size());
      for (size_t i = 0; i < items.size(); ++i) assign(*target.parts[i], items[i]);
    }
  }
}

void Interpreter::augment(const Statement& s) {
  const Expression& target = *s.targets[0];
  if (target.kind == ExpressionKind::name) {
    Value old = evaluate(target);
    Value by = evaluate(*s.value);
    if (old.is(Kind::list) && s.op == Operator::add) {  // in place, as list.extend
      std::vector<Value> more = items_of(by);
      meter_.charge(more.size(), sizeof(Value));
      old.items().insert(old.items().end(), more.begin(), more.end());
      return;
    }
    return define(target.text, binary(s.op, old, by));
  }
  Value object = evaluate(*target.parts[0]);
  Value key = evaluate(*target.parts[1]);
  Value old = item(object, key);
  Value by = evaluate(*s.value);
  set_item(object, key, binary(s.op, old, by));
}

void Interpreter::erase_target(const Expression& target) {
  if (target.kind == ExpressionKind::index) {
    Value object = evaluate(*target.parts[0]);
    Value key = evaluate(*target.parts[1]);
    return erase_item(object, key);
  }
  if (scope_->find(target.text) == nullptr) (void)evaluate(target);  // raises where there is none
  forget(target.text);
}

void Interpreter::forget(std::string_view name) {
  std::erase_if(scope_->names, [&](const auto& known) { return known.first == name; });
}

void Interpreter::raise_statement(const Statement& s) {
  if (s.value == nullptr) {
    if (handled_.empty()) raise(ExceptionType::RuntimeError, "No active exception to reraise");
    throw Raised{handled_.back()};
  }
  Value v = evaluate(*s.value);
  if (v.is(Kind::exception)) throw Raised{v};
  if (v.is(Kind::exception_class)) throw Raised{make_exception(v.exception_type(), {})};
  raise(ExceptionType::TypeError, "exceptions must derive from BaseException");
}

void Interpreter::raise_assertion(const Statement& s) {
  Arguments arguments;
  if (s.message != nullptr) arguments.positional.push_back(evaluate(*s.message));
  throw Raised{make_exception(ExceptionType::AssertionError, arguments)};
}

}  // namespace retort::problems::python
