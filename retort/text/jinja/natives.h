// Filters, tests, methods and global functions: each is one row of a table, and sees its arguments through
// `Arguments`, which has already checked names and number.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/text/jinja/value.h"

namespace retort::jinja {

class Interpreter;
class Arguments;

struct CallArguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

struct NativeRow {
  std::string_view name;
  Value (*function)(Interpreter&, const Value& self, const Arguments& arguments);
  /// Names of the parameters with spaces between; "*" takes anything, unchecked.
  std::string_view parameters = {};
};

/// Tables are sorted by nothing and searched in order; a template is bound to its rows when parsed.
using NativeTable = std::span<const NativeRow>;
NativeTable filter_rows();
NativeTable test_rows();
NativeTable string_methods();
NativeTable sequence_methods();
NativeTable dict_methods();
NativeTable loop_methods();
NativeTable global_functions();
const NativeRow* find_row(NativeTable table, std::string_view name);

class Arguments {
 public:
  Arguments(const NativeRow& row, const CallArguments& given);

  /// The i-th parameter's value, or null if it was not given.
  const Value* find(size_t i) const { return bound_[i]; }
  /// Throws if it was not given.
  const Value& required(size_t i) const;
  int64_t integer(size_t i, int64_t fallback) const;
  bool truth(size_t i, bool fallback) const;
  std::string_view text(size_t i, std::string_view fallback) const;
  /// Required, and a string.
  const Value& string(size_t i) const;
  /// As given, for rows with "*".
  const CallArguments& raw() const { return given_; }

 private:
  static constexpr size_t kMost = 6;
  std::string_view parameter(size_t i) const;

  const NativeRow& row_;
  const CallArguments& given_;
  const Value* bound_[kMost] = {};
};

}  // namespace retort::jinja
