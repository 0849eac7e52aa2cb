// Upcycling: a dense model's feed-forwards become experts (Komatsuzaki et al. 2022), here in halves, so that
// the new model computes what the old one did.
//
// A feed-forward is a sum over its inner channels, down(h) = down_A(h_A) + down_B(h_B) for its halves A and
// B. Experts 0 to E / 2 - 1 are A and the others B, each with 2 down_proj; rows e and e + E / 2 of the router
// are equal, so a token's two largest logits are those of one A and one B, both with weight exactly 1 / 2.
// Only the order of additions differs. Our own derivation; a plain copy of the whole feed-forward would cost
// twice the operations. Noise and different tokens let the copies grow apart.
#pragma once

#include <cstdint>
#include <string_view>

#include "retort/formats/checkpoint.h"
#include "retort/formats/model_config.h"
#include "retort/model/trainable.h"

namespace retort::train {

/// The mixture that a dense model becomes: experts of half its width, two for a token. `experts` is even.
/// Throws Error bad_input or unsupported, beginning with `where`, for a model that cannot be: not dense, with
/// biases, quantised, of an odd intermediate_size.
ModelConfig upcycled_config(const ModelConfig& dense, int64_t experts, std::string_view where);

struct UpcycleOptions {
  double noise = 0;  // on each expert's matrices, as a share of their root mean square
  uint64_t seed = 1;
};

/// The student's weights from a dense checkpoint; its configuration is the upcycled one. Refreshes.
void upcycle(Context& ctx, TrainableDecoder& student, const Checkpoint& dense, const UpcycleOptions& options);

}  // namespace retort::train
