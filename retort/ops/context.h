// Context: what every op needs, passed as its first argument. There are no globals.
#pragma once

#include "retort/base/arena.h"
#include "retort/base/thread_pool.h"
#include "retort/kernels/kernel_table.h"
#include "retort/tensor/tensor.h"

namespace retort {

class Tape;

struct Context {
  ThreadPool& pool;
  Arena& arena;  // outputs live here until the caller resets it, once per step
  const kernels::KernelTable& kernels;
  Tape* tape = nullptr;  // if present, ops record their backward; see tape.h

  /// Uninitialised activations.
  Tensor empty(Shape shape, DType dtype = DType::f32) const {
    const Tensor sized(dtype, shape, nullptr);
    return Tensor(dtype, shape, arena.allocate(sized.view().bytes()));
  }
};

}  // namespace retort
