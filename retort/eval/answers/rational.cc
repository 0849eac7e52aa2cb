#include "retort/eval/answers/rational.h"

#include <algorithm>
#include <string>

#include "retort/base/check.h"
#include "retort/eval/answers/rational_impl.h"

namespace retort::eval {
namespace {

constexpr std::string_view kDigits = "0123456789";

mpq_srcptr get(const Rational& r) {
  return RationalAccess::get(r);
}
mpq_ptr get(Rational& r) {
  return RationalAccess::get(r);
}

template <typename Operation>
Rational combine(Operation operation, const Rational& a, const Rational& b) {
  Rational result;
  operation(get(result), get(a), get(b));
  return result;
}

/// Digits only, at least one.
std::optional<Rational> whole(std::string_view digits) {
  if (digits.find_first_not_of(kDigits) != digits.npos) return std::nullopt;
  return Rational::parse_integer(digits, 10);
}

}  // namespace

Rational::Rational(int64_t value) : impl_(std::make_unique<Impl>()) {
  mpq_set_si(impl_->value, value, 1);
}
Rational::Rational(const Rational& other) : impl_(std::make_unique<Impl>()) {
  mpq_set(impl_->value, other.impl_->value);
}
Rational::Rational(Rational&& other) noexcept = default;
Rational& Rational::operator=(const Rational& other) {
  if (this != &other) *this = Rational(other);
  return *this;
}
Rational& Rational::operator=(Rational&& other) noexcept = default;
Rational::~Rational() = default;

std::optional<Rational> Rational::parse_integer(std::string_view digits, int base) {
  if (digits.empty() || digits.size() > kMaxDigits || base < 2 || base > 36) return std::nullopt;
  auto alnum = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (!std::all_of(digits.begin(), digits.end(), alnum)) return std::nullopt;  // GMP would skip blanks
  Rational result;
  if (mpz_set_str(mpq_numref(get(result)), std::string(digits).c_str(), base) != 0) return std::nullopt;
  return result;
}

std::optional<Rational> Rational::parse(std::string_view decimal) {
  std::string_view repeating;
  if (size_t open = decimal.find('('); open != decimal.npos) {
    if (!decimal.ends_with(')') || open + 2 >= decimal.size()) return std::nullopt;
    repeating = decimal.substr(open + 1, decimal.size() - open - 2);
    decimal = decimal.substr(0, open);
  }
  size_t point = std::min(decimal.find('.'), decimal.size());
  std::string_view fraction = decimal.substr(std::min(point + 1, decimal.size()));
  if (!repeating.empty() && point == decimal.size()) return std::nullopt;
  std::string digits = std::string(decimal.substr(0, point)) + std::string(fraction);
  const Rational shift = Rational(10).power(static_cast<int64_t>(std::min(fraction.size(), kMaxDigits)));
  if (repeating.empty()) {
    auto value = whole(digits);
    return value ? std::optional(*value / shift) : std::nullopt;
  }
  // 0.1(6): the period 6 stands for 6/9 of the last place.
  auto value = whole(digits.empty() ? "0" : digits);
  auto period = whole(repeating);
  if (!value || !period) return std::nullopt;
  Rational nines = Rational(10).power(static_cast<int64_t>(repeating.size())) - Rational(1);
  return (*value + *period / nines) / shift;
}

Rational Rational::factorial(uint32_t n) {
  Rational result;
  mpz_fac_ui(mpq_numref(get(result)), n);
  return result;
}

Rational Rational::binomial(uint32_t n, uint32_t k) {
  Rational result;
  mpz_bin_uiui(mpq_numref(get(result)), n, k);
  return result;
}

Rational operator+(const Rational& a, const Rational& b) {
  return combine(mpq_add, a, b);
}
Rational operator-(const Rational& a, const Rational& b) {
  return combine(mpq_sub, a, b);
}
Rational operator*(const Rational& a, const Rational& b) {
  return combine(mpq_mul, a, b);
}
Rational operator/(const Rational& a, const Rational& b) {
  RETORT_CHECK(b.sign() != 0);
  return combine(mpq_div, a, b);
}
bool operator==(const Rational& a, const Rational& b) {
  return mpq_equal(get(a), get(b)) != 0;
}
bool operator<(const Rational& a, const Rational& b) {
  return mpq_cmp(get(a), get(b)) < 0;
}

int Rational::sign() const {
  return mpq_sgn(get(*this));
}
bool Rational::is_integer() const {
  return mpz_cmp_ui(mpq_denref(get(*this)), 1) == 0;
}
bool Rational::has_odd_denominator() const {
  return mpz_odd_p(mpq_denref(get(*this))) != 0;
}
bool Rational::has_odd_numerator() const {
  return mpz_odd_p(mpq_numref(get(*this))) != 0;
}

std::optional<int64_t> Rational::small() const {
  if (!is_integer() || mpz_fits_slong_p(mpq_numref(get(*this))) == 0) return std::nullopt;
  return mpz_get_si(mpq_numref(get(*this)));
}

size_t Rational::bits() const {
  return mpz_sizeinbase(mpq_numref(get(*this)), 2) + mpz_sizeinbase(mpq_denref(get(*this)), 2);
}

bool Rational::terminates() const {
  Rational rest = denominator();
  mpz_ptr n = mpq_numref(get(rest));
  const Rational two(2), five(5);
  mpz_remove(n, n, mpq_numref(get(two)));
  mpz_remove(n, n, mpq_numref(get(five)));
  return mpz_cmp_ui(n, 1) == 0;
}

Rational Rational::abs() const {
  Rational result;
  mpq_abs(get(result), get(*this));
  return result;
}

Rational Rational::floor() const {
  Rational result;
  mpz_fdiv_q(mpq_numref(get(result)), mpq_numref(get(*this)), mpq_denref(get(*this)));
  return result;
}

Rational Rational::numerator() const {
  Rational result;
  mpq_set_z(get(result), mpq_numref(get(*this)));
  return result;
}

Rational Rational::denominator() const {
  Rational result;
  mpq_set_z(get(result), mpq_denref(get(*this)));
  return result;
}

Rational Rational::power(int64_t n) const {
  const auto exponent = static_cast<unsigned long>(n < 0 ? -n : n);
  Rational result;
  // A power of a reduced fraction is reduced.
  mpz_pow_ui(mpq_numref(get(result)), mpq_numref(get(*this)), exponent);
  mpz_pow_ui(mpq_denref(get(result)), mpq_denref(get(*this)), exponent);
  if (n >= 0) return result;
  RETORT_CHECK(sign() != 0);
  return Rational(1) / result;
}

std::optional<Rational> Rational::root(uint32_t n) const {
  if (n == 0 || (n % 2 == 0 && sign() < 0)) return std::nullopt;
  Rational result;
  bool exact = mpz_root(mpq_numref(get(result)), mpq_numref(get(*this)), n) != 0 &&
               mpz_root(mpq_denref(get(result)), mpq_denref(get(*this)), n) != 0;
  if (!exact) return std::nullopt;
  return result;
}

std::optional<uint64_t> Rational::residue(uint64_t prime) const {
  Rational n = numerator(), d = denominator();
  const Rational p(static_cast<int64_t>(prime));
  mpz_srcptr modulus = mpq_numref(get(p));
  if (mpz_invert(mpq_numref(get(d)), mpq_numref(get(d)), modulus) == 0) return std::nullopt;
  mpz_mul(mpq_numref(get(n)), mpq_numref(get(n)), mpq_numref(get(d)));
  mpz_mod(mpq_numref(get(n)), mpq_numref(get(n)), modulus);
  return mpz_get_ui(mpq_numref(get(n)));
}

}  // namespace retort::eval
