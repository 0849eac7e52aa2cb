#include "retort/model/architecture.h"

#include "retort/base/error.h"

namespace retort {

#define X(architecture, ...)                                                                         \
  std::unique_ptr<CausalLM> load_##architecture(Context& ctx, const Checkpoint&, const ModelConfig&, \
                                                const LoadOptions&);
#include "retort/formats/architectures.inc"
#undef X

namespace {

struct Loader {
  std::string_view architecture;
  decltype(&load_llama) load;
};

constexpr Loader kLoaders[] = {
#define X(architecture, ...) {#architecture, load_##architecture},
#include "retort/formats/architectures.inc"
#undef X
};

}  // namespace

std::unique_ptr<CausalLM> load_causal_lm(Context& ctx, const Checkpoint& checkpoint,
                                         const ModelConfig& config, const LoadOptions& options) {
  for (const auto& row : kLoaders)
    if (row.architecture == config.architecture) return row.load(ctx, checkpoint, config, options);
  fail(ErrorCode::unsupported, "{}: architecture '{}' is not supported; supported: {}",
       checkpoint.path().string(), config.architecture, supported_architectures());
}

}  // namespace retort
