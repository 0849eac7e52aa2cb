#include "retort/kernels/kernel_table.h"

namespace retort::kernels {

KernelTable kernel_table(Isa isa) {
  return {isa, integer_products(isa), float_products(isa), attention_kernels(isa), elementwise_kernels(isa)};
}

}  // namespace retort::kernels
