// The builtin types as functions: int("12"), list(x), ...
#include <charconv>
#include <cmath>

#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {
namespace {

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  size_t first = text.find_first_not_of(kSpace);
  return first == text.npos ? std::string_view()
                            : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Value integer_of_text(Interpreter& in, const Value& v) {
  std::string digits;
  std::string_view text = stripped(v.text());
  bool negative = text.starts_with('-');
  std::string_view rest = negative || text.starts_with('+') ? text.substr(1) : text;
  bool good = !rest.empty() && rest.back() != '_' && rest.front() != '_' && rest.find("__") == rest.npos;
  for (char c : rest) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (c != '_')
      good = false;
  }
  if (!good) in.raise(ExceptionType::ValueError, "invalid literal for int() with base 10: {}", in.repr(v));
  if (negative) digits.insert(0, 1, '-');
  int64_t i = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), i).ec != std::errc{})
    throw Stopped{"an integer beyond 64 bits"};
  return Value::integer(i);
}

Value make_int(Interpreter& in, const Arguments& a) {
  if (a.positional.empty()) return Value::integer(0);
  if (a.positional.size() == 2) throw Stopped{"int() with a base is not supported"};
  const Value& v = a.positional[0];
  if (v.is_integral()) return Value::integer(v.integer());
  if (v.is(Kind::string)) return integer_of_text(in, v);
  if (!v.is(Kind::real))
    in.raise(ExceptionType::TypeError,
             "int() argument must be a string, a bytes-like object or a real number, not '{}'", type_name(v));
  double r = std::trunc(v.number());
  if (std::isnan(r)) in.raise(ExceptionType::ValueError, "cannot convert float NaN to integer");
  if (std::isinf(r)) in.raise(ExceptionType::OverflowError, "cannot convert float infinity to integer");
  if (!(r >= -9e18 && r <= 9e18)) throw Stopped{"an integer beyond 64 bits"};
  return Value::integer(static_cast<int64_t>(r));
}

Value make_float(Interpreter& in, const Arguments& a) {
  if (a.positional.empty()) return Value::real(0);
  const Value& v = a.positional[0];
  if (v.is_number()) return Value::real(v.number());
  if (!v.is(Kind::string))
    in.raise(ExceptionType::TypeError, "float() argument must be a string or a real number, not '{}'",
             type_name(v));
  std::string_view text = stripped(v.text());
  if (text.starts_with('+') && !text.substr(1).starts_with('-')) text.remove_prefix(1);
  bool words = text.find_first_of("iInN_") != text.npos;
  if (words) throw Stopped{"float() of this text is not supported"};
  double r = 0;
  bool plain = !text.empty() && text.find_first_not_of("0123456789.eE+-") == text.npos;
  auto result = std::from_chars(text.data(), text.data() + text.size(), r);
  if (!plain || result.ptr != text.data() + text.size() || result.ec == std::errc::invalid_argument)
    in.raise(ExceptionType::ValueError, "could not convert string to float: {}", in.repr(v));
  if (result.ec != std::errc{}) throw Stopped{"a float beyond 64 bits"};
  return Value::real(r);
}

Value make_bool(Interpreter& in, const Arguments& a) {
  return Value::boolean(!a.positional.empty() && in.truthy(a.positional[0]));
}

Value make_str(Interpreter& in, const Arguments& a) {
  return in.text(a.positional.empty() ? "" : in.str(a.positional[0]));
}

std::vector<Value> items_or_none(Interpreter& in, const Arguments& a) {
  return a.positional.empty() ? std::vector<Value>() : in.items_of(a.positional[0]);
}

Value make_list(Interpreter& in, const Arguments& a) {
  return in.heap().list(items_or_none(in, a));
}

Value make_tuple(Interpreter& in, const Arguments& a) {
  return in.heap().tuple(items_or_none(in, a));
}

Value make_set(Interpreter& in, const Arguments& a) {
  Table* table = in.heap().make<Table>();
  for (const Value& key : items_or_none(in, a)) in.put(*table, key, Value());
  return Value(Kind::set, table);
}

Value make_dict(Interpreter& in, const Arguments& a) {
  if (!a.named.empty()) throw Stopped{"dict() with names is not supported"};
  Table* table = in.heap().make<Table>();
  bool copies = !a.positional.empty() && a.positional[0].is(Kind::dict);
  for (const Value& item : items_or_none(in, a)) {
    if (copies) {
      in.put(*table, item, in.item(a.positional[0], item));
      continue;
    }
    std::vector<Value> pair = in.items_of(item);
    if (pair.size() != 2)
      in.raise(ExceptionType::ValueError, "dictionary update sequence element has length {}; 2 is required",
               pair.size());
    in.put(*table, pair[0], pair[1]);
  }
  return Value(Kind::dict, table);
}

Value make_range(Interpreter& in, const Arguments& a) {
  int64_t bounds[3] = {0, 0, 1};
  for (size_t i = 0; i < a.positional.size(); ++i) {
    const Value& v = a.positional[i];
    if (!v.is_integral())
      in.raise(ExceptionType::TypeError, "'{}' object cannot be interpreted as an integer", type_name(v));
    bounds[a.positional.size() == 1 ? 1 : i] = v.integer();
  }
  if (bounds[2] == 0) in.raise(ExceptionType::ValueError, "range() arg 3 must not be zero");
  Range* r = in.heap().make<Range>();
  r->start = bounds[0];
  r->stop = bounds[1];
  r->step = bounds[2];
  return Value(Kind::range, r);
}

constexpr BuiltinRow kRows[] = {
    {"int", 0, 2, "", make_int, Kind::integer},   {"float", 0, 1, "", make_float, Kind::real},
    {"bool", 0, 1, "", make_bool, Kind::boolean}, {"str", 0, 1, "", make_str, Kind::string},
    {"list", 0, 1, "", make_list, Kind::list},    {"tuple", 0, 1, "", make_tuple, Kind::tuple},
    {"set", 0, 1, "", make_set, Kind::set},       {"dict", 0, 1, kAnyName, make_dict, Kind::dict},
    {"range", 1, 3, "", make_range, Kind::range},
};

}  // namespace

std::span<const BuiltinRow> type_rows() {
  return kRows;
}

const BuiltinRow* type_row(Kind kind) {
  for (const BuiltinRow& row : kRows)
    if (row.makes == kind) return &row;
  return nullptr;
}

}  // namespace retort::problems::python
