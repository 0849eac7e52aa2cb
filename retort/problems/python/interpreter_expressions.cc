#include <fmt/core.h>

#include <algorithm>

#include "retort/base/check.h"
#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {
namespace {

// Classes of exceptions are names like the builtins.
std::optional<ExceptionType> exception_named(std::string_view text) {
  constexpr ExceptionType kAll[] = {
#define X(name, parent) ExceptionType::name,
#include "retort/problems/python/exceptions.inc"
#undef X
  };
  for (ExceptionType type : kAll)
    if (name(type) == text) return type;
  return std::nullopt;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Puts a scope in place, and the old one back at the end.
class InScope {
 public:
  InScope(Scope*& place, Scope* scope) : place_(place), back_(place) { place = scope; }
  ~InScope() { place_ = back_; }
  InScope(const InScope&) = delete;
  InScope& operator=(const InScope&) = delete;

 private:
  Scope*& place_;
  Scope* back_;
};

}  // namespace

const Value* Arguments::find(std::string_view name) const {
  for (const auto& [known, value] : named)
    if (known == name) return &value;
  return nullptr;
}

Value Interpreter::evaluate(const Expression& e) {
  Deeper deeper(*this);
  return evaluate_kind(e);
}

Value Interpreter::evaluate_kind(const Expression& e) {
  switch (e.kind) {
    case ExpressionKind::name:
      return lookup(e.text);
    case ExpressionKind::none:
      return {};
    case ExpressionKind::boolean:
      return Value::boolean(e.integer != 0);
    case ExpressionKind::integer:
      return Value::integer(e.integer);
    case ExpressionKind::real:
      return Value::real(e.real);
    case ExpressionKind::string:
      // Lengths and indexes count bytes here, so text beyond ASCII would give other results than Python's.
      if (!is_ascii(e.text)) throw Stopped{"text beyond ASCII is not supported"};
      return text(e.text);
    case ExpressionKind::formatted:
      return formatted(e);
    case ExpressionKind::conversion: {
      Value v = evaluate(*e.parts[0]);
      return text(e.integer != 0 ? repr(v) : str(v));
    }
    case ExpressionKind::list:
    case ExpressionKind::tuple:
    case ExpressionKind::set:
    case ExpressionKind::dict:
      return display(e);
    case ExpressionKind::unary:
      return unary(e.op, evaluate(*e.parts[0]));
    case ExpressionKind::binary: {
      Value a = evaluate(*e.parts[0]);
      Value b = evaluate(*e.parts[1]);
      return binary(e.op, a, b);
    }
    case ExpressionKind::comparison:
      return comparison(e);
    case ExpressionKind::both:
    case ExpressionKind::either:
      return logical(e);
    case ExpressionKind::conditional:
      return evaluate(truthy(evaluate(*e.parts[1])) ? *e.parts[0] : *e.parts[2]);
    case ExpressionKind::call:
      return call_expression(e);
    case ExpressionKind::attribute:
      return attribute(e);
    case ExpressionKind::index: {
      Value object = evaluate(*e.parts[0]);
      Value key = evaluate(*e.parts[1]);
      return item(object, key);
    }
    case ExpressionKind::slice:
      return slice_expression(e);
    case ExpressionKind::comprehension:
      return comprehension(e);
    case ExpressionKind::lambda:
      return function(*e.definition);
  }
  RETORT_CHECK(false);
  return {};
}

Value Interpreter::lookup(const std::string& wanted) {
  bool own = true;
  for (Scope* scope = scope_; scope != nullptr; scope = scope->parent) {
    meter_.step(scope->names.size() / 16);
    if (const Value* value = scope->find(wanted)) return *value;
    if (scope->definition == nullptr) continue;
    const std::vector<std::string>& locals = scope->definition->locals;
    bool assigned = std::find(locals.begin(), locals.end(), wanted) != locals.end();
    if (assigned && !own)
      raise(ExceptionType::NameError,
            "cannot access free variable '{}' where it is not associated with a value", wanted);
    own = false;
    if (assigned)
      raise(ExceptionType::UnboundLocalError,
            "cannot access local variable '{}' where it is not associated with a value", wanted);
  }
  if (const BuiltinRow* row = find_builtin(wanted)) return Value::builtin(*row);
  if (auto type = exception_named(wanted)) return Value::exception_class(*type);
  if (is_left_out(wanted)) throw Stopped{fmt::format("'{}' is not supported", wanted)};
  raise(ExceptionType::NameError, "name '{}' is not defined", wanted);
}

std::vector<Value> Interpreter::evaluate_all(const Expressions& parts) {
  std::vector<Value> values;
  values.reserve(parts.size());
  for (const Expression* part : parts) values.push_back(evaluate(*part));
  return values;
}

Value Interpreter::formatted(const Expression& e) {
  std::string all;
  for (const Expression* part : e.parts) all += evaluate(*part).text();
  return text(std::move(all));
}

Value Interpreter::display(const Expression& e) {
  std::vector<Value> values = evaluate_all(e.parts);
  if (e.kind == ExpressionKind::list) return heap_.list(std::move(values));
  if (e.kind == ExpressionKind::tuple) return heap_.tuple(std::move(values));
  return e.kind == ExpressionKind::set ? set_of(values) : dict_of(values);
}

Value Interpreter::dict_of(const std::vector<Value>& keys_and_values) {
  Table* table = heap_.make<Table>();
  for (size_t i = 0; i + 1 < keys_and_values.size(); i += 2)
    put(*table, keys_and_values[i], keys_and_values[i + 1]);
  return Value(Kind::dict, table);
}

Value Interpreter::set_of(const std::vector<Value>& keys) {
  Table* table = heap_.make<Table>();
  for (const Value& key : keys) put(*table, key, Value());
  return Value(Kind::set, table);
}

Value Interpreter::comparison(const Expression& e) {
  Value left = evaluate(*e.parts[0]);
  for (size_t i = 0; i < e.ops.size(); ++i) {
    Value right = evaluate(*e.parts[i + 1]);
    if (!compare(e.ops[i], left, right)) return Value::boolean(false);
    left = right;
  }
  return Value::boolean(true);
}

/// `and` gives the first false value, `or` the first true one; else the last.
Value Interpreter::logical(const Expression& e) {
  Value value;
  for (const Expression* part : e.parts) {
    value = evaluate(*part);
    if (truthy(value) == (e.kind == ExpressionKind::either)) break;
  }
  return value;
}

Value Interpreter::slice_expression(const Expression& e) {
  Value object = evaluate(*e.parts[0]);
  Value bounds[3];
  for (size_t i = 0; i < 3; ++i)
    if (e.parts[i + 1] != nullptr) bounds[i] = evaluate(*e.parts[i + 1]);
  return slice(object, bounds);
}

Value Interpreter::comprehension(const Expression& e) {
  Scope* scope = heap_.make<Scope>();
  scope->parent = scope_;
  InScope inside(scope_, scope);
  std::vector<Value> made;
  comprehend(e, 0, [&] {
    for (const Expression* part : e.parts) made.push_back(evaluate(*part));
    meter_.charge(e.parts.size() * sizeof(Value));
    return true;
  });
  switch (e.makes) {
    case ExpressionKind::list:
      return heap_.list(std::move(made));
    case ExpressionKind::set:
      return set_of(made);
    case ExpressionKind::dict:
      return dict_of(made);
    default:
      return heap_.iterator(std::move(made));  // a generator, worked out at once
  }
}

/// Calls `visit` for every combination that fits; it says whether to go on. False when it said no.
bool Interpreter::comprehend(const Expression& e, size_t clause, const std::function<bool()>& visit) {
  if (clause == e.clauses.size()) return visit();
  const Clause& c = e.clauses[clause];
  Value items = evaluate(*c.items);
  require_iterable(items);
  size_t at = 0;
  while (auto item = next_item(items, at)) {
    assign(*c.target, *item);
    bool wanted = std::all_of(c.conditions.begin(), c.conditions.end(),
                              [&](const Expression* condition) { return truthy(evaluate(*condition)); });
    if (wanted && !comprehend(e, clause + 1, visit)) return false;
  }
  return true;
}

/// any(), all() and next() over a generator look no further than they must, which shows when a later item
/// raises. Nothing for other calls.
std::optional<Value> Interpreter::short_circuit(const Value& callee, const Expression& e) {
  if (!callee.is(Kind::builtin) || e.parts.size() != 2 || !e.names.empty()) return std::nullopt;
  const Expression& generator = *e.parts[1];
  if (generator.kind != ExpressionKind::comprehension || generator.makes != ExpressionKind::tuple)
    return std::nullopt;
  std::string_view callee_name = callee.row().name;
  bool any = callee_name == "any", all = callee_name == "all";
  if (!any && !all && callee_name != "next") return std::nullopt;

  Scope* scope = heap_.make<Scope>();
  scope->parent = scope_;
  InScope inside(scope_, scope);
  Value last;
  bool ended = comprehend(generator, 0, [&] {
    last = evaluate(*generator.parts[0]);
    return (any || all) && truthy(last) == all;
  });
  if (any || all) return Value::boolean(ended == all);
  if (ended) raise(ExceptionType::StopIteration, "");
  return last;
}

Value Interpreter::function(const Definition& definition) {
  Function* f = heap_.make<Function>();
  f->definition = &definition;
  f->closure = scope_;
  f->defaults = evaluate_all(definition.defaults);
  return Value(Kind::function, f);
}

Value Interpreter::attribute(const Expression& e) {
  Value object = evaluate(*e.parts[0]);
  const MethodRow* row = find_method(object.kind(), e.text);
  if (row != nullptr) {
    Method* method = heap_.make<Method>();
    method->row = row;
    method->self = object;
    return Value(Kind::method, method);
  }
  if (object.is(Kind::exception) && e.text == "args") return heap_.tuple(object.exception().arguments);
  if (object.is(Kind::exception_class) && e.text == "__name__")
    return text(std::string(python::name(object.exception_type())));
  if (object.is(Kind::builtin) && e.text == "__name__") return text(std::string(object.row().name));
  if (is_left_out(e.text)) throw Stopped{fmt::format("the attribute '{}' is not supported", e.text)};
  raise(ExceptionType::AttributeError, "'{}' object has no attribute '{}'", type_name(object), e.text);
}

Value Interpreter::call_expression(const Expression& e) {
  Value callee = evaluate(*e.parts[0]);
  if (auto value = short_circuit(callee, e)) return *value;
  Arguments arguments;
  size_t positional = e.parts.size() - 1 - e.names.size();
  for (size_t i = 0; i < positional; ++i) arguments.positional.push_back(evaluate(*e.parts[i + 1]));
  for (size_t i = 0; i < e.names.size(); ++i)
    arguments.named.emplace_back(e.names[i], evaluate(*e.parts[positional + 1 + i]));
  return call(callee, arguments);
}

Value Interpreter::call(const Value& callee, const Arguments& arguments) {
  switch (callee.kind()) {
    case Kind::function:
      return call_function(callee.function(), arguments);
    case Kind::builtin:
      return call_builtin(callee.row(), arguments);
    case Kind::method:
      return call_method(callee.method(), arguments);
    case Kind::exception_class:
      return make_exception(callee.exception_type(), arguments);
    default:
      raise(ExceptionType::TypeError, "'{}' object is not callable", type_name(callee));
  }
}

Value Interpreter::call_function(const Function& f, const Arguments& arguments) {
  Deeper deeper(*this);
  Scope* scope = heap_.make<Scope>();
  scope->parent = f.closure;
  scope->definition = f.definition;
  bind(f, arguments, *scope);
  InScope inside(scope_, scope);
  bool returned = execute(f.definition->body) == Flow::returned;
  return returned ? std::exchange(result_, Value()) : Value();
}

void Interpreter::bind(const Function& f, const Arguments& arguments, Scope& scope) {
  const Definition& d = *f.definition;
  if (arguments.positional.size() > d.parameters.size())
    raise(ExceptionType::TypeError, "{}() takes {} positional arguments but {} were given", d.name,
          d.parameters.size(), arguments.positional.size());
  meter_.charge(d.parameters.size() * sizeof(scope.names[0]));
  for (size_t i = 0; i < arguments.positional.size(); ++i)
    scope.names.emplace_back(d.parameters[i], arguments.positional[i]);
  for (const auto& [given, value] : arguments.named) {
    auto known = std::find(d.parameters.begin(), d.parameters.end(), given);
    if (known == d.parameters.end())
      raise(ExceptionType::TypeError, "{}() got an unexpected keyword argument '{}'", d.name, given);
    if (scope.find(given) != nullptr)
      raise(ExceptionType::TypeError, "{}() got multiple values for argument '{}'", d.name, given);
    scope.names.emplace_back(*known, value);
  }
  size_t first_default = d.parameters.size() - f.defaults.size();
  for (size_t i = 0; i < d.parameters.size(); ++i) {
    if (scope.find(d.parameters[i]) != nullptr) continue;
    if (i < first_default)
      raise(ExceptionType::TypeError, "{}() missing 1 required positional argument: '{}'", d.name,
            d.parameters[i]);
    scope.names.emplace_back(d.parameters[i], f.defaults[i - first_default]);
  }
}

void Interpreter::check_arguments(std::string_view callee, size_t least, size_t most, std::string_view named,
                                  const Arguments& arguments) {
  for (const auto& [given, value] : arguments.named)
    if (named != kAnyName && named.find(std::string(given) + " ") == named.npos)
      raise(ExceptionType::TypeError, "{}() got an unexpected keyword argument '{}'", callee, given);
  size_t n = arguments.positional.size();
  if (n < least || n > most)
    raise(ExceptionType::TypeError, "{}() takes {} to {} arguments, got {}", callee, least, most, n);
}

Value Interpreter::call_builtin(const BuiltinRow& row, const Arguments& arguments) {
  Deeper deeper(*this);
  check_arguments(row.name, row.least, row.most, row.named, arguments);
  return row.run(*this, arguments);
}

Value Interpreter::call_method(const Method& method, const Arguments& arguments) {
  Deeper deeper(*this);
  const MethodRow& row = *method.row;
  check_arguments(row.name, row.least, row.most, row.named, arguments);
  if (arguments.named.empty()) return row.run(*this, method.self, arguments.positional);
  // list.sort(key=, reverse=)
  std::vector<Value> by_place(2);
  if (const Value* key = arguments.find("key")) by_place[0] = *key;
  if (const Value* reverse = arguments.find("reverse")) by_place[1] = *reverse;
  return row.run(*this, method.self, by_place);
}

Value Interpreter::make_exception(ExceptionType type, const Arguments& arguments) {
  if (!arguments.named.empty())
    raise(ExceptionType::TypeError, "{}() takes no keyword arguments", python::name(type));
  ExceptionObject* e = heap_.make<ExceptionObject>(arguments.positional.size() * sizeof(Value));
  e->type = type;
  e->arguments = arguments.positional;
  return Value(Kind::exception, e);
}

}  // namespace retort::problems::python
