#include "retort/eval/answers/complex.h"

namespace retort::eval {

Complex operator+(const Complex& a, const Complex& b) {
  return {a.re + b.re, a.im + b.im};
}
Complex operator-(const Complex& a, const Complex& b) {
  return {a.re - b.re, a.im - b.im};
}
Complex operator-(const Complex& a) {
  return {-a.re, -a.im};
}

Complex operator*(const Complex& a, const Complex& b) {
  if (a.real() && b.real()) return Complex(a.re * b.re);
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

Complex operator/(const Complex& a, const Complex& b) {
  if (b.real()) return {a.re / b.re, a.real() ? a.im : a.im / b.re};
  const Real norm = b.re * b.re + b.im * b.im;
  return {(a.re * b.re + a.im * b.im) / norm, (a.im * b.re - a.re * b.im) / norm};
}

Real abs(const Complex& z) {
  return z.real() ? z.re.abs() : hypot(z.re, z.im);
}

Complex exp(const Complex& z) {
  const Real size = call("exp", z.re);
  if (z.real()) return Complex(size);
  return {size * call("cos", z.im), size * call("sin", z.im)};
}

Complex log(const Complex& z) {
  if (z.real() && z.re.sign() > 0) return Complex(call("log", z.re));
  return {call("log", abs(z)), atan2(z.im, z.re)};
}

Complex sqrt(const Complex& z) {
  if (z.real()) {
    Real root = call("sqrt", z.re.abs());
    return z.re.sign() >= 0 ? Complex(root) : Complex(Real(z.bits()), root);
  }
  // sqrt(z) = sqrt(|z|) (cos(t/2) + i sin(t/2)), t the argument.
  const Real size = call("sqrt", abs(z));
  const Real half = atan2(z.im, z.re).scaled(-1);
  return {size * call("cos", half), size * call("sin", half)};
}

Complex sin(const Complex& z) {
  if (z.real()) return Complex(call("sin", z.re));
  return {call("sin", z.re) * call("cosh", z.im), call("cos", z.re) * call("sinh", z.im)};
}

Complex cos(const Complex& z) {
  if (z.real()) return Complex(call("cos", z.re));
  return {call("cos", z.re) * call("cosh", z.im), -(call("sin", z.re) * call("sinh", z.im))};
}

Complex power(const Complex& base, int64_t exponent) {
  if (base.real()) return Complex(pow(base.re, exponent));
  Complex result(Real(1, base.bits()));
  Complex square = base;
  for (uint64_t n = static_cast<uint64_t>(exponent < 0 ? -exponent : exponent); n > 0; n /= 2) {
    if (n % 2 == 1) result = result * square;
    if (n > 1) square = square * square;
  }
  return exponent < 0 ? Complex(Real(1, base.bits())) / result : result;
}

}  // namespace retort::eval
