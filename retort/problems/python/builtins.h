// The functions and methods that programs find ready-made: tables of name, number of arguments, function.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/problems/python/value.h"

namespace retort::problems::python {

class Interpreter;

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string_view, Value>> named;

  /// The argument by that name, or null.
  const Value* find(std::string_view name) const;
};

/// In the place of `named`: every name.
inline constexpr std::string_view kAnyName = "*";

struct BuiltinRow {
  std::string_view name;
  size_t least, most;      // positional arguments
  std::string_view named;  // names allowed, with a space after each
  Value (*run)(Interpreter&, const Arguments&);
  std::optional<Kind> makes;  // of a type: what its values are
};

struct MethodRow {
  Kind kind;
  std::string_view name;
  size_t least, most;
  Value (*run)(Interpreter&, const Value& self, const std::vector<Value>& arguments);
  std::string_view named = "";  // list.sort alone takes arguments by name: key and reverse
};

/// Null when there is none.
const BuiltinRow* find_builtin(std::string_view name);
/// A builtin or an attribute that Python has and the subset does not.
bool is_left_out(std::string_view name);
/// The type of a value, or null.
const BuiltinRow* type_row(Kind kind);
const MethodRow* find_method(Kind kind, std::string_view name);

// One table a file.
std::span<const BuiltinRow> function_rows();      // builtins_functions.cc
std::span<const BuiltinRow> type_rows();          // builtins_types.cc
std::span<const MethodRow> string_methods();      // methods_string.cc
std::span<const MethodRow> collection_methods();  // methods_collection.cc

/// sorted() and list.sort().
std::vector<Value> sorted_values(Interpreter& in, std::vector<Value> items, const Value* key, bool reverse);

}  // namespace retort::problems::python
