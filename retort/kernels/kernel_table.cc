#include "retort/kernels/kernel_table.h"

namespace retort::kernels {

KernelTable kernel_table(Isa isa) {
  return {.isa = isa,
          .integer_products = integer_products(isa),
          .float_products = float_products(isa),
          .group_products = group_products(isa),
          .int8_multiply = int8_multiply(isa),
          .attention = attention_kernels(isa),
          .elementwise = elementwise_kernels(isa),
          .causal_attention = causal_attention_kernels(isa)};
}

}  // namespace retort::kernels
