// Repacking: the integer weights of a model, interleaved for the kernels into memory of their own.
#pragma once

#include <memory>
#include <span>

#include "retort/base/progress.h"
#include "retort/formats/checkpoint.h"
#include "retort/ops/linear.h"

namespace retort {

/// Packs each layer that wants it, in parallel, and gives its pages of the file back as it goes, so that the
/// peak is one copy of the weights. Returns what holds the packed bytes; null if nothing wanted packing.
std::shared_ptr<const void> repack(Context& ctx, const Checkpoint& checkpoint,
                                   std::span<Linear* const> layers, const ProgressFn& progress);

}  // namespace retort
