// What a Rational holds, for the two files that call GMP and MPFR.
#pragma once

#include <gmp.h>

#include "retort/eval/answers/rational.h"

namespace retort::eval {

struct Rational::Impl {
  Impl() { mpq_init(value); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { mpq_clear(value); }
  mpq_t value;
};

struct RationalAccess {
  static mpq_srcptr get(const Rational& r) { return r.impl_->value; }
  static mpq_ptr get(Rational& r) { return r.impl_->value; }
};

}  // namespace retort::eval
