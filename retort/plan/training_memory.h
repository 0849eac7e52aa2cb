// Memory of training: weights, gradients, the optimiser's states, and the activations of one micro-batch with
// or without recomputation. Gradient accumulation costs nothing more: gradients are there anyway.
#pragma once

#include <cstdint>

#include "retort/plan/memory.h"

namespace retort::plan {

enum class Tuning {
  full,     // all parameters move
  adapter,  // low-rank adapters move (Hu et al. 2021); the model is frozen
};

struct TrainingLoad {
  Tuning tuning = Tuning::full;
  int64_t sequence = 4096;     // tokens of a sequence
  int64_t sequences = 1;       // of a micro-batch
  bool recomputation = false;  // only each layer's input is kept
  int64_t adapter_rank = 16;   // on all matrices of attention and feed-forward
};

/// Runtime::retort: as TrainableDecoder holds it: f32 masters, gradients and two moments, BF16 values and
/// their transposed; f32 activations of all layers, and no recomputation or adapters. Runtime::device: mixed
/// precision as Rajbhandari et al. (2020) count it (BF16 weights and gradients, f32 masters and moments: 16
/// bytes a parameter), BF16 activations as Korthikanti et al. (2022) count them, with blockwise attention.
MemoryPlan plan_training(const ModelShape& shape, const TrainingLoad& load, Runtime runtime);

}  // namespace retort::plan
