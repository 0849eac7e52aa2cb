// Mixtral (Jiang et al. 2024): Llama's decoder with a mixture of experts in the place of each feed-forward.
// Its GGUF files call themselves llama and count their experts.
#include "retort/model/architecture.h"
#include "retort/model/decoder_loader.h"

namespace retort {

std::unique_ptr<CausalLM> load_mixtral(Context& ctx, const Checkpoint& checkpoint, const ModelConfig& config,
                                       const LoadOptions& options) {
  // As for llama: converters reorder the rows of query and key.
  auto style = checkpoint.layout() == Layout::gguf ? RopeStyle::interleaved : RopeStyle::half;
  return load_decoder(ctx, checkpoint, config, options, style);
}

}  // namespace retort
