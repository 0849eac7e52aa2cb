#include "retort/eval/answers/modular.h"

#include "retort/base/random.h"
#include "retort/eval/answers/exact.h"

namespace retort::eval {
namespace {

// Degrees stay far below the primes, so that the error per point does.
constexpr int64_t kMaxExponent = int64_t{1} << 31;

__extension__ using Wide = unsigned __int128;
using Value = Sample<uint64_t>;

class Evaluator {
 public:
  Evaluator(Effort& effort, const PrimeField& field, uint64_t point)
      : effort_(effort), field_(field), point_(point) {}

  Value value(const Node& node) {
    if (!effort_.spend(1)) return SampleState::inapplicable;
    switch (node.kind) {
      case NodeKind::number:
      case NodeKind::based:
      case NodeKind::factorial:
        return constant(node);
      case NodeKind::variable:
        return name_bits(node.text, point_) % field_.prime;
      case NodeKind::constant:
        return symbol(node);
      case NodeKind::sum:
        return fold(node, &Evaluator::add, 0);
      case NodeKind::product:
        return fold(node, &Evaluator::multiply, 1);
      case NodeKind::negate:
        return negative(value(node.children[0]));
      case NodeKind::percent:
        return divide(value(node.children[0]), Value(uint64_t{100}));
      case NodeKind::quotient:
        return divide(value(node.children[0]), value(node.children[1]));
      case NodeKind::power:
        return power(node);
      default:
        return constant(node);
    }
  }

 private:
  uint64_t add(uint64_t a, uint64_t b) const { return (a + b) % field_.prime; }  // no overflow: both < 2^61
  uint64_t multiply(uint64_t a, uint64_t b) const {
    return static_cast<uint64_t>(Wide{a} * b % field_.prime);
  }
  uint64_t power_of(uint64_t base, uint64_t n) const {
    uint64_t result = 1;
    for (; n > 0; n /= 2, base = multiply(base, base))
      if (n % 2 == 1) result = multiply(result, base);
    return result;
  }

  Value constant(const Node& node) {
    const auto exact = exact_value(effort_, node);
    if (!exact) return SampleState::inapplicable;
    const auto residue = exact->residue(field_.prime);
    return residue ? Value(*residue) : Value(SampleState::inapplicable);
  }

  Value symbol(const Node& node) {
    if (node.text == "i") return field_.root_of_minus_one;
    if (node.text == "infty") return SampleState::inapplicable;
    return name_bits("constant " + node.text, point_) % field_.prime;
  }

  Value fold(const Node& node, uint64_t (Evaluator::*operation)(uint64_t, uint64_t) const, uint64_t start) {
    uint64_t total = start;
    SampleState state = SampleState::value;
    for (const Node& child : node.children) {
      const Value v = value(child);
      if (v.state == SampleState::inapplicable) return v;
      if (v.state == SampleState::undefined) state = v.state;
      if (v.value) total = (this->*operation)(total, *v.value);
    }
    return state == SampleState::value ? Value(total) : Value(state);
  }

  Value negative(const Value& v) const {
    return v.value ? Value((field_.prime - *v.value) % field_.prime) : v;
  }

  Value divide(const Value& a, const Value& b) const {
    if (a.state == SampleState::inapplicable || b.state == SampleState::inapplicable)
      return SampleState::inapplicable;
    if (!a.value || !b.value || *b.value == 0) return SampleState::undefined;
    return multiply(*a.value, power_of(*b.value, field_.prime - 2));  // Fermat
  }

  Value power(const Node& node) {
    const auto exponent = exact_value(effort_, node.children[1]);
    const auto n = exponent ? exponent->small() : std::nullopt;
    if (!n || *n > kMaxExponent || *n < -kMaxExponent) return constant(node);
    const Value base = value(node.children[0]);
    if (!base.value) return base;
    if (*base.value == 0 && *n <= 0) return SampleState::undefined;
    if (*n >= 0) return power_of(*base.value, static_cast<uint64_t>(*n));
    return divide(Value(uint64_t{1}), Value(power_of(*base.value, static_cast<uint64_t>(-*n))));
  }

  Effort& effort_;
  const PrimeField& field_;
  uint64_t point_;
};

}  // namespace

uint64_t name_bits(std::string_view name, uint64_t point) {
  uint64_t seed = 0;
  for (char c : name) seed = splitmix64(seed ^ static_cast<unsigned char>(c));
  return random_bits(seed, point);
}

Sample<uint64_t> modular_value(Effort& effort, const Node& node, const PrimeField& field, uint64_t point) {
  return Evaluator(effort, field, point).value(node);
}

}  // namespace retort::eval
