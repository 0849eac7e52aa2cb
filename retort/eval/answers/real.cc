#include "retort/eval/answers/real.h"

#include <mpfr.h>

#include <limits>

#include "retort/base/check.h"
#include "retort/eval/answers/rational_impl.h"

namespace retort::eval {

struct Real::Impl {
  explicit Impl(mpfr_prec_t bits) { mpfr_init2(value, bits); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { mpfr_clear(value); }
  mpfr_t value;
};

struct RealAccess {
  static mpfr_srcptr get(const Real& r) { return r.impl_->value; }
  static mpfr_ptr get(Real& r) { return r.impl_->value; }
};

namespace {

constexpr mpfr_rnd_t kNearest = MPFR_RNDN;

using Unary = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);

struct NamedFunction {
  std::string_view name;
  Unary function;
};

// mpfr_abs is a macro; the table wants functions.
constexpr NamedFunction kFunctions[] = {
#define X(name, function) \
  {name, [](mpfr_ptr y, mpfr_srcptr x, mpfr_rnd_t rounding) { return function(y, x, rounding); }},
#include "retort/eval/answers/real_functions.inc"
#undef X
};

Unary find(std::string_view name) {
  for (const auto& row : kFunctions)
    if (row.name == name) return row.function;
  return nullptr;
}

mpfr_srcptr get(const Real& r) {
  return RealAccess::get(r);
}
mpfr_ptr get(Real& r) {
  return RealAccess::get(r);
}

template <typename Operation>
Real combine(Operation operation, const Real& a, const Real& b) {
  Real result(a.bits());
  operation(get(result), get(a), get(b), kNearest);
  return result;
}

}  // namespace

Real::Real(int bits) : impl_(std::make_unique<Impl>(bits)) {
  mpfr_set_zero(impl_->value, 1);
}
Real::Real(int64_t value, int bits) : Real(bits) {
  mpfr_set_si(impl_->value, value, kNearest);
}
Real::Real(const Rational& value, int bits) : Real(bits) {
  mpfr_set_q(impl_->value, RationalAccess::get(value), kNearest);
}
Real::Real(const Real& other) : Real(other.bits()) {
  mpfr_set(impl_->value, other.impl_->value, kNearest);
}
Real::Real(Real&& other) noexcept = default;
Real& Real::operator=(const Real& other) {
  if (this != &other) *this = Real(other);
  return *this;
}
Real& Real::operator=(Real&& other) noexcept = default;
Real::~Real() = default;

Real Real::pi(int bits) {
  Real result(bits);
  mpfr_const_pi(get(result), kNearest);
  return result;
}

int Real::bits() const {
  return static_cast<int>(mpfr_get_prec(impl_->value));
}
bool Real::finite() const {
  return mpfr_number_p(impl_->value) != 0;
}
bool Real::zero() const {
  return mpfr_zero_p(impl_->value) != 0;
}
int Real::sign() const {
  return mpfr_sgn(impl_->value);
}
int64_t Real::exponent() const {
  return mpfr_regular_p(impl_->value) != 0 ? mpfr_get_exp(impl_->value)
                                           : std::numeric_limits<int64_t>::min() / 4;
}

Real operator+(const Real& a, const Real& b) {
  return combine(mpfr_add, a, b);
}
Real operator-(const Real& a, const Real& b) {
  return combine(mpfr_sub, a, b);
}
Real operator*(const Real& a, const Real& b) {
  return combine(mpfr_mul, a, b);
}
Real operator/(const Real& a, const Real& b) {
  return combine(mpfr_div, a, b);
}
bool operator<(const Real& a, const Real& b) {
  return mpfr_less_p(get(a), get(b)) != 0;
}

Real Real::operator-() const {
  Real result(bits());
  mpfr_neg(get(result), get(*this), kNearest);
  return result;
}

Real Real::abs() const {
  return call("abs", *this);
}

Real Real::scaled(int64_t n) const {
  Real result(bits());
  mpfr_mul_2si(get(result), get(*this), n, kNearest);
  return result;
}

Real pow(const Real& base, const Real& exponent) {
  return combine(mpfr_pow, base, exponent);
}
Real pow(const Real& base, int64_t exponent) {
  Real result(base.bits());
  mpfr_pow_si(get(result), get(base), exponent, kNearest);
  return result;
}
Real atan2(const Real& y, const Real& x) {
  return combine(mpfr_atan2, y, x);
}
Real hypot(const Real& x, const Real& y) {
  return combine(mpfr_hypot, x, y);
}

bool is_real_function(std::string_view function) {
  return find(function) != nullptr;
}

Real call(std::string_view function, const Real& x) {
  Unary f = find(function);
  RETORT_CHECK(f != nullptr);
  Real result(x.bits());
  f(get(result), get(x), kNearest);
  return result;
}

void free_real_caches() {
  mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
}

}  // namespace retort::eval
