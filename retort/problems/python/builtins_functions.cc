// The builtin functions: len, sum, sorted, ...
#include <algorithm>
#include <cmath>

#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {
namespace {

Value len(Interpreter& in, const Arguments& a) {
  return Value::integer(in.length(a.positional[0]));
}

Value sum(Interpreter& in, const Arguments& a) {
  Value total = Value::integer(0);
  if (a.positional.size() == 2) total = a.positional[1];
  if (const Value* start = a.find("start")) total = *start;
  if (total.is(Kind::string))
    in.raise(ExceptionType::TypeError, "sum() can't sum strings [use ''.join(seq) instead]");
  for (const Value& item : in.items_of(a.positional[0])) total = in.binary(Operator::add, total, item);
  return total;
}

Value extreme(Interpreter& in, const Arguments& a, bool largest) {
  const char* what = largest ? "max" : "min";
  std::vector<Value> items = a.positional.size() == 1 ? in.items_of(a.positional[0]) : a.positional;
  if (items.empty()) {
    if (const Value* value = a.find("default")) return *value;
    in.raise(ExceptionType::ValueError, "{}() arg is an empty sequence", what);
  }
  const Value* key = a.find("key");
  auto measure = [&](const Value& item) {
    return key != nullptr && !key->is(Kind::none) ? in.call(*key, {{item}, {}}) : item;
  };
  Value best = items[0], best_measure = measure(items[0]);
  for (size_t i = 1; i < items.size(); ++i) {
    Value m = measure(items[i]);
    if (largest ? in.less(best_measure, m) : in.less(m, best_measure)) {
      best = items[i];
      best_measure = m;
    }
  }
  return best;
}
Value min(Interpreter& in, const Arguments& a) {
  return extreme(in, a, false);
}
Value max(Interpreter& in, const Arguments& a) {
  return extreme(in, a, true);
}

Value sorted(Interpreter& in, const Arguments& a) {
  const Value* reverse = a.find("reverse");
  return in.heap().list(sorted_values(in, in.items_of(a.positional[0]), a.find("key"),
                                      reverse != nullptr && in.truthy(*reverse)));
}

Value reversed(Interpreter& in, const Arguments& a) {
  const Value& v = a.positional[0];
  if (v.is(Kind::set) || v.is(Kind::iterator))
    in.raise(ExceptionType::TypeError, "'{}' object is not reversible", type_name(v));
  std::vector<Value> items = in.items_of(v);
  std::reverse(items.begin(), items.end());
  return in.heap().iterator(std::move(items));
}

Value enumerate(Interpreter& in, const Arguments& a) {
  int64_t i = 0;
  const Value* start = a.positional.size() == 2 ? &a.positional[1] : a.find("start");
  if (start != nullptr) {
    if (!start->is_integral())
      in.raise(ExceptionType::TypeError, "'{}' object cannot be interpreted as an integer",
               type_name(*start));
    i = start->integer();
  }
  std::vector<Value> pairs;
  for (const Value& item : in.items_of(a.positional[0])) {
    pairs.push_back(in.heap().tuple({Value::integer(i), item}));
    if (__builtin_add_overflow(i, int64_t{1}, &i)) throw Stopped{"an integer beyond 64 bits"};
  }
  return in.heap().iterator(std::move(pairs));
}

Value zip(Interpreter& in, const Arguments& a) {
  std::vector<std::vector<Value>> columns;
  size_t n = SIZE_MAX;
  for (const Value& v : a.positional) {
    columns.push_back(in.items_of(v));
    n = std::min(n, columns.back().size());
  }
  std::vector<Value> rows;
  for (size_t i = 0; !columns.empty() && i < n; ++i) {
    std::vector<Value> row;
    for (const auto& column : columns) row.push_back(column[i]);
    rows.push_back(in.heap().tuple(std::move(row)));
  }
  return in.heap().iterator(std::move(rows));
}

Value map(Interpreter& in, const Arguments& a) {
  std::vector<Value> made;
  if (a.positional.size() != 2) throw Stopped{"map() over several iterables is not supported"};
  for (const Value& item : in.items_of(a.positional[1]))
    made.push_back(in.call(a.positional[0], {{item}, {}}));
  return in.heap().iterator(std::move(made));
}

Value filter(Interpreter& in, const Arguments& a) {
  std::vector<Value> kept;
  for (const Value& item : in.items_of(a.positional[1]))
    if (in.truthy(a.positional[0].is(Kind::none) ? item : in.call(a.positional[0], {{item}, {}})))
      kept.push_back(item);
  return in.heap().iterator(std::move(kept));
}

Value any(Interpreter& in, const Arguments& a) {
  for (const Value& item : in.items_of(a.positional[0]))
    if (in.truthy(item)) return Value::boolean(true);
  return Value::boolean(false);
}

Value all(Interpreter& in, const Arguments& a) {
  for (const Value& item : in.items_of(a.positional[0]))
    if (!in.truthy(item)) return Value::boolean(false);
  return Value::boolean(true);
}

Value abs(Interpreter& in, const Arguments& a) {
  const Value& v = a.positional[0];
  if (v.is(Kind::real)) return Value::real(std::fabs(v.number()));
  if (!v.is_integral()) in.raise(ExceptionType::TypeError, "bad operand type for abs(): '{}'", type_name(v));
  return v.integer() < 0 ? in.unary(Operator::negate, v) : Value::integer(v.integer());
}

Value divmod(Interpreter& in, const Arguments& a) {
  Value quotient = in.binary(Operator::floor_divide, a.positional[0], a.positional[1]);
  return in.heap().tuple({quotient, in.binary(Operator::modulo, a.positional[0], a.positional[1])});
}

Value pow(Interpreter& in, const Arguments& a) {
  return in.binary(Operator::power, a.positional[0], a.positional[1]);
}

Value round(Interpreter& in, const Arguments& a) {
  const Value& v = a.positional[0];
  if (v.is_integral() && a.positional.size() == 1) return Value::integer(v.integer());
  if (!v.is(Kind::real)) {
    if (v.is_integral()) throw Stopped{"round() of an integer to digits is not supported"};
    in.raise(ExceptionType::TypeError, "type {} doesn't define __round__ method", type_name(v));
  }
  if (a.positional.size() == 2) throw Stopped{"round() to digits is not supported"};
  double r = std::nearbyint(v.number());  // halves to even, as in Python
  if (!(r >= -9e18 && r <= 9e18)) throw Stopped{"an integer beyond 64 bits"};
  return Value::integer(static_cast<int64_t>(r));
}

Value isinstance(Interpreter& in, const Arguments& a) {
  const Value& v = a.positional[0];
  std::vector<Value> types =
      a.positional[1].is(Kind::tuple) ? a.positional[1].items() : std::vector<Value>{a.positional[1]};
  for (const Value& type : types) {
    if (type.is(Kind::exception_class)) {
      if (v.is(Kind::exception) && is_subclass(v.exception().type, type.exception_type()))
        return Value::boolean(true);
    } else if (type.is(Kind::builtin) && type.row().makes) {
      Kind wanted = *type.row().makes;
      // A bool is an int.
      if (v.kind() == wanted || (v.is(Kind::boolean) && wanted == Kind::integer)) return Value::boolean(true);
    } else {
      in.raise(ExceptionType::TypeError, "isinstance() arg 2 must be a type, a tuple of types, or a union");
    }
  }
  return Value::boolean(false);
}

Value type(Interpreter&, const Arguments& a) {
  const Value& v = a.positional[0];
  if (v.is(Kind::exception)) return Value::exception_class(v.exception().type);
  if (const BuiltinRow* row = type_row(v.kind())) return Value::builtin(*row);
  throw Stopped{"type() of this value is not supported"};
}

Value callable(Interpreter&, const Arguments& a) {
  Kind k = a.positional[0].kind();
  return Value::boolean(k == Kind::function || k == Kind::builtin || k == Kind::method ||
                        k == Kind::exception_class);
}

Value repr(Interpreter& in, const Arguments& a) {
  return in.text(in.repr(a.positional[0]));
}

Value ord(Interpreter& in, const Arguments& a) {
  const Value& v = a.positional[0];
  if (!v.is(Kind::string) || v.text().size() != 1)
    in.raise(ExceptionType::TypeError, "ord() expected a character");
  return Value::integer(static_cast<unsigned char>(v.text()[0]));
}

Value chr(Interpreter& in, const Arguments& a) {
  const Value& v = a.positional[0];
  if (!v.is_integral())
    in.raise(ExceptionType::TypeError, "'{}' object cannot be interpreted as an integer", type_name(v));
  if (v.integer() < 0 || v.integer() > 0x10ffff)
    in.raise(ExceptionType::ValueError, "chr() arg not in range(0x110000)");
  if (v.integer() > 127) throw Stopped{"text beyond ASCII is not supported"};
  return in.text(std::string(1, static_cast<char>(v.integer())));
}

/// The arguments are shown, as they may raise, and the text goes nowhere.
Value print(Interpreter& in, const Arguments& a) {
  for (const Value& v : a.positional) (void)in.str(v);
  return {};
}

Value iter(Interpreter& in, const Arguments& a) {
  if (a.positional[0].is(Kind::iterator)) return a.positional[0];
  return in.heap().iterator(in.items_of(a.positional[0]));
}

Value next(Interpreter& in, const Arguments& a) {
  const Value& v = a.positional[0];
  if (!v.is(Kind::iterator))
    in.raise(ExceptionType::TypeError, "'{}' object is not an iterator", type_name(v));
  size_t unused = 0;
  if (auto item = in.next_item(v, unused)) return *item;
  if (a.positional.size() == 2) return a.positional[1];
  in.raise(ExceptionType::StopIteration, "");
}

constexpr size_t kMany = 1'000;
constexpr BuiltinRow kRows[] = {
    {"len", 1, 1, "", len, {}},
    {"sum", 1, 2, "start ", sum, {}},
    {"min", 1, kMany, "key default ", min, {}},
    {"max", 1, kMany, "key default ", max, {}},
    {"sorted", 1, 1, "key reverse ", sorted, {}},
    {"reversed", 1, 1, "", reversed, {}},
    {"enumerate", 1, 2, "start ", enumerate, {}},
    {"zip", 0, kMany, "", zip, {}},
    {"map", 2, kMany, "", map, {}},
    {"filter", 2, 2, "", filter, {}},
    {"any", 1, 1, "", any, {}},
    {"all", 1, 1, "", all, {}},
    {"abs", 1, 1, "", abs, {}},
    {"divmod", 2, 2, "", divmod, {}},
    {"pow", 2, 2, "", pow, {}},
    {"round", 1, 2, "", round, {}},
    {"isinstance", 2, 2, "", isinstance, {}},
    {"type", 1, 1, "", type, {}},
    {"callable", 1, 1, "", callable, {}},
    {"repr", 1, 1, "", repr, {}},
    {"ord", 1, 1, "", ord, {}},
    {"chr", 1, 1, "", chr, {}},
    {"print", 0, kMany, "sep end ", print, {}},
    {"iter", 1, 1, "", iter, {}},
    {"next", 1, 2, "", next, {}},
};

}  // namespace

std::span<const BuiltinRow> function_rows() {
  return kRows;
}

const BuiltinRow* find_builtin(std::string_view name) {
  for (auto rows : {function_rows(), type_rows()})
    for (const BuiltinRow& row : rows)
      if (row.name == name) return &row;
  return nullptr;
}

bool is_left_out(std::string_view name) {
  constexpr std::string_view kNames[] = {
      // Builtins.
      "aiter", "anext", "ascii", "bin", "breakpoint", "bytearray", "bytes", "classmethod", "compile",
      "complex", "delattr", "dir", "eval", "exec", "exit", "format", "frozenset", "getattr", "globals",
      "hasattr", "hash", "help", "hex", "id", "input", "issubclass", "locals", "memoryview", "object", "oct",
      "open", "property", "quit", "setattr", "slice", "staticmethod", "super", "vars", "Ellipsis",
      "NotImplemented", "BufferError", "EOFError", "FloatingPointError", "ImportError", "IOError",
      "KeyboardInterrupt", "MemoryError", "ModuleNotFoundError", "PermissionError", "StopAsyncIteration",
      "SyntaxError", "SystemExit", "TimeoutError", "UnicodeError", "Warning",
      // Attributes and methods that no type of the subset has.
      "as_integer_ratio", "bit_count", "bit_length", "casefold", "center", "conjugate", "denominator",
      "difference_update", "encode", "expandtabs", "fromhex", "fromkeys", "from_bytes", "imag",
      "intersection_update", "is_integer", "isascii", "isdisjoint", "isidentifier", "isprintable", "issubset",
      "issuperset", "istitle", "ljust", "maketrans", "numerator", "partition", "popitem", "real",
      "removeprefix", "removesuffix", "rindex", "rjust", "rpartition", "rsplit", "splitlines", "start",
      "step", "stop", "symmetric_difference", "symmetric_difference_update", "to_bytes", "translate",
      "with_traceback", "add_note"};
  return name.starts_with("__") || std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

/// Merge sort: stable as Python's, and bounded even when the program's own keys give no order.
std::vector<Value> sorted_values(Interpreter& in, std::vector<Value> items, const Value* key, bool reverse) {
  struct Keyed {
    Value key, item;
  };
  std::vector<Keyed> from, to;
  bool keyed = key != nullptr && !key->is(Kind::none);
  for (const Value& item : items) from.push_back({keyed ? in.call(*key, {{item}, {}}) : item, item});
  in.meter().charge(2 * from.size(), sizeof(Keyed));
  to.resize(from.size());
  auto comes_first = [&](const Keyed& b, const Keyed& a) {
    return reverse ? in.less(a.key, b.key) : in.less(b.key, a.key);
  };
  for (size_t width = 1; width < from.size(); width *= 2) {
    for (size_t low = 0; low < from.size(); low += 2 * width) {
      size_t middle = std::min(low + width, from.size()), high = std::min(low + 2 * width, from.size());
      size_t i = low, j = middle;
      for (size_t k = low; k < high; ++k)
        to[k] = j < high && (i >= middle || comes_first(from[j], from[i])) ? from[j++] : from[i++];
    }
    std::swap(from, to);
  }
  for (size_t i = 0; i < from.size(); ++i) items[i] = from[i].item;
  return items;
}

}  // namespace retort::problems::python
