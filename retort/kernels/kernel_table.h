// KernelTable: the kernels of one instruction set level, chosen once at start and passed on in the Context.
#pragma once

#include "retort/kernels/attention.h"
#include "retort/kernels/causal_attention.h"
#include "retort/kernels/elementwise.h"
#include "retort/kernels/float_products.h"
#include "retort/kernels/group_products.h"
#include "retort/kernels/int8_products.h"
#include "retort/kernels/integer_products.h"
#include "retort/kernels/isa.h"

namespace retort::kernels {

struct KernelTable {
  Isa isa;
  const IntegerProducts& integer_products;
  const FloatProducts& float_products;
  const GroupProducts& group_products;
  Int8Multiply int8_multiply;
  const AttentionKernels& attention;
  const ElementwiseKernels& elementwise;
  const CausalAttentionKernels& causal_attention;
  // Plain code in f64, the same at all levels: what training checks its gradients with.
  const ElementwiseKernelsOf<double>& elementwise_f64 = elementwise_kernels_f64();
  const FloatFormatOf<double>& products_f64 = float_products_f64();
};

/// The table of a level; the level must be supported by this processor.
KernelTable kernel_table(Isa isa);

}  // namespace retort::kernels
