// `--to auto`: a format for every tensor, so that the file fits a budget and its predictions move least.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "retort/base/progress.h"
#include "retort/compress/automatic_probe.h"
#include "retort/compress/source_model.h"
#include "retort/compress/statistics.h"

namespace retort::compress {

/// Encodes a row of n weights; `importance` of its columns may be null.
using RowEncoder =
    std::function<void(DType, const float* row, std::byte* out, int64_t n, const double* importance)>;

struct AutomaticOptions {
  std::vector<DType> formats;  // of which a tensor gets one that its columns suit, else bf16
  uint64_t budget = 0;         // bytes of all matrices but routers, embedding and head among them
  uint64_t alignment = 32;     // of a tensor in the file
  RowEncoder encode;
  ProgressFn progress;  // measurements
};

/// A tensor, or all experts' matrices of one kind in a layer, which a GGUF file has in one stack.
struct AutomaticRow {
  std::vector<const SourceTensor*> tensors;
  DType format = DType::bf16;
  uint64_t bytes = 0;  // aligned
  double loss = 0;     // predicted KL divergence, nats a token
};

struct AutomaticChoice {
  std::vector<AutomaticRow> rows;  // all matrices but routers, in the source's order
  uint64_t bytes = 0;
  double predicted_kl = 0;  // the sum of the losses
  double measured_kl = 0;   // of all together, on the same text
  int measurements = 0;
  int64_t tokens = 0;  // of the text that measured
};

/// Groups of matrices (a layer's query, key and value; output; gate and up; down; the embedding; the head)
/// are quantised one at a time to the smallest format and the KL divergence from the source is measured. A
/// tensor's loss in any format is that of its group in proportion to its squared error, weighted by the mean
/// squares of its inputs; losses are taken to add up, which `measured_kl` checks. Of more than 160 groups
/// every second, third, ... layer is measured, and its neighbours take its proportion. Throws Error bad_input
/// if not even the smallest formats fit the budget.
AutomaticChoice choose_formats(Context& ctx, const SourceModel& source, const Statistics& statistics,
                               DivergenceProbe& probe, const AutomaticOptions& options);

}  // namespace retort::compress
