// Repacking: the weights of a model in memory of their own, on large pages; integer formats interleaved for
// the kernels, float formats as they are.
#pragma once

#include <memory>
#include <span>

#include "retort/base/progress.h"
#include "retort/formats/checkpoint.h"
#include "retort/ops/linear.h"

namespace retort {

/// Packs each layer that wants it, in parallel, and gives its pages of the file back as it goes, so that the
/// peak is one copy of the weights. Float formats are left where they are if all copies would take more than
/// three quarters of the available memory. Returns what holds the packed bytes; null if nothing was packed.
std::shared_ptr<const void> repack(Context& ctx, const Checkpoint& checkpoint,
                                   std::span<Linear* const> wanted, const ProgressFn& progress);

}  // namespace retort
