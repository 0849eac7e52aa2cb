// Weights from which attention begins with working induction heads (Olsson et al. 2022, "In-context Learning
// and Induction Heads"): from random weights a small model needs millions of tokens until it looks anything
// up, and nothing that rests on looking up is learnt before.
#pragma once

#include <cstdint>
#include <span>

#include "retort/formats/model_config.h"
#include "retort/model/trainable.h"

namespace retort {

/// Overwrites some of the initial weights of a llama, qwen2 or mixtral:
/// - what projections add to the residual stream is made ten times smaller, so that it does not drown the
///   rest;
/// - embeddings get a common direction, which tells positions apart from contents; an untied head begins as
///   they were;
/// - in the first layer two heads look one and two tokens back, by that direction and the rotary angles, and
///   write down what they see;
/// - in each other layer a head looks for places after a token like the present one, and with two groups of
///   key-value heads another for places two after a token like the one before ("key = value"); both raise the
///   logit of what stands there.
/// All other heads stay as they are, and all of it is trained on like any weights. Throws Error bad_input for
/// a model with less than two layers or a hidden_size not above 3 head_dim.
void start_with_induction_heads(std::span<Parameter> parameters, const ModelConfig& config, uint64_t seed);

}  // namespace retort
