#include "retort/eval/answers/identity.h"

#include <algorithm>
#include <optional>

#include "retort/eval/answers/modular.h"
#include "retort/eval/answers/numeric.h"

namespace retort::eval {
namespace {

constexpr uint64_t kModularPoints = 8;
constexpr uint64_t kNumericPoints = 24;
constexpr int kValidPoints = 5;
constexpr int kPrecisions[] = {192, 448, 960};

std::optional<Verdict> identical_modular(Effort& effort, const Node& a, const Node& b) {
  int valid = 0;
  for (const PrimeField& field : kFields) {
    for (uint64_t point = 0; point < kModularPoints; ++point) {
      const auto x = modular_value(effort, a, field, point), y = modular_value(effort, b, field, point);
      if (x.state == SampleState::inapplicable || y.state == SampleState::inapplicable) return std::nullopt;
      if (x.state != y.state) return different("one of them divides by zero");
      if (!x.value) continue;
      ++valid;
      if (*x.value != *y.value) return different("the rational functions differ at a point");
    }
  }
  if (valid < kValidPoints) return different("both divide by zero");
  return equal("the rational functions agree at 8 points modulo two primes");
}

enum class AtPoint { same, differs, undefined, inapplicable, unclear };

/// A difference that is zero shrinks when the precision grows; one that is not stays as it is.
AtPoint judge(const Complex& coarse, const Complex& fine, int64_t scale, int fine_bits) {
  if (fine.zero()) return AtPoint::same;
  const int64_t size = abs(fine).exponent();
  constexpr int64_t kShrink = 128;  // of at least 256 bits that the precision grows
  if (size <= abs(coarse).exponent() - kShrink || size <= scale - fine_bits + 48) return AtPoint::same;
  const Complex drift(Complex(Real(fine_bits)) + fine - coarse);
  return drift.zero() || abs(drift).exponent() <= size - 16 ? AtPoint::differs : AtPoint::unclear;
}

AtPoint compare_at(Effort& effort, const Node& a, const Node& b, NumericPoint point) {
  std::optional<Complex> coarse;
  for (int bits : kPrecisions) {
    point.bits = bits;
    const auto x = numeric_value(effort, a, point), y = numeric_value(effort, b, point);
    if (x.state == SampleState::inapplicable || y.state == SampleState::inapplicable)
      return AtPoint::inapplicable;
    if (!x.value || !y.value) return AtPoint::undefined;
    Complex fine = *x.value - *y.value;
    const int64_t scale = std::max(abs(*x.value).exponent(), abs(*y.value).exponent());
    if (coarse) {
      const AtPoint found = judge(*coarse, fine, scale, bits);
      if (found != AtPoint::unclear) return found;
    }
    coarse = std::move(fine);
  }
  return AtPoint::unclear;
}

bool has_variables(const Node& node) {
  return contains(node, NodeKind::variable);
}
bool is_complex(const Node& node) {
  return contains(node, NodeKind::constant, "i");
}

Verdict identical_numeric(Effort& effort, const Node& a, const Node& b) {
  const bool varies = has_variables(a) || has_variables(b);
  const bool real_only = varies && !is_complex(a) && !is_complex(b);
  int valid = 0;
  for (uint64_t index = 0; index < (varies ? kNumericPoints : 1); ++index) {
    const AtPoint found = compare_at(effort, a, b, {.index = index, .real_only = real_only});
    if (found == AtPoint::differs) return different("the values differ at a point");
    if (found == AtPoint::inapplicable) return undecided("an expression cannot be evaluated");
    if (found == AtPoint::unclear) return undecided("the values cannot be told apart");
    if (found == AtPoint::same) ++valid;
    if (valid > kValidPoints && index > kModularPoints) break;
  }
  if (valid == 0 || (varies && valid < kValidPoints))
    return different("they have no values at the same points");
  return equal("the values agree to 300 bits");
}

struct FreeCaches {
  FreeCaches() = default;
  FreeCaches(const FreeCaches&) = delete;
  FreeCaches& operator=(const FreeCaches&) = delete;
  ~FreeCaches() { free_real_caches(); }
};

Node times(Node a, Node b) {
  std::vector<Node> factors;
  factors.push_back(std::move(a));
  factors.push_back(std::move(b));
  return make_node(NodeKind::product, std::move(factors));
}

}  // namespace

Verdict identical(Effort& effort, const Node& a, const Node& b) {
  const FreeCaches guard;
  if (auto verdict = identical_modular(effort, a, b)) return *verdict;
  return identical_numeric(effort, a, b);
}

Verdict proportional(Effort& effort, const Node& a, const Node& b) {
  const Node zero = make_number(0);
  const Verdict a_is_zero = identical(effort, a, zero), b_is_zero = identical(effort, b, zero);
  if (a_is_zero.undecided() || b_is_zero.undecided()) return undecided("an expression cannot be evaluated");
  if (a_is_zero.equal() || b_is_zero.equal())
    return a_is_zero.equal() == b_is_zero.equal() ? equal("both are 0") : different("one of them is 0");
  // a(x) b(y) = b(x) a(y) for all x and y.
  constexpr std::string_view kOther = " other";
  return identical(effort, times(a, renamed(b, kOther)), times(b, renamed(a, kOther)));
}

int sign_of_product(Effort& effort, const Node& a, const Node& b) {
  const FreeCaches guard;
  const Node product = times(a, b);
  for (uint64_t index = 0; index < kNumericPoints; ++index) {
    const auto v = numeric_value(effort, product, {.index = index, .real_only = true});
    if (v.value && v.value->real() && !v.value->zero()) return v.value->re.sign();
  }
  return 0;
}

}  // namespace retort::eval
