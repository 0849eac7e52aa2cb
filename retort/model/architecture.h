// Architectures: from a checkpoint to a model that runs. One file each under architectures/, one row each in
// formats/architectures.inc.
#pragma once

#include <memory>

#include "retort/base/progress.h"
#include "retort/formats/checkpoint.h"
#include "retort/formats/model_config.h"
#include "retort/model/causal_lm.h"
#include "retort/model/repack.h"

namespace retort {

struct LoadOptions {
  /// Makes decoding faster, and costs as much anonymous memory as the weights have bytes (the file's pages
  /// are given back).
  Repack repack = Repack::now;
  ProgressFn progress;  // bytes repacked
};

/// Loads the checkpoint's weights for its architecture. The context's pool and kernels are used for
/// repacking. Throws Error not_found for a missing tensor, bad_input for a wrong shape, unsupported for an
/// architecture or dtype, each with the tensor's name.
std::unique_ptr<CausalLM> load_causal_lm(Context& ctx, const Checkpoint& checkpoint,
                                         const ModelConfig& config, const LoadOptions& options = {});

}  // namespace retort
