// Rational numbers of any length (GMP). Callers bound the sizes: see Rational::bits().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace retort::eval {

class Rational {
 public:
  explicit Rational(int64_t value = 0);
  Rational(const Rational& other);
  Rational(Rational&& other) noexcept;
  Rational& operator=(const Rational& other);
  Rational& operator=(Rational&& other) noexcept;
  ~Rational();

  /// "12", "1.50" or ".5"; "0.1(6)" is 0.1666... Anything else, or more than kMaxDigits, is nothing.
  static std::optional<Rational> parse(std::string_view decimal);
  /// Digits 0-9, a-z or A-Z in a base of 2 to 36.
  static std::optional<Rational> parse_integer(std::string_view digits, int base);
  static Rational factorial(uint32_t n);
  static Rational binomial(uint32_t n, uint32_t k);

  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  /// b must not be 0.
  friend Rational operator/(const Rational& a, const Rational& b);
  friend bool operator==(const Rational& a, const Rational& b);
  friend bool operator<(const Rational& a, const Rational& b);

  int sign() const;
  bool is_integer() const;
  /// The value, if it is an integer of 64 bits.
  std::optional<int64_t> small() const;
  /// Bits of the numerator and the denominator together.
  size_t bits() const;
  /// Whether the decimal fraction ends: the denominator has no primes but 2 and 5.
  bool terminates() const;
  bool has_odd_denominator() const;
  bool has_odd_numerator() const;

  Rational abs() const;
  Rational floor() const;
  Rational numerator() const;
  Rational denominator() const;
  /// The n-th power; n < 0 wants a value that is not 0.
  Rational power(int64_t n) const;
  /// The real n-th root (n >= 1) if it is rational; of a negative number for odd n only.
  std::optional<Rational> root(uint32_t n) const;
  /// The value modulo a prime; nothing when the prime divides the denominator.
  std::optional<uint64_t> residue(uint64_t prime) const;

  static constexpr size_t kMaxDigits = 8192;

 private:
  friend struct RationalAccess;
  struct Impl;
  std::unique_ptr<Impl> impl_;  // never null, except in a value that was moved from
};

}  // namespace retort::eval
