// Arithmetic, indexes and slices, as Python has them. Integers have 64 bits here: a result beyond them stops
// the program, and never wraps.
#include <algorithm>
#include <cmath>

#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {
namespace {

[[noreturn]] void too_large() {
  throw Stopped{"an integer beyond 64 bits"};
}

std::string_view sign(Operator op) {
  constexpr std::string_view kSigns[] = {
      "",  "+", "-",   "*",  "/",  "//", "%",  "** or pow()", "&",  "|",  "^",      "<<", ">>",    "-",
      "+", "~", "not", "==", "!=", "<",  "<=", ">",           ">=", "in", "not in", "is", "is not"};
  return kSigns[static_cast<size_t>(op)];
}

int64_t floor_divide(int64_t a, int64_t b) {
  if (a == INT64_MIN && b == -1) too_large();
  int64_t q = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

int64_t modulo(int64_t a, int64_t b) {
  if (b == -1) return 0;
  int64_t r = a % b;
  return (r != 0 && (r < 0) != (b < 0)) ? r + b : r;
}

int64_t multiply(int64_t a, int64_t b) {
  int64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r)) too_large();
  return r;
}

int64_t power(int64_t base, int64_t exponent) {
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  if (exponent > 64) too_large();
  int64_t result = 1;
  for (; exponent > 0; --exponent) result = multiply(result, base);
  return result;
}

int64_t shift_left(int64_t a, int64_t by) {
  if (a == 0) return 0;
  if (by > 62) too_large();
  return multiply(a, int64_t{1} << by);
}

Value integers(Interpreter& in, Operator op, int64_t a, int64_t b) {
  int64_t r = 0;
  switch (op) {
    case Operator::add:
      if (__builtin_add_overflow(a, b, &r)) too_large();
      return Value::integer(r);
    case Operator::subtract:
      if (__builtin_sub_overflow(a, b, &r)) too_large();
      return Value::integer(r);
    case Operator::multiply:
      return Value::integer(multiply(a, b));
    case Operator::divide:
      if (b == 0) in.raise(ExceptionType::ZeroDivisionError, "division by zero");
      return Value::real(static_cast<double>(a) / static_cast<double>(b));
    case Operator::floor_divide:
      if (b == 0) in.raise(ExceptionType::ZeroDivisionError, "integer division or modulo by zero");
      return Value::integer(floor_divide(a, b));
    case Operator::modulo:
      if (b == 0) in.raise(ExceptionType::ZeroDivisionError, "integer modulo by zero");
      return Value::integer(modulo(a, b));
    case Operator::power:
      if (b >= 0) return Value::integer(power(a, b));
      if (a == 0) in.raise(ExceptionType::ZeroDivisionError, "0.0 cannot be raised to a negative power");
      return Value::real(std::pow(static_cast<double>(a), static_cast<double>(b)));
    case Operator::bit_and:
      return Value::integer(a & b);
    case Operator::bit_or:
      return Value::integer(a | b);
    case Operator::bit_xor:
      return Value::integer(a ^ b);
    default:
      if (b < 0) in.raise(ExceptionType::ValueError, "negative shift count");
      return Value::integer(op == Operator::shift_left ? shift_left(a, b) : a >> std::min<int64_t>(b, 63));
  }
}

struct RealQuotient {
  double quotient, remainder;
};

/// Rounded down, as CPython's float_divmod: from the exact remainder, not from a / b.
RealQuotient divide_reals(double a, double b) {
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder == 0) {
    remainder = std::copysign(0.0, b);
  } else if ((b < 0) != (remainder < 0)) {
    remainder += b;
    quotient -= 1;
  }
  if (quotient == 0) return {std::copysign(0.0, a / b), remainder};
  double down = std::floor(quotient);
  return {quotient - down > 0.5 ? down + 1 : down, remainder};
}

std::optional<Value> reals(Interpreter& in, Operator op, double a, double b) {
  bool divides = op == Operator::divide || op == Operator::floor_divide || op == Operator::modulo;
  if (divides && b == 0) in.raise(ExceptionType::ZeroDivisionError, "float division by zero");
  switch (op) {
    case Operator::add:
      return Value::real(a + b);
    case Operator::subtract:
      return Value::real(a - b);
    case Operator::multiply:
      return Value::real(a * b);
    case Operator::divide:
      return Value::real(a / b);
    case Operator::floor_divide:
      return Value::real(divide_reals(a, b).quotient);
    case Operator::modulo:
      return Value::real(divide_reals(a, b).remainder);
    case Operator::power: {
      if (a == 0 && b < 0)
        in.raise(ExceptionType::ZeroDivisionError, "0.0 cannot be raised to a negative power");
      double r = std::pow(a, b);
      if (std::isnan(r) && !std::isnan(a) && !std::isnan(b))
        throw Stopped{"complex numbers are not supported"};
      if (std::isinf(r) && !std::isinf(a) && !std::isinf(b))
        in.raise(ExceptionType::OverflowError, "Result too large");
      return Value::real(r);
    }
    default:
      return std::nullopt;
  }
}

Value repeated(Interpreter& in, const Value& sequence, int64_t times) {
  uint64_t n = times > 0 ? static_cast<uint64_t>(times) : 0;
  if (sequence.is(Kind::string)) {
    const std::string& unit = sequence.text();
    in.meter().charge(n, unit.size());
    std::string all;
    for (uint64_t i = 0; i < n && !unit.empty(); ++i) all += unit;
    return in.text(std::move(all));
  }
  const std::vector<Value>& unit = sequence.items();
  in.meter().charge(n, unit.size() * sizeof(Value));
  std::vector<Value> all;
  for (uint64_t i = 0; i < n && !unit.empty(); ++i) all.insert(all.end(), unit.begin(), unit.end());
  return sequence.is(Kind::list) ? in.heap().list(std::move(all)) : in.heap().tuple(std::move(all));
}

std::optional<Value> sequences(Interpreter& in, Operator op, const Value& a, const Value& b) {
  auto is_sequence = [](const Value& v) { return v.is_sequence() || v.is(Kind::string); };
  if (op == Operator::multiply) {
    if (is_sequence(a) && b.is_integral()) return repeated(in, a, b.integer());
    if (is_sequence(b) && a.is_integral()) return repeated(in, b, a.integer());
  }
  if (op != Operator::add || a.kind() != b.kind() || !is_sequence(a)) return std::nullopt;
  if (a.is(Kind::string)) {
    in.meter().charge(a.text().size() + b.text().size());
    return in.text(a.text() + b.text());
  }
  in.meter().charge(a.items().size() + b.items().size(), sizeof(Value));
  std::vector<Value> all = a.items();
  all.insert(all.end(), b.items().begin(), b.items().end());
  return a.is(Kind::list) ? in.heap().list(std::move(all)) : in.heap().tuple(std::move(all));
}

/// | & - ^ of sets.
std::optional<Value> sets(Interpreter& in, Operator op, const Value& a, const Value& b) {
  if (!a.is(Kind::set) || !b.is(Kind::set)) return std::nullopt;
  bool both = op == Operator::bit_and, left = op != Operator::bit_and,
       right = op == Operator::bit_or || op == Operator::bit_xor;
  if (!both && op != Operator::subtract && !right) return std::nullopt;
  Table* out = in.heap().make<Table>();
  for (const Value& key : in.items_of(a)) {
    bool shared = in.find(b.table(), key) != nullptr;
    if (shared ? (both || op == Operator::bit_or) : left) in.put(*out, key, Value());
  }
  if (right)
    for (const Value& key : in.items_of(b))
      if (in.find(a.table(), key) == nullptr) in.put(*out, key, Value());
  return Value(Kind::set, out);
}

/// | of dicts: the right one wins.
std::optional<Value> merged(Interpreter& in, Operator op, const Value& a, const Value& b) {
  if (op != Operator::bit_or || !a.is(Kind::dict) || !b.is(Kind::dict)) return std::nullopt;
  Table* out = in.heap().make<Table>();
  for (const Value& dict : {a, b})
    for (const Value& key : in.items_of(dict)) in.put(*out, key, in.item(dict, key));
  return Value(Kind::dict, out);
}

/// Whether equal numbers, texts and tuples are one object is the implementation's affair.
bool same_object(const Value& a, const Value& b) {
  bool open = a.is(Kind::integer) || a.is(Kind::real) || a.is(Kind::string) || a.is(Kind::tuple);
  if (open && a.kind() == b.kind()) throw Stopped{"'is' between numbers, strings or tuples is not supported"};
  return a.same_object(b);
}

std::optional<Value> booleans(Operator op, const Value& a, const Value& b) {
  if (!a.is(Kind::boolean) || !b.is(Kind::boolean)) return std::nullopt;
  if (op == Operator::bit_and) return Value::boolean((a.integer() & b.integer()) != 0);
  if (op == Operator::bit_or) return Value::boolean((a.integer() | b.integer()) != 0);
  if (op == Operator::bit_xor) return Value::boolean(a.integer() != b.integer());
  return std::nullopt;
}

/// From Python's index, where negative ones count from the end.
size_t place(Interpreter& in, const Value& key, int64_t n, const char* what) {
  if (!key.is_integral())
    in.raise(ExceptionType::TypeError, "{} indices must be integers or slices, not {}", what, type_name(key));
  int64_t i = key.integer();
  if (i < 0 && i >= -n) i += n;
  if (i < 0 || i >= n) in.raise(ExceptionType::IndexError, "{} index out of range", what);
  return static_cast<size_t>(i);
}

int64_t bound(Interpreter& in, const Value& v, int64_t absent, int64_t n, bool forward) {
  if (v.is(Kind::none)) return absent;
  if (!v.is_integral()) in.raise(ExceptionType::TypeError, "slice indices must be integers or None");
  int64_t i = v.integer();
  if (i < 0) i = i < -n ? -1 : i + n;
  if (v.integer() < -n) return forward ? 0 : -1;
  return std::min(i, forward ? n : n - 1);
}

}  // namespace

Value Interpreter::binary(Operator op, const Value& a, const Value& b) {
  if (auto r = booleans(op, a, b)) return *r;
  if (a.is_integral() && b.is_integral()) return integers(*this, op, a.integer(), b.integer());
  if (a.is_number() && b.is_number())
    if (auto r = reals(*this, op, a.number(), b.number())) return *r;
  if (auto r = sequences(*this, op, a, b)) return *r;
  if (auto r = sets(*this, op, a, b)) return *r;
  if (auto r = merged(*this, op, a, b)) return *r;
  if (op == Operator::modulo && a.is(Kind::string)) throw Stopped{"formatting with % is not supported"};
  raise(ExceptionType::TypeError, "unsupported operand type(s) for {}: '{}' and '{}'", sign(op), type_name(a),
        type_name(b));
}

Value Interpreter::unary(Operator op, const Value& a) {
  if (op == Operator::logical_not) return Value::boolean(!truthy(a));
  if (a.is_integral() && op == Operator::plus) return Value::integer(a.integer());
  if (a.is_integral() && op == Operator::invert) return Value::integer(~a.integer());
  if (a.is_integral()) return integers(*this, Operator::subtract, 0, a.integer());
  if (a.is(Kind::real) && op != Operator::invert)
    return Value::real(op == Operator::plus ? a.number() : -a.number());
  raise(ExceptionType::TypeError, "bad operand type for unary {}: '{}'", sign(op), type_name(a));
}

bool Interpreter::compare(Operator op, const Value& a, const Value& b) {
  switch (op) {
    case Operator::equal:
      return equal(a, b);
    case Operator::not_equal:
      return !equal(a, b);
    case Operator::less:
      return less(a, b);
    case Operator::greater:
      return less(b, a);
    case Operator::less_equal:
      return less(a, b) || equal(a, b);
    case Operator::greater_equal:
      return less(b, a) || equal(a, b);
    case Operator::in:
      return contains(b, a);
    case Operator::not_in:
      return !contains(b, a);
    case Operator::is:
      return same_object(a, b);
    default:
      return !same_object(a, b);
  }
}

Value Interpreter::item(const Value& object, const Value& key) {
  switch (object.kind()) {
    case Kind::string: {
      const std::string& s = object.text();
      return text(std::string(1, s[place(*this, key, static_cast<int64_t>(s.size()), "string")]));
    }
    case Kind::list:
    case Kind::tuple:
      return object.items()[place(*this, key, length(object), object.is(Kind::list) ? "list" : "tuple")];
    case Kind::range: {
      const Range& r = object.range();
      return Value::integer(r.at(static_cast<int64_t>(place(*this, key, r.size(), "range object"))));
    }
    case Kind::dict: {
      if (const Value* value = find(object.table(), key)) return *value;
      Arguments arguments;
      arguments.positional.push_back(key);
      throw Raised{make_exception(ExceptionType::KeyError, arguments)};
    }
    default:
      raise(ExceptionType::TypeError, "'{}' object is not subscriptable", type_name(object));
  }
}

Value Interpreter::slice(const Value& object, const Value* bounds) {
  if (!object.is_sequence() && !object.is(Kind::string)) {
    if (object.is(Kind::range)) throw Stopped{"a slice of a range is not supported"};
    raise(ExceptionType::TypeError, "'{}' object is not subscriptable", type_name(object));
  }
  int64_t n = length(object), step = 1;
  if (!bounds[2].is(Kind::none)) {
    if (!bounds[2].is_integral()) raise(ExceptionType::TypeError, "slice indices must be integers or None");
    step = bounds[2].integer();
  }
  if (step == 0) raise(ExceptionType::ValueError, "slice step cannot be zero");
  bool forward = step > 0;
  Range r;
  r.step = step;
  r.start = bound(*this, bounds[0], forward ? 0 : n - 1, n, forward);
  r.stop = bound(*this, bounds[1], forward ? n : -1, n, forward);

  int64_t count = r.size();
  meter_.step(static_cast<uint64_t>(count));
  std::string chars;
  std::vector<Value> items;
  for (int64_t i = 0; i < count; ++i) {
    auto at = static_cast<size_t>(r.start + i * step);
    if (object.is(Kind::string))
      chars += object.text()[at];
    else
      items.push_back(object.items()[at]);
  }
  if (object.is(Kind::string)) return text(std::move(chars));
  return object.is(Kind::list) ? heap_.list(std::move(items)) : heap_.tuple(std::move(items));
}

void Interpreter::set_item(const Value& object, const Value& key, const Value& value) {
  if (object.is(Kind::dict)) return put(object.table(), key, value);
  if (!object.is(Kind::list))
    raise(ExceptionType::TypeError, "'{}' object does not support item assignment", type_name(object));
  size_t at = place(*this, key, length(object), "list assignment");
  object.items()[at] = value;
}

void Interpreter::erase_item(const Value& object, const Value& key) {
  if (object.is(Kind::dict)) {
    (void)item(object, key);  // raises KeyError
    erase(object.table(), key);
    return;
  }
  if (!object.is(Kind::list))
    raise(ExceptionType::TypeError, "'{}' object doesn't support item deletion", type_name(object));
  size_t at = place(*this, key, length(object), "list assignment");
  meter_.step(object.items().size() / 8);
  object.items().erase(object.items().begin() + static_cast<int64_t>(at));
}

}  // namespace retort::problems::python
