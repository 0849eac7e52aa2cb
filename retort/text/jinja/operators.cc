// + - * / // % ** on values, by Python's rules with 64-bit integers.
#include <cmath>

#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/percent.h"

namespace retort::jinja {
namespace {

[[noreturn]] void too_big() {
  fail(ErrorCode::bad_input, "the result is no integer of 64 bits");
}

[[noreturn]] void wrong_types(std::string_view op, const Value& a, const Value& b) {
  fail(ErrorCode::bad_input, "'{}' works on no '{}' and '{}'", op, type_name(a), type_name(b));
}

int64_t floor_divide(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

/// Takes the divisor's sign, as Python's does.
double modulo(double a, double b) {
  double r = std::fmod(a, b);
  if (r != 0 && (r < 0) != (b < 0)) r += b;
  return r == 0 ? std::copysign(0.0, b) : r;
}

int64_t integer_power(int64_t base, int64_t exponent) {
  int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) too_big();
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) too_big();
  }
  return result;
}

Value integers(Operator op, int64_t a, int64_t b) {
  int64_t r = 0;
  switch (op) {
    case Operator::add:
      if (__builtin_add_overflow(a, b, &r)) too_big();
      return r;
    case Operator::subtract:
      if (__builtin_sub_overflow(a, b, &r)) too_big();
      return r;
    case Operator::multiply:
      if (__builtin_mul_overflow(a, b, &r)) too_big();
      return r;
    case Operator::power:
      return b < 0 ? Value(std::pow(static_cast<double>(a), static_cast<double>(b)))
                   : Value(integer_power(a, b));
    default:
      break;
  }
  if (b == 0) fail(ErrorCode::bad_input, "division by zero");
  if (op == Operator::divide) return static_cast<double>(a) / static_cast<double>(b);
  if (b == -1) return op == Operator::modulo ? Value(int64_t{0}) : integers(Operator::subtract, 0, a);
  if (op == Operator::floor_divide) return floor_divide(a, b);
  return a - floor_divide(a, b) * b;
}

Value reals(Operator op, double a, double b) {
  switch (op) {
    case Operator::add:
      return a + b;
    case Operator::subtract:
      return a - b;
    case Operator::multiply:
      return a * b;
    case Operator::power:
      return std::pow(a, b);
    default:
      break;
  }
  if (b == 0) fail(ErrorCode::bad_input, "division by zero");
  if (op == Operator::divide) return a / b;
  if (op == Operator::modulo) return modulo(a, b);
  return std::floor(a / b);
}

/// Lists, and tuples, one after the other.
Value join(Meter& meter, const Sequence& a, const Sequence& b) {
  meter.check_items(a.items.size() + b.items.size());
  std::vector<Value> items;
  items.reserve(a.items.size() + b.items.size());
  items.insert(items.end(), a.items.begin(), a.items.end());
  items.insert(items.end(), b.items.begin(), b.items.end());
  return make_sequence(meter, std::move(items), a.style);
}

Value repeat(Meter& meter, const Value& value, int64_t times) {
  auto n = static_cast<uint64_t>(std::max<int64_t>(times, 0));
  if (value.is(Kind::string)) {
    Writer out(meter);
    out.repeat(value.text(), n);
    return make_derived(meter, out.take(), value);
  }
  const auto& items = value.sequence().items;
  if (!items.empty() && n > meter.limits().max_items / items.size()) meter.check_items(UINT64_MAX);
  std::vector<Value> all;
  for (uint64_t i = 0; i < n && !items.empty(); ++i) all.insert(all.end(), items.begin(), items.end());
  return make_sequence(meter, std::move(all), value.sequence().style);
}

bool repeatable(const Value& v) {
  return v.is(Kind::string) || (v.is(Kind::sequence) && v.sequence().style <= SequenceStyle::tuple);
}

constexpr std::string_view symbol(Operator op) {
  constexpr std::string_view kSymbols[] = {"==", "!=", "<", "<=", ">",  ">=", "in", "not in",
                                           "+",  "-",  "*", "/",  "//", "%",  "**"};
  return kSymbols[static_cast<int>(op)];
}

}  // namespace

Value Interpreter::binary(Operator op, const Value& a, const Value& b) {
  require_defined(a);
  if (op == Operator::modulo && a.is(Kind::string)) return text(format_percent(*this, a, b));
  require_defined(b);
  if (a.is_integral() && b.is_integral()) return integers(op, a.integer(), b.integer());
  if (a.is_number() && b.is_number()) return reals(op, a.real(), b.real());
  if (op == Operator::multiply && repeatable(a) && b.is_integral()) return repeat(meter_, a, b.integer());
  if (op == Operator::multiply && a.is_integral() && repeatable(b)) return repeat(meter_, b, a.integer());
  if (op == Operator::add && a.is(Kind::string) && b.is(Kind::string)) {
    Writer out(meter_);
    append_string(out, a);
    append_string(out, b);
    return text(out.take_marked());
  }
  bool alike = a.is(Kind::sequence) && b.is(Kind::sequence) && a.sequence().style == b.sequence().style;
  if (op == Operator::add && alike && repeatable(a)) return join(meter_, a.sequence(), b.sequence());
  wrong_types(symbol(op), a, b);
}

}  // namespace retort::jinja
