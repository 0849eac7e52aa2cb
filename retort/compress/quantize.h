// The pipeline: tensors of a source, slab of rows by slab of rows, through an encoder into a sink. Memory
// holds a few slabs, or one matrix where a method needs it whole.
#pragma once

#include <functional>

#include "retort/base/progress.h"
#include "retort/compress/model_sink.h"
#include "retort/compress/statistics.h"
#include "retort/ops/context.h"

namespace retort::compress {

/// A method that chooses integers better than rounding does, a whole matrix at a time: GPTQ, AWQ's clipping.
/// It may use the pool. `statistics` is null for a module that calibration did not see.
using IntegerMethod = std::function<IntegerMatrix(Context&, const SourceTensor&, MatrixView, IntegerGrid,
                                                  const InputStatistics* statistics)>;

struct QuantizeOptions {
  /// By module; mean_square is the importance of columns for the formats that search scales. Empty: all
  /// columns are alike.
  const Statistics* statistics = nullptr;
  /// Called before anything of a layer is read, in their order.
  std::function<void(int layer)> enter_layer;
  /// For the matrices with integer encodings; empty: round to nearest.
  IntegerMethod method;
  /// Bytes read of the source, with each tensor's share; may throw to stop the work.
  ProgressFn progress;
};

/// Writes every tensor of the plan and finishes the sink. Throws what reading, the method, progress or the
/// sink throw; then nothing stands under the output's name.
void quantize(Context& ctx, const SourceModel& source, const QuantizationPlan& plan,
              const QuantizeOptions& options, ModelSink& sink);

}  // namespace retort::compress
