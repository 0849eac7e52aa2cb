#include "retort/model/architecture.h"

#include "retort/base/error.h"

namespace retort {

#define X(name)                                                                              \
  std::unique_ptr<CausalLM> load_##name(Context& ctx, const Checkpoint&, const ModelConfig&, \
                                        const LoadOptions&);
#include "retort/model/architectures.inc"
#undef X

namespace {

struct Architecture {
  std::string_view name;
  decltype(&load_llama) load;
};

constexpr Architecture kArchitectures[] = {
#define X(name) {#name, load_##name},
#include "retort/model/architectures.inc"
#undef X
};

}  // namespace

std::unique_ptr<CausalLM> load_causal_lm(Context& ctx, const Checkpoint& checkpoint,
                                         const ModelConfig& config, const LoadOptions& options) {
  for (const auto& row : kArchitectures)
    if (row.name == config.architecture) return row.load(ctx, checkpoint, config, options);
  fail(ErrorCode::unsupported, "{}: architecture '{}' is not supported; supported: {}",
       checkpoint.path().string(), config.architecture, supported_architectures());
}

}  // namespace retort
