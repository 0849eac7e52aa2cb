// KernelTable: the kernels of one instruction set level, chosen once at start and passed on in the Context.
#pragma once

#include "retort/kernels/attention.h"
#include "retort/kernels/elementwise.h"
#include "retort/kernels/float_products.h"
#include "retort/kernels/integer_products.h"
#include "retort/kernels/isa.h"

namespace retort::kernels {

struct KernelTable {
  Isa isa;
  const IntegerProducts& integer_products;
  const FloatProducts& float_products;
  const AttentionKernels& attention;
  const ElementwiseKernels& elementwise;
};

/// The table of a level; the level must be supported by this processor.
KernelTable kernel_table(Isa isa);

}  // namespace retort::kernels
