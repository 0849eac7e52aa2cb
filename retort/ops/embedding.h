// Embedding: the rows of a table for a run of tokens, decoded to f32. Forward and backward.
#pragma once

#include <cstdint>
#include <span>

#include "retort/ops/context.h"

namespace retort {

/// table [vocab_size, hidden_size] of any dtype; tokens in [0, vocab_size) -> [tokens, hidden_size] f32, or
/// f64 if the table is. With a tape, `tokens` must outlive its backward.
Tensor embedding(Context& ctx, const TensorView& table, std::span<const int32_t> tokens);

}  // namespace retort
