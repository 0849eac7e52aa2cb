// Real numbers of a stated precision with an exponent of 62 bits (MPFR), rounded to nearest. A result that
// does not exist (0/0, the logarithm of -1) is not finite; nothing throws.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "retort/eval/answers/rational.h"

namespace retort::eval {

class Real {
 public:
  /// 0 with `bits` bits of precision, 2 or more. Results have the precision of their first operand.
  explicit Real(int bits);
  Real(int64_t value, int bits);
  Real(const Rational& value, int bits);
  Real(const Real& other);
  Real(Real&& other) noexcept;
  Real& operator=(const Real& other);
  Real& operator=(Real&& other) noexcept;
  ~Real();

  static Real pi(int bits);

  int bits() const;
  bool finite() const;
  bool zero() const;
  /// -1, 0 or 1.
  int sign() const;
  /// e with 2^(e-1) <= |x| < 2^e; a very negative number for 0.
  int64_t exponent() const;

  friend Real operator+(const Real& a, const Real& b);
  friend Real operator-(const Real& a, const Real& b);
  friend Real operator*(const Real& a, const Real& b);
  friend Real operator/(const Real& a, const Real& b);
  friend bool operator<(const Real& a, const Real& b);

  Real operator-() const;
  Real abs() const;
  /// Times 2^n.
  Real scaled(int64_t n) const;

 private:
  friend struct RealAccess;
  struct Impl;
  std::unique_ptr<Impl> impl_;  // never null, except in a value that was moved from
};

Real pow(const Real& base, const Real& exponent);
Real pow(const Real& base, int64_t exponent);
Real atan2(const Real& y, const Real& x);
Real hypot(const Real& x, const Real& y);

/// A function of one variable by its name, as in real_functions.inc; the name must be there.
Real call(std::string_view function, const Real& x);
bool is_real_function(std::string_view function);

/// Frees what MPFR remembers for this thread (pi, log 2). To be called when an evaluation ends.
void free_real_caches();

}  // namespace retort::eval
