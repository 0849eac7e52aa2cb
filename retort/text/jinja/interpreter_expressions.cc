// The expressions of a template: names, operators, attributes, calls, filters and tests.
#include <algorithm>

#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/show.h"
#include "retort/text/jinja/slice.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja {

Value Interpreter::evaluate(const Expression& e) {
  meter_.step();
  if (e.kind == ExpressionKind::literal) return e.literal;
  Deeper deeper(*this);
  return evaluate_kind(e);
}

Value Interpreter::evaluate_kind(const Expression& e) {
  switch (e.kind) {
    case ExpressionKind::literal:
      return e.literal;
    case ExpressionKind::name:
      return name(e);
    case ExpressionKind::list:
    case ExpressionKind::tuple:
      return list(e);
    case ExpressionKind::dict:
      return dict(e);
    case ExpressionKind::attribute: {
      Value object = evaluate(e.parts[0]);
      place_ = e.place;
      return attribute(object, e.name);
    }
    case ExpressionKind::item: {
      Value object = evaluate(e.parts[0]);
      Value key = evaluate(e.parts[1]);
      place_ = e.place;
      return item(object, key);
    }
    case ExpressionKind::slice:
      return slice(e);
    case ExpressionKind::call:
      return call_expression(e, nullptr);
    case ExpressionKind::filter:
      return filter(e, nullptr);
    case ExpressionKind::test:
      return test(e);
    case ExpressionKind::negation:
      return !truthy(evaluate(e.parts[0]));
    case ExpressionKind::minus:
    case ExpressionKind::plus:
      return sign(e);
    case ExpressionKind::conjunction: {
      Value left = evaluate(e.parts[0]);
      return truthy(left) ? evaluate(e.parts[1]) : left;
    }
    case ExpressionKind::disjunction: {
      Value left = evaluate(e.parts[0]);
      return truthy(left) ? left : evaluate(e.parts[1]);
    }
    case ExpressionKind::comparison:
      return comparison(e);
    case ExpressionKind::arithmetic: {
      Value left = evaluate(e.parts[0]);
      Value right = evaluate(e.parts[1]);
      place_ = e.place;
      return binary(e.operators[0], left, right);
    }
    case ExpressionKind::concat:
      return concat(e);
    case ExpressionKind::conditional:
      return conditional(e);
  }
  return Value();
}

const Value* Interpreter::lookup(std::string_view name) const {
  for (const Scope* scope = scope_; scope; scope = scope->parent)
    for (const auto& [key, value] : scope->names)
      if (key == name) return &value;
  return nullptr;
}

Value Interpreter::name(const Expression& e) {
  if (const Value* value = lookup(e.name)) return *value;
  if (const NativeRow* row = find_row(global_functions(), e.name)) {
    auto function = make_object<Function>(meter_);
    function->row = row;
    return {Kind::function, std::move(function)};
  }
  return Value::undefined(fmt::format("'{}' is undefined", e.name));
}

Value Interpreter::list(const Expression& e) {
  std::vector<Value> items;
  items.reserve(e.parts.size());
  for (const Expression& part : e.parts) items.push_back(evaluate(part));
  auto style = e.kind == ExpressionKind::list ? SequenceStyle::list : SequenceStyle::tuple;
  return make_sequence(meter_, std::move(items), style);
}

Value Interpreter::dict(const Expression& e) {
  std::vector<std::pair<Value, Value>> entries;
  for (size_t i = 0; i + 1 < e.parts.size(); i += 2) {
    Value key = evaluate(e.parts[i]);
    entries.emplace_back(std::move(key), evaluate(e.parts[i + 1]));
  }
  place_ = e.place;
  return make_dict(meter_, std::move(entries));
}

Value Interpreter::slice(const Expression& e) {
  Value object = evaluate(e.parts[0]);
  Value begin = evaluate(e.parts[1]);
  Value end = evaluate(e.parts[2]);
  Value step = evaluate(e.parts[3]);
  place_ = e.place;
  return slice_of(meter_, object, begin, end, step);
}

namespace {

bool compare(Meter& meter, Operator op, const Value& a, const Value& b) {
  switch (op) {
    case Operator::equal:
      return equal(meter, a, b);
    case Operator::not_equal:
      return !equal(meter, a, b);
    case Operator::less:
      return less(meter, a, b);
    case Operator::greater:
      return less(meter, b, a);
    case Operator::less_equal:
      return less(meter, a, b) || equal(meter, a, b);
    case Operator::greater_equal:
      return less(meter, b, a) || equal(meter, a, b);
    case Operator::in:
      return contains(meter, b, a);
    default:
      return !contains(meter, b, a);
  }
}

}  // namespace

Value Interpreter::comparison(const Expression& e) {
  Value left = evaluate(e.parts[0]);
  for (size_t i = 0; i < e.operators.size(); ++i) {
    Value right = evaluate(e.parts[i + 1]);
    place_ = e.place;
    if (!compare(meter_, e.operators[i], left, right)) return false;
    left = std::move(right);
  }
  return true;
}

Value Interpreter::concat(const Expression& e) {
  Writer out(meter_);
  for (const Expression& part : e.parts) write_str(out, evaluate(part));
  return text(out.take_marked());
}

Value Interpreter::conditional(const Expression& e) {
  if (truthy(evaluate(e.parts[0]))) return evaluate(e.parts[1]);
  if (e.parts.size() > 2) return evaluate(e.parts[2]);
  return Value::undefined("the if-expression without else was false");
}

Value Interpreter::sign(const Expression& e) {
  Value value = evaluate(e.parts[0]);
  place_ = e.place;
  require_defined(value);
  if (!value.is_number())
    fail(ErrorCode::bad_input, "a {} has no sign; + and - before a value need a number", type_name(value));
  if (e.kind == ExpressionKind::minus && value.is(Kind::real)) return -value.real();
  return binary(e.kind == ExpressionKind::minus ? Operator::subtract : Operator::add, Value(int64_t{0}),
                value);
}

CallArguments Interpreter::arguments(const std::vector<Argument>& given) {
  CallArguments all;
  for (const Argument& argument : given) {
    Value value = evaluate(argument.value);
    if (argument.kind == Argument::Kind::positional) {
      all.positional.push_back(std::move(value));
    } else if (argument.kind == Argument::Kind::named) {
      all.named.emplace_back(argument.name, std::move(value));
    } else if (argument.kind == Argument::Kind::spread) {
      Value items = iterate(value);
      for (const Value& item : items.sequence().items) all.positional.push_back(item);
    } else {
      if (!value.is(Kind::dict)) fail(ErrorCode::bad_input, "** needs a dict, not a {}", type_name(value));
      for (const auto& [key, entry] : value.dict().entries) all.named.emplace_back(str(key), entry);
    }
  }
  meter_.check_items(all.positional.size() + all.named.size());
  return all;
}

Value Interpreter::call_expression(const Expression& e, const Value* caller) {
  Value callee = evaluate(e.parts[0]);
  CallArguments given = arguments(e.arguments);
  if (caller) given.named.emplace_back("caller", *caller);
  place_ = e.place;
  return call(callee, given);
}

Value Interpreter::call(const Value& callee, const CallArguments& arguments) {
  require_defined(callee);
  if (callee.is(Kind::macro)) return call_macro(callee.macro(), arguments);
  if (!callee.is(Kind::function)) fail(ErrorCode::bad_input, "a {} cannot be called", type_name(callee));
  return apply(*callee.function().row, callee.function().self, arguments);
}

Value Interpreter::apply(const NativeRow& row, const Value& self, const CallArguments& arguments) {
  meter_.step();
  return row.function(*this, self, Arguments(row, arguments));
}

Value Interpreter::filter(const Expression& e, const Value* block_text) {
  Value input = e.parts.empty()                             ? *block_text
                : e.parts[0].kind == ExpressionKind::filter ? filter(e.parts[0], block_text)
                                                            : evaluate(e.parts[0]);
  CallArguments given = arguments(e.arguments);
  place_ = e.place;
  if (!e.native) fail(ErrorCode::bad_input, "there is no filter '{}'", e.name);
  return apply(*e.native, input, given);
}

Value Interpreter::test(const Expression& e) {
  Value input = evaluate(e.parts[0]);
  CallArguments given = arguments(e.arguments);
  place_ = e.place;
  if (!e.native) fail(ErrorCode::bad_input, "there is no test '{}'", e.name);
  return apply(*e.native, input, given);
}

std::string Interpreter::str(const Value& value) {
  return to_str(meter_, value);
}

Value Interpreter::make_namespace(std::vector<std::pair<std::string, Value>> attributes) {
  auto space = make_object<Namespace>(meter_, 64 + attributes.size() * (sizeof(Value) + sizeof(std::string)));
  space->attributes = std::move(attributes);
  Value value(Kind::name_space, std::move(space));
  namespaces_.push_back(value);
  return value;
}

Value Interpreter::iterate(const Value& value) {
  std::vector<Value> items;
  switch (value.kind()) {
    case Kind::undefined:
      break;
    case Kind::string:
      meter_.step_bytes(value.text().size());
      for (size_t at = 0; at < value.text().size();) {
        meter_.check_items(items.size() + 1);
        size_t n = code_point_size(value.text(), at);
        items.push_back(make_part(meter_, value, value.text().substr(at, n)));
        at += n;
      }
      break;
    case Kind::sequence: {
      const Sequence& s = value.sequence();
      meter_.step();
      if (s.style != SequenceStyle::iterator) return value;
      if (std::exchange(s.consumed, true)) break;
      items = s.items;
      break;
    }
    case Kind::dict:
      for (const auto& [key, entry] : value.dict().entries) items.push_back(key);
      break;
    default:
      fail(ErrorCode::bad_input, "a {} cannot be iterated over", type_name(value));
  }
  return make_sequence(meter_, std::move(items));
}

namespace {

NativeTable methods_of(const Value& object) {
  switch (object.kind()) {
    case Kind::string:
      return string_methods();
    case Kind::sequence:
      return sequence_methods();
    case Kind::dict:
      return dict_methods();
    case Kind::loop:
      return loop_methods();
    default:
      return {};
  }
}

Value integer(size_t i) {
  return static_cast<int64_t>(i);
}

/// loop.index and its kin.
Value loop_attribute(const Loop& loop, std::string_view name) {
  const auto& items = loop.items.sequence().items;
  size_t i = loop.index0;
  size_t n = items.size();
  if (name == "index") return integer(i + 1);
  if (name == "index0") return integer(i);
  if (name == "revindex") return integer(n - i);
  if (name == "revindex0") return integer(n - i - 1);
  if (name == "first") return i == 0;
  if (name == "last") return i + 1 == n;
  if (name == "length") return integer(n);
  if (name == "depth0") return integer(0);  // of recursion, which is not supported
  if (name == "depth") return integer(1);
  if (name == "previtem") return i > 0 ? items[i - 1] : Value::undefined("there is no previous item");
  if (name == "nextitem") return i + 1 < n ? items[i + 1] : Value::undefined("there is no next item");
  return Value::undefined(fmt::format("'loop' has no attribute '{}'", name));
}

bool changes_its_object(std::string_view name) {
  static constexpr std::string_view kNames[] = {"append", "extend",  "insert", "remove",
                                                "sort",   "reverse", "pop",    "setdefault",
                                                "update", "clear",   "popitem"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Value missing_attribute(const Value& object, std::string_view name) {
  if ((object.is(Kind::sequence) || object.is(Kind::dict)) && changes_its_object(name))
    return Value::undefined(
        fmt::format("'{}' would change a {}: templates may not change values, build a new one with + instead",
                    name, type_name(object)));
  return Value::undefined(fmt::format("'{} object' has no attribute '{}'", type_name(object), name));
}

}  // namespace

/// Methods and attributes that belong to the type; undefined if there is none of the name.
Value Interpreter::own_attribute(const Value& object, std::string_view name) {
  if (const NativeRow* row = find_row(methods_of(object), name)) {
    auto function = make_object<Function>(meter_);
    function->row = row;
    function->self = object;
    set_depth(meter_, *function, object.depth());
    return {Kind::function, std::move(function)};
  }
  if (object.is(Kind::loop)) return loop_attribute(object.loop(), name);
  if (object.is(Kind::name_space)) {
    const Value* value = object.name_space().find(name);
    if (value) return *value;
  }
  if (object.is(Kind::sequence) && object.sequence().style == SequenceStyle::group) {
    if (name == "grouper") return object.sequence().items[0];
    if (name == "list") return object.sequence().items[1];
  }
  return missing_attribute(object, name);
}

Value Interpreter::attribute(const Value& object, std::string_view name) {
  require_defined(object);
  Value own = own_attribute(object, name);
  if (!own.is(Kind::undefined) || !object.is(Kind::dict)) return own;
  const Value* value = object.dict().find(name);
  return value ? *value : own;
}

Value Interpreter::item(const Value& object, const Value& key) {
  require_defined(object);
  meter_.step();
  if (object.is(Kind::dict)) {
    if (const Value* value = find(meter_, object.dict(), key)) return *value;
  } else if (key.is_integral() && (object.is(Kind::string) || object.is(Kind::sequence))) {
    if (auto value = item_at(meter_, object, key.integer())) return *value;
    return Value::undefined(fmt::format("'{} object' has no item {}", type_name(object), key.integer()));
  }
  if (key.is(Kind::string)) return own_attribute(object, key.text());
  return Value::undefined(fmt::format("'{} object' has no such item", type_name(object)));
}

}  // namespace retort::jinja
