// Fills a Decoder from a checkpoint of either layout.
#pragma once

#include <memory>

#include "retort/model/architecture.h"
#include "retort/model/decoder.h"

namespace retort {

/// As the configuration says.
RopeParameters rope_parameters(const ModelConfig& config);

std::unique_ptr<CausalLM> load_decoder(Context& ctx, const Checkpoint& checkpoint, const ModelConfig& config,
                                       const LoadOptions& options, RopeStyle rope_style);

}  // namespace retort
