// The statements of a template: output, branches, loops, assignments, macros.
#include "retort/text/jinja/interpreter.h"

#include <algorithm>

#include "retort/text/jinja/show.h"

namespace retort::jinja {

/// A new scope for as long as this lives.
class Interpreter::Inside {
 public:
  Inside(Interpreter& i, Scope* parent) : interpreter_(i), outer_(i.scope_) {
    scope_ = i.push_scope(parent);
    i.scope_ = scope_;
  }
  ~Inside() {
    interpreter_.scope_ = outer_;
    interpreter_.pop_scope(scope_);
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Interpreter& interpreter_;
  Scope* outer_;
  Scope* scope_;
};

Interpreter::Interpreter(const Limits& limits, std::chrono::local_seconds now) : meter_(limits), now_(now) {
  scope_ = push_scope(nullptr);
}

Interpreter::~Interpreter() {
  for (auto& space : namespaces_) space.name_space().attributes.clear();
  for (auto& scope : scopes_) scope->names.clear();
}

void Interpreter::define(std::string_view name, Value value) {
  set(*scope_, name, std::move(value));
}

MarkedText Interpreter::run(const std::vector<Statement>& body) {
  Writer out(meter_, meter_.limits().max_output);
  execute(body, out);
  return out.take_marked();
}

Scope* Interpreter::push_scope(Scope* parent) {
  if (free_scopes_.empty()) {
    scopes_.push_back(std::make_unique<Scope>());
    free_scopes_.push_back(scopes_.back().get());
    meter_.hold(sizeof(Scope) + 2 * sizeof(void*));  // never released: scopes live as long as the meter
  }
  Scope* scope = free_scopes_.back();
  free_scopes_.pop_back();
  scope->parent = parent;
  return scope;
}

void Interpreter::pop_scope(Scope* scope) {
  if (scope->captured) return;
  scope->names.clear();
  free_scopes_.push_back(scope);
}

void Interpreter::set(Scope& scope, std::string_view name, Value value) {
  for (auto& [key, old] : scope.names)
    if (key == name) {
      old = std::move(value);
      return;
    }
  scope.names.emplace_back(name, std::move(value));
}

Interpreter::Flow Interpreter::execute(const Block& block, Writer& out) {
  Deeper deeper(*this);
  for (const Statement& s : block)
    if (Flow flow = execute(s, out); flow != Flow::next) return flow;
  return Flow::next;
}

Interpreter::Flow Interpreter::execute(const Statement& s, Writer& out) {
  meter_.step();
  place_ = s.place;
  switch (s.kind) {
    case StatementKind::text:
      out.append_trusted(s.text);
      return Flow::next;
    case StatementKind::output:
      write_str(out, evaluate(s.expressions[0]));
      return Flow::next;
    case StatementKind::branch:
      return branch(s, out);
    case StatementKind::loop:
      return loop(s, out);
    case StatementKind::assign:
      assign(s.targets[0], evaluate(s.expressions[0]));
      return Flow::next;
    case StatementKind::assign_block:
      assign_block(s);
      return Flow::next;
    case StatementKind::macro:
      set(*scope_, s.name, make_macro(s));
      return Flow::next;
    case StatementKind::call_block:
      call_block(s, out);
      return Flow::next;
    case StatementKind::filter_block:
      filter_block(s, out);
      return Flow::next;
    case StatementKind::with:
      return with(s, out);
    case StatementKind::scope: {
      Inside inside(*this, scope_);
      return execute(s.blocks[0], out);
    }
    case StatementKind::stop:
      return Flow::stop;
    case StatementKind::next:
      return Flow::again;
  }
  return Flow::next;
}

Interpreter::Flow Interpreter::branch(const Statement& s, Writer& out) {
  for (size_t i = 0; i < s.blocks.size(); ++i)
    if (i >= s.expressions.size() || truthy(evaluate(s.expressions[i]))) return execute(s.blocks[i], out);
  return Flow::next;
}

/// What the loop visits: the iterable's items that pass its `if`.
Value Interpreter::loop_items(const Statement& s) {
  Value all = iterate(evaluate(s.expressions[0]));
  if (s.expressions.size() == 1) return all;
  std::vector<Value> kept;
  for (const Value& item : all.sequence().items) {
    Inside inside(*this, scope_);
    assign(s.targets[0], item);
    if (truthy(evaluate(s.expressions[1]))) kept.push_back(item);
  }
  return make_sequence(meter_, std::move(kept));
}

Interpreter::Flow Interpreter::loop(const Statement& s, Writer& out) {
  auto state = make_object<Loop>(meter_);
  state->items = loop_items(s);
  set_depth(meter_, *state, state->items.depth());
  Value shown(Kind::loop, state);
  const auto& items = state->items.sequence().items;
  for (size_t i = 0; i < items.size(); ++i) {
    meter_.step();
    state->index0 = i;
    Inside inside(*this, scope_);
    set(*scope_, "loop", shown);
    assign(s.targets[0], items[i]);
    if (execute(s.blocks[0], out) == Flow::stop) break;
  }
  if (items.empty() && s.blocks.size() > 1) {
    Inside inside(*this, scope_);
    return execute(s.blocks[1], out);
  }
  return Flow::next;
}

void Interpreter::assign(const Expression& target, Value value) {
  if (target.kind == ExpressionKind::name)
    set(*scope_, target.name, std::move(value));
  else if (target.kind == ExpressionKind::tuple)
    unpack(target, value);
  else
    assign_attribute(target, std::move(value));
}

void Interpreter::unpack(const Expression& target, const Value& value) {
  Value items = iterate(value);
  const auto& all = items.sequence().items;
  place_ = target.place;
  if (all.size() != target.parts.size())
    fail(ErrorCode::bad_input, "{} values cannot be unpacked into {} names", all.size(), target.parts.size());
  for (size_t i = 0; i < all.size(); ++i) assign(target.parts[i], all[i]);
}

void Interpreter::assign_attribute(const Expression& target, Value value) {
  Value object = evaluate(target.parts[0]);
  place_ = target.place;
  require_defined(object);
  if (!object.is(Kind::name_space))
    fail(ErrorCode::bad_input, "attributes can be set on a namespace() only, not on a {}", type_name(object));
  auto& attributes = object.name_space().attributes;
  for (auto& [name, old] : attributes)
    if (name == target.name) {
      old = std::move(value);
      return;
    }
  static_cast<Object&>(object.name_space())
      .charge.add(sizeof(Value) + sizeof(std::string) + target.name.size());
  attributes.emplace_back(target.name, std::move(value));
}

Value Interpreter::capture(const Block& block) {
  Inside inside(*this, scope_);
  Writer out(meter_);
  execute(block, out);
  return text(out.take_marked());
}

void Interpreter::assign_block(const Statement& s) {
  Value value = capture(s.blocks[0]);
  if (!s.expressions.empty()) value = filter(s.expressions[0], &value);
  assign(s.targets[0], std::move(value));
}

void Interpreter::filter_block(const Statement& s, Writer& out) {
  Value value = capture(s.blocks[0]);
  write_str(out, filter(s.expressions[0], &value));
}

void Interpreter::call_block(const Statement& s, Writer& out) {
  Value caller = make_macro(s);
  write_str(out, call_expression(s.expressions[0], &caller));
}

Interpreter::Flow Interpreter::with(const Statement& s, Writer& out) {
  std::vector<Value> values;
  for (const Expression& e : s.expressions) values.push_back(evaluate(e));
  Inside inside(*this, scope_);
  for (size_t i = 0; i < values.size(); ++i) assign(s.targets[i], std::move(values[i]));
  return execute(s.blocks[0], out);
}

Value Interpreter::make_macro(const Statement& s) {
  auto macro = make_object<Macro>(meter_);
  macro->definition = &s;
  macro->closure = scope_;
  for (Scope* scope = scope_; scope && !scope->captured; scope = scope->parent) scope->captured = true;
  return {Kind::macro, std::move(macro)};
}

namespace {

/// The arguments of one call of a macro, handed out by name.
class NamedArguments {
 public:
  explicit NamedArguments(const CallArguments& given) : given_(given), taken_(given.named.size()) {}
  const Value* take(std::string_view name) {
    for (size_t i = 0; i < taken_.size(); ++i)
      if (given_.named[i].first == name) return taken_[i] = true, &given_.named[i].second;
    return nullptr;
  }
  Value rest(Meter& meter) const {
    std::vector<std::pair<Value, Value>> entries;
    for (size_t i = 0; i < taken_.size(); ++i)
      if (!taken_[i]) entries.emplace_back(make_string(meter, given_.named[i].first), given_.named[i].second);
    return make_dict(meter, std::move(entries));
  }

 private:
  const CallArguments& given_;
  std::vector<bool> taken_;
};

}  // namespace

/// Sets the macro's parameters in the current scope.
void Interpreter::bind_parameters(const Statement& definition, const CallArguments& arguments) {
  const auto& parameters = definition.parameters;
  const auto& positional = arguments.positional;
  NamedArguments named(arguments);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& p = parameters[i];
    const Value* by_name = named.take(p.name);
    if (i < positional.size() && by_name)
      fail(ErrorCode::bad_input, "macro '{}' is given its parameter '{}' twice", definition.name, p.name);
    if (i < positional.size())
      set(*scope_, p.name, positional[i]);
    else if (by_name)
      set(*scope_, p.name, *by_name);
    else if (p.fallback.empty())
      set(*scope_, p.name, Value::undefined(fmt::format("parameter '{}' was not provided", p.name)));
    else
      set(*scope_, p.name, evaluate(p.fallback[0]));
  }
  if (definition.takes_caller)
    if (const Value* caller = named.take("caller")) set(*scope_, "caller", *caller);
  Value rest = named.rest(meter_);
  if (definition.takes_kwargs)
    set(*scope_, "kwargs", rest);
  else if (truthy(rest))
    fail(ErrorCode::bad_input, "macro '{}' has no parameter '{}'", definition.name,
         rest.dict().entries[0].first.text());
  auto used = std::min(positional.size(), parameters.size());
  std::vector<Value> more(positional.begin() + static_cast<ptrdiff_t>(used), positional.end());
  if (!more.empty() && !definition.takes_varargs)
    fail(ErrorCode::bad_input, "macro '{}' takes at most {} arguments, {} are given", definition.name,
         parameters.size(), positional.size());
  if (definition.takes_varargs)
    set(*scope_, "varargs", make_sequence(meter_, std::move(more), SequenceStyle::tuple));
}

Value Interpreter::call_macro(const Macro& macro, const CallArguments& arguments) {
  Deeper deeper(*this);
  Inside inside(*this, macro.closure);
  bind_parameters(*macro.definition, arguments);
  Writer out(meter_);
  execute(macro.definition->blocks[0], out);
  return text(out.take_marked());
}

}  // namespace retort::jinja
