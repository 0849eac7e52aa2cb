// Qwen2 (Yang et al. 2024): the decoder with biases on query, key and value. The DeepSeek-R1-Distill-Qwen models.
#include "retort/model/architecture.h"
#include "retort/model/decoder_loader.h"

namespace retort {

std::unique_ptr<CausalLM> load_qwen2(Context& ctx, const Checkpoint& checkpoint, const ModelConfig& config,
                                     const LoadOptions& options) {
  return load_decoder(ctx, checkpoint, config, options, RopeStyle::half);
}

}  // namespace retort
