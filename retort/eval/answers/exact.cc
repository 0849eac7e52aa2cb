#include "retort/eval/answers/exact.h"

#include <algorithm>
#include <vector>

namespace retort::eval {
namespace {

using Value = std::optional<Rational>;
using Values = std::vector<Rational>;

Value bounded(Rational value) {
  return value.bits() <= kMaxExactBits ? Value(std::move(value)) : std::nullopt;
}

Value power(const Rational& base, const Rational& exponent) {
  const Value root = exponent.denominator().small() ? Value(exponent.denominator()) : std::nullopt;
  const auto n = exponent.numerator().small();
  if (!root || !n || (base.sign() == 0 && *n <= 0)) return std::nullopt;
  const int64_t degree = *root->small();
  if (degree > 64) return std::nullopt;
  const Value radix = degree == 1 ? Value(base) : base.root(static_cast<uint32_t>(degree));
  if (!radix) return std::nullopt;
  // |n| * bits is the size of the result; powers of 0, 1 and -1 stay small.
  const auto size = static_cast<int64_t>(radix->bits());
  if (*n > static_cast<int64_t>(kMaxExactBits) / size || *n < -static_cast<int64_t>(kMaxExactBits) / size)
    return std::nullopt;
  return radix->power(*n);
}

std::optional<uint32_t> count(const Rational& value) {
  const auto n = value.small();
  if (!n || *n < 0 || *n > kMaxFactorial) return std::nullopt;
  return static_cast<uint32_t>(*n);
}

Value binomial(const Values& v) {
  const auto n = count(v[0]), k = count(v[1]);
  return n && k ? Value(Rational::binomial(*n, *k)) : std::nullopt;
}

struct NamedFunction {
  std::string_view name;
  size_t arguments;  // 0: one or more
  Value (*function)(const Values&);
};

constexpr NamedFunction kFunctions[] = {
    {"binom", 2, binomial},
    {"abs", 1, [](const Values& v) { return Value(v[0].abs()); }},
    {"floor", 1, [](const Values& v) { return Value(v[0].floor()); }},
    {"ceil", 1, [](const Values& v) { return Value(Rational(0) - (Rational(0) - v[0]).floor()); }},
    {"max", 0, [](const Values& v) { return Value(*std::max_element(v.begin(), v.end())); }},
    {"min", 0, [](const Values& v) { return Value(*std::min_element(v.begin(), v.end())); }},
};

Value function_value(std::string_view name, const Values& arguments) {
  for (const auto& row : kFunctions)
    if (row.name == name && (row.arguments == arguments.size() || (row.arguments == 0 && !arguments.empty())))
      return row.function(arguments);
  return std::nullopt;
}

Value fold(const Values& v, Rational (*operation)(const Rational&, const Rational&)) {
  Rational total = v[0];
  for (size_t i = 1; i < v.size(); ++i) {
    total = operation(total, v[i]);
    if (total.bits() > kMaxExactBits) return std::nullopt;
  }
  return total;
}

Value combined(const Node& node, const Values& v) {
  switch (node.kind) {
    case NodeKind::sum:
      return fold(v, [](const Rational& a, const Rational& b) { return a + b; });
    case NodeKind::product:
      return fold(v, [](const Rational& a, const Rational& b) { return a * b; });
    case NodeKind::negate:
      return Rational(0) - v[0];
    case NodeKind::percent:
      return v[0] / Rational(100);
    case NodeKind::quotient:
      return v[1].sign() == 0 ? std::nullopt : bounded(v[0] / v[1]);
    case NodeKind::power:
      return power(v[0], v[1]);
    case NodeKind::root:
      return v[1].sign() <= 0 ? std::nullopt : power(v[0], Rational(1) / v[1]);
    case NodeKind::factorial: {
      const auto n = count(v[0]);
      return n ? Value(Rational::factorial(*n)) : std::nullopt;
    }
    case NodeKind::function:
      return function_value(node.text, v);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Rational> exact_value(Effort& effort, const Node& node) {
  if (!effort.spend(1)) return std::nullopt;
  if (node.is(NodeKind::number)) {
    Value value = Rational::parse(node.text);
    return value ? bounded(std::move(*value)) : value;
  }
  if (node.is(NodeKind::based)) return Rational::parse_integer(node.text, std::stoi(node.label));
  Values values;
  for (const Node& child : node.children) {
    Value value = exact_value(effort, child);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values.empty() ? std::nullopt : combined(node, values);
}

}  // namespace retort::eval
