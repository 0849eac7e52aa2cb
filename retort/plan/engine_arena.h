// What a step of this engine takes of its arena: the allocations of Decoder::forward replayed without
// computing, so that the figure is the engine's own and not a guess.
#pragma once

#include <cstdint>

#include "retort/kernels/kernel_table.h"
#include "retort/plan/memory.h"

namespace retort::plan {

/// One step: `sequences` of equal length, each with `tokens` new positions behind `position`, and how many
/// rows of logits are wanted.
struct ArenaStep {
  int64_t sequences = 1, tokens = 1, position = 0, outputs = 1;
};

/// Most bytes in use at once in such a step (Arena::peak), at the level of `kernels` with `threads` threads.
/// The shape must be one that this engine runs.
uint64_t arena_peak(const ModelShape& shape, const Weights& weights, KvType kv, const ArenaStep& step,
                    const kernels::KernelTable& kernels, int threads);

}  // namespace retort::plan
