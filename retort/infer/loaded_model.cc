#include "retort/infer/loaded_model.h"

#include <algorithm>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/infer/model_text.h"
#include "retort/model/architecture.h"

namespace retort {
namespace {

// DeepSeek-R1's README, "Usage Recommendations".
constexpr float kTemperature = 0.6f, kTopP = 0.95f;

void check_vocabulary(const LoadedModel& m) {
  if (m.tokenizer.vocabulary_size() > m.config.vocab_size)
    fail(ErrorCode::bad_input, "{}: the tokenizer has {} tokens, the model {}: they do not belong together",
         m.checkpoint.path().string(), m.tokenizer.vocabulary_size(), m.config.vocab_size);
}

}  // namespace

LoadedModel LoadedModel::open(Context& ctx, const std::filesystem::path& path, const ModelOptions& options) {
  Checkpoint checkpoint = Checkpoint::open(path);
  ModelConfig config = read_model_config(checkpoint);
  LoadedModel m{checkpoint, config, read_generation_config(checkpoint), load_tokenizer(checkpoint), {},
                {},         {}};
  check_vocabulary(m);
  try {
    m.chat_template = load_chat_template(checkpoint, m.tokenizer);
  } catch (const Error& e) {
    m.chat_template_problem = e.message();  // raw completion still works
  }
  m.model = load_causal_lm(ctx, checkpoint, config, {.repack = options.repack, .progress = options.progress});
  return m;
}

SamplingParameters LoadedModel::default_sampling() const {
  SamplingParameters sampling;
  sampling.temperature = static_cast<float>(generation.temperature.value_or(kTemperature));
  if (generation.do_sample == false) sampling.temperature = 0;
  sampling.top_p = static_cast<float>(generation.top_p.value_or(kTopP));
  sampling.top_k = static_cast<int32_t>(std::min<int64_t>(generation.top_k.value_or(0), config.vocab_size));
  sampling.min_p = static_cast<float>(generation.min_p.value_or(0.0));
  sampling.repetition_penalty = static_cast<float>(generation.repetition_penalty.value_or(1.0));
  return sampling;
}

std::vector<int32_t> LoadedModel::stop_tokens() const {
  std::vector<int32_t> stops;
  auto add = [&](int64_t id) {
    if (id >= 0 && id < config.vocab_size) stops.push_back(static_cast<int32_t>(id));
  };
  for (int64_t id : config.eos_token_ids) add(id);
  for (int64_t id : generation.eos_token_ids) add(id);
  if (auto id = tokenizer.eos_id()) add(*id);
  std::sort(stops.begin(), stops.end());
  stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
  return stops;
}

ThinkingOptions LoadedModel::thinking(bool starts_in_thought) const {
  ThinkingOptions thinking;
  thinking.starts_in_thought = starts_in_thought;
  auto end = tokenizer.id_of("</think>");
  thinking.think_end = end ? std::vector<int32_t>{*end} : tokenizer.encode("</think>");
  return thinking;
}

std::unique_ptr<KvCache> LoadedModel::make_cache(kernels::KvDType dtype, int64_t n_tokens) const {
  kernels::KvLayout layout{dtype, static_cast<int>(config.num_key_value_heads),
                           static_cast<int>(config.head_dim)};
  return std::make_unique<KvCache>(layout, static_cast<int>(config.num_hidden_layers),
                                   div_up<int64_t>(n_tokens, kernels::kPageTokens));
}

}  // namespace retort
