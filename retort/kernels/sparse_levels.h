// The tables of sparse products of each level.
#pragma once

#include "retort/kernels/sparse_products.h"

namespace retort::kernels {

const SparseProducts& sparse_products_scalar();
const SparseProducts& sparse_products_avx2();

}  // namespace retort::kernels
