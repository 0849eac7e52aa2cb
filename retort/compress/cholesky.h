// The inverse of Cholesky's factor, blocked so that nearly all of the work is products of matrices: GPTQ
// needs it for matrices of up to ten thousand rows.
#pragma once

#include <cstdint>

#include "retort/ops/context.h"

namespace retort::compress {

/// Turns the symmetric positive definite a [n, n] (its lower triangle is read) into the upper triangular
/// T = L^-T, where a = L L^T; so a^-1 = T T^T. Below T's diagonal rests something unspecified. Blocks on the
/// diagonal are computed in f64, all else in f32; 2/3 n^3 multiplications and additions. False if a pivot is
/// not positive: then a is spoilt.
bool invert_cholesky(Context& ctx, float* a, int64_t n);

}  // namespace retort::compress
