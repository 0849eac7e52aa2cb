// Models with random weights that calibration runs: a decoder of given widths in one format, large enough to
// come from memory, or so small that only launches and synchronisation are left.
#pragma once

#include <filesystem>
#include <memory>

#include "retort/model/causal_lm.h"
#include "retort/tensor/dtype.h"

namespace retort::cli {

struct CalibrationShape {
  int64_t hidden = 1536, intermediate = 8960, layers = 8, heads = 12, kv_heads = 2, head_dim = 128;
  int64_t vocabulary = 4096;

  /// Elements of the matrices of a step: of all layers, and the head.
  double layer_weights() const;
  double weights() const { return layer_weights() * static_cast<double>(layers) + head_weights(); }
  double head_weights() const { return static_cast<double>(hidden * vocabulary); }
};

struct CalibrationModel {
  kernels::KvLayout kv_layout() const;
  std::unique_ptr<CausalLM> model;
};

/// Writes the model into a folder of its own under the system's folder for temporary files, loads it, and
/// removes the folder. `matrices`: bf16, f8_e4m3, q8_0 or q4_k. Throws Error resource without room for it.
CalibrationModel make_calibration_model(Context& context, const CalibrationShape& shape, DType matrices);

}  // namespace retort::cli
