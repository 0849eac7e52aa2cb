// Complex numbers over Real. A number whose imaginary part is exactly 0 stays real in every operation that
// allows it, so that branch cuts do not depend on rounding.
#pragma once

#include "retort/eval/answers/real.h"

namespace retort::eval {

struct Complex {
  Real re;
  Real im;

  explicit Complex(Real real) : re(std::move(real)), im(re.bits()) {}
  Complex(Real real, Real imaginary) : re(std::move(real)), im(std::move(imaginary)) {}
  bool real() const { return im.zero(); }
  bool zero() const { return re.zero() && im.zero(); }
  bool finite() const { return re.finite() && im.finite(); }
  int bits() const { return re.bits(); }
};

Complex operator+(const Complex& a, const Complex& b);
Complex operator-(const Complex& a, const Complex& b);
Complex operator*(const Complex& a, const Complex& b);
/// Not finite for b = 0.
Complex operator/(const Complex& a, const Complex& b);
Complex operator-(const Complex& a);

Real abs(const Complex& z);
/// Principal values.
Complex exp(const Complex& z);
Complex log(const Complex& z);
Complex sqrt(const Complex& z);
Complex sin(const Complex& z);
Complex cos(const Complex& z);
Complex power(const Complex& base, int64_t exponent);

}  // namespace retort::eval
