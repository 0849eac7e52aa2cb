// Matrices whose inputs may be scaled together because one source feeds them all: what AWQ and SmoothQuant
// choose scales for. Per layer: query, key and value behind a norm; the output projection behind the values;
// gate and up (of all experts, with the router) behind the other norm; down behind up.
#pragma once

#include <string>
#include <vector>

#include "retort/compress/folding.h"
#include "retort/compress/source_model.h"
#include "retort/compress/statistics.h"

namespace retort::compress {

struct ScaledGroup {
  std::string source;                        // as Folding has it
  std::vector<const SourceTensor*> readers;  // matrices to be quantised
  std::vector<std::string> other_readers;    // the router: follows the scales, has no say
};

/// Of one layer, in the order of the forward pass.
std::vector<ScaledGroup> scaled_groups(const SourceModel& model, int layer);

/// A group's matrices as they are now, and what they read.
struct GroupWeights {
  struct Part {
    std::vector<float> values;
    int64_t rows = 0, columns = 0;
    const InputStatistics* inputs = nullptr;
  };
  std::vector<Part> parts;
  int64_t columns() const { return parts.front().columns; }
  /// Over all parts, weighed by the tokens that each of them saw.
  std::vector<float> mean_abs() const;
  std::vector<float> max_abs() const;
};

/// Throws Error not_found where calibration has nothing of a module.
GroupWeights read_group(const SourceModel& model, const ScaledGroup& group, const Statistics& statistics);

/// The folding of `scale` ([columns]), which is first made fit for the source: columns that a key-value head
/// feeds share theirs, and a norm's are moved to what its BF16 weight can carry.
Folding fold(const SourceModel& model, const ScaledGroup& group, std::vector<float> scale);

}  // namespace retort::compress
