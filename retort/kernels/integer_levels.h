// The tables that the levels' files define, for integer_products(Isa) to choose from.
#pragma once

#include "retort/kernels/integer_products.h"

namespace retort::kernels {

const IntegerProducts& integer_products_scalar();
const IntegerProducts& integer_products_avx2();
const IntegerProducts& integer_products_avx512();
const IntegerProducts& integer_products_vnni();

}  // namespace retort::kernels
