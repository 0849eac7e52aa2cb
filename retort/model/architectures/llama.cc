// Llama (Touvron et al. 2023; Llama 3, 2024): the decoder without biases. The DeepSeek-R1-Distill-Llama models.
#include "retort/model/architecture.h"
#include "retort/model/decoder_loader.h"

namespace retort {

std::unique_ptr<CausalLM> load_llama(Context& ctx, const Checkpoint& checkpoint, const ModelConfig& config,
                                     const LoadOptions& options) {
  // llama.cpp's converter reorders the rows of query and key so that rotary pairs are neighbours.
  auto style = checkpoint.layout() == Layout::gguf ? RopeStyle::interleaved : RopeStyle::half;
  return load_decoder(ctx, checkpoint, config, options, style);
}

}  // namespace retort
