// The syntax tree of a template: plain values that nothing changes after parsing, so that threads share it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/text/jinja/value.h"

namespace retort::jinja {

struct NativeRow;
struct Argument;

enum class ExpressionKind : uint8_t {
  literal,      // literal
  name,         // name
  list,         // parts
  tuple,        // parts
  dict,         // parts: key, value, key, value, ...
  attribute,    // parts[0] . name
  item,         // parts[0] [ parts[1] ]
  slice,        // parts[0] [ parts[1] : parts[2] : parts[3] ]; what is left out is the literal none
  call,         // parts[0] ( arguments )
  filter,       // parts[0] | name ( arguments ); no parts where a block's text is the input
  test,         // parts[0] is name ( arguments )
  negation,     // not parts[0]
  minus,        // - parts[0]
  plus,         // + parts[0]
  conjunction,  // parts[0] and parts[1]
  disjunction,  // parts[0] or parts[1]
  comparison,   // parts[0] operators[0] parts[1] operators[1] parts[2] ...
  arithmetic,   // parts[0] operators[0] parts[1]
  concat,       // parts[0] ~ parts[1] ~ ...
  conditional,  // parts[1] if parts[0] else parts[2]; without else two parts
};

enum class Operator : uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in,  // comparison
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  modulo,
  power,  // arithmetic
};

struct Expression {
  ExpressionKind kind = ExpressionKind::literal;
  uint32_t place = 0;  // byte offset in the source
  uint32_t depth = 1;  // 1 + the deepest part's
  std::string name;
  Value literal;
  const NativeRow* native = nullptr;  // of a filter or test; null where there is none of that name
  std::vector<Operator> operators;
  std::vector<Expression> parts;
  std::vector<Argument> arguments;
};

struct Argument {
  enum class Kind : uint8_t { positional, named, spread, spread_named } kind = Kind::positional;
  std::string name;
  Expression value;
};

enum class StatementKind : uint8_t {
  text,          // text
  output,        // {{ expressions[0] }}
  branch,        // if: expressions are the conditions, blocks their bodies and the else's
  loop,          // for target in expressions[0] (if expressions[1]): blocks[0], else blocks[1]
  assign,        // set target = expressions[0]
  assign_block,  // set target | filter: expressions[0] is the filter chain, if any
  macro,         // name, parameters, blocks[0]
  call_block,    // call(parameters) expressions[0]: blocks[0]
  filter_block,  // expressions[0] is the filter chain
  with,          // with: targets and expressions in pairs, blocks[0]
  scope,         // generation: blocks[0] in a scope of its own
  stop,          // break
  next,          // continue
};

struct Parameter {
  std::string name;
  std::vector<Expression> fallback;  // none or one
};

struct Statement {
  StatementKind kind = StatementKind::text;
  uint32_t place = 0;
  std::string name;  // a macro's
  std::string text;
  std::vector<Expression> targets;
  std::vector<Expression> expressions;
  std::vector<std::vector<Statement>> blocks;
  std::vector<Parameter> parameters;
  bool takes_varargs = false;  // the macro's body names `varargs`
  bool takes_kwargs = false;   // ... `kwargs`
  bool takes_caller = false;   // ... `caller`
};

/// Parses the source, or throws Error "line 3, column 9: ...".
std::vector<Statement> parse(std::string_view source, const Limits& limits);

/// Jinja's first step: newlines become \n, and one newline at the very end is dropped.
std::string normalize_newlines(std::string_view source);

/// "line 3, column 9" of a byte offset.
std::string describe_place(std::string_view source, size_t offset);

}  // namespace retort::jinja
