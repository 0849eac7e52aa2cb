// ValueType: the type of a parameter or a result, from a Python type expression ("dict[str, list[int]]").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/error.h"

namespace retort::eval {

enum class ValueKind : uint8_t { none, boolean, integer, real, text, list, set, tuple, dict };

struct ValueType {
  ValueKind kind = ValueKind::none;
  std::vector<ValueType> of;  // of list and set one, of dict two, of tuple one or more
};

/// int float bool str None list[T] set[T] tuple[T, ...] dict[K, V], at most 8 deep.
Result<ValueType> parse_value_type(std::string_view text);

/// "std::vector<long long>". Error unsupported for None.
Result<std::string> cpp_type(const ValueType& type);

}  // namespace retort::eval
