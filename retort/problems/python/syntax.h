// The syntax tree of the Python subset. Nodes live in one Syntax and point at each other, so a tree of any
// shape is destroyed without recursion.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retort::problems::python {

/// Thrown by lexer and parser: the source is not Python, or not of the subset.
struct SyntaxFault {
  int line;
  std::string reason;
};

enum class Operator : uint8_t {
  none,
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  modulo,
  power,
  bit_and,
  bit_or,
  bit_xor,
  shift_left,
  shift_right,
  negate,
  plus,
  invert,
  logical_not,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in,
  is,
  is_not,
};

enum class ExpressionKind : uint8_t {
  name,  // text
  none,
  boolean,  // integer
  integer,
  real,
  string,      // text
  formatted,   // parts in turn: strings, and `conversion` nodes
  conversion,  // parts[0] as str(), or as repr() where integer is 1
  list,        // parts
  tuple,
  set,
  dict,           // parts: key, value, key, value
  unary,          // op, parts[0]
  binary,         // op, parts[0], parts[1]
  comparison,     // parts[0] ops[0] parts[1] ops[1] parts[2] ...
  both,           // and
  either,         // or
  conditional,    // parts[0] if parts[1] else parts[2]
  call,           // parts[0](parts[1..]), the last names.size() of them by name
  attribute,      // parts[0].text
  index,          // parts[0][parts[1]]
  slice,          // parts[0][parts[1]:parts[2]:parts[3]]; absent ones are null
  comprehension,  // makes: parts[0], of a dict parts[0]: parts[1]; for the clauses
  lambda,         // definition
};

struct Expression;
struct Statement;
struct Definition;
using Expressions = std::vector<const Expression*>;
using Block = std::vector<const Statement*>;

struct Clause {
  const Expression* target = nullptr;
  const Expression* items = nullptr;
  Expressions conditions;
};

struct Expression {
  ExpressionKind kind{};
  Operator op = Operator::none;
  ExpressionKind makes{};  // of a comprehension: list, set, dict, or tuple for a generator
  int depth = 1;           // of the tree below
  std::string text;
  int64_t integer = 0;
  double real = 0;
  Expressions parts;
  std::vector<Operator> ops;
  std::vector<std::string> names;
  std::vector<Clause> clauses;
  const Definition* definition = nullptr;
};

/// A function: `def` or `lambda`.
struct Definition {
  std::string name;
  std::vector<std::string> parameters;
  Expressions defaults;             // of the last parameters
  Block body;                       // of a lambda one `return`
  std::vector<std::string> locals;  // names that are assigned inside: reading one first is an error
  std::string docstring;
  bool has_docstring = false;
};

enum class StatementKind : uint8_t {
  expression,  // value
  assign,      // targets = value
  augment,     // targets[0] op= value
  returns,     // value or null
  raises,      // value or null
  asserts,     // value, message or null
  erase,       // del targets
  pass,
  stop,     // break
  again,    // continue
  branch,   // if value: body else: other
  loop,     // while value
  iterate,  // for targets[0] in value
  define,   // definition
  attempt,  // try body, handlers, other (else), last (finally)
};

struct Handler {
  const Expression* type = nullptr;  // null catches all
  std::string name;
  Block body;
};

struct Statement {
  StatementKind kind{};
  Operator op = Operator::none;
  int line = 0;
  const Expression* value = nullptr;
  const Expression* message = nullptr;
  Expressions targets;
  Block body, other, last;
  std::vector<Handler> handlers;
  const Definition* definition = nullptr;
};

struct Syntax {
  std::deque<Expression> expressions;
  std::deque<Statement> statements;
  std::deque<Definition> definitions;
  Block body;
};

}  // namespace retort::problems::python
