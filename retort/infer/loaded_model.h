// LoadedModel: all that belongs to a checkpoint, opened together: weights, tokenizer, chat template, and how
// its makers want it sampled.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "retort/base/progress.h"
#include "retort/formats/checkpoint.h"
#include "retort/formats/generation_config.h"
#include "retort/infer/request.h"
#include "retort/infer/sampling_parameters.h"
#include "retort/model/causal_lm.h"
#include "retort/model/repack.h"
#include "retort/text/chat_template.h"
#include "retort/text/tokenizer.h"

namespace retort {

struct ModelOptions {
  Repack repack = Repack::now;  // see LoadOptions
  ProgressFn progress;
};

struct LoadedModel {
  Checkpoint checkpoint;
  ModelConfig config;
  GenerationConfig generation;
  Tokenizer tokenizer;
  /// Absent if the checkpoint has none that works; `chat_template_problem` says why.
  std::optional<ChatTemplate> chat_template;
  std::string chat_template_problem;
  std::unique_ptr<CausalLM> model;

  /// Opens everything; `ctx` lends its threads for repacking. Throws Error that names the file.
  static LoadedModel open(Context& ctx, const std::filesystem::path& path, const ModelOptions& options = {});

  /// What generation_config.json says, and where it is silent or absent (GGUF files have none) DeepSeek's
  /// advice for R1 distills: temperature 0.6, top-p 0.95.
  SamplingParameters default_sampling() const;

  /// Every token that ends an answer: of config, generation config and tokenizer.
  std::vector<int32_t> stop_tokens() const;

  /// For a prompt that was rendered from the template: where generation starts, and the tokens of "</think>".
  ThinkingOptions thinking(bool starts_in_thought) const;

  /// A cache for `n_tokens` positions of this model, rounded up to pages.
  std::unique_ptr<KvCache> make_cache(kernels::KvDType dtype, int64_t n_tokens) const;
};

}  // namespace retort
