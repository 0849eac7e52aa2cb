// Context: what every op needs, passed as its first argument. There are no globals.
#pragma once

#include "retort/base/arena.h"
#include "retort/base/thread_pool.h"
#include "retort/kernels/kernel_table.h"
#include "retort/tensor/tensor.h"

namespace retort {

class ExpertLoad;
class Tape;

struct Context {
  ThreadPool& pool;
  Arena& arena;  // outputs live here until the caller resets it, once per step
  const kernels::KernelTable& kernels;
  Tape* tape = nullptr;               // if present, ops record their backward; see tape.h
  ExpertLoad* expert_load = nullptr;  // if present, mixtures of experts count their tokens in it

  /// Uninitialised f32 activations.
  Tensor empty(Shape shape) const {
    return Tensor(DType::f32, shape, arena.allocate(static_cast<size_t>(shape.elements()) * sizeof(float)));
  }
};

}  // namespace retort
