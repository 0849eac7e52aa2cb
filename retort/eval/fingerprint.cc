// What of a model decides its answers, for a run's key.
#include <nlohmann/json.hpp>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/eval/runner.h"
#include "retort/kernels/isa.h"
#include "retort/model/decoder.h"

namespace retort::eval {
namespace {

/// By what it does: the pieces of all tokens, and a text that shows how they are put together.
std::string tokenizer_of(const LoadedModel& m) {
  Checksum sum;
  for (int64_t id = 0; id < m.tokenizer.vocabulary_size(); ++id) {
    sum.add(m.tokenizer.piece(static_cast<int32_t>(id)));
    sum.add("\n");
  }
  for (int32_t id :
       m.tokenizer.encode("Hello, world! 12345 + 678\n\n  def f(x): return x\n\xc3\xa9\xe4\xb8\xad"))
    sum.add(fmt::format("{} ", id));
  return sum.hex();
}

std::string template_of(const LoadedModel& m) {
  if (!m.chat_template) return "";
  const Json probe = Json::array({{{"role", "user"}, {"content", "a"}},
                                  {{"role", "assistant"}, {"content", "b"}},
                                  {{"role", "user"}, {"content", "c"}}});
  return checksum_of(m.chat_template->render(probe, {.open_thought = true}).text);
}

/// Of what its matrices skip; "" for nothing.
std::string thresholds_of(const LoadedModel& m) {
  const auto* decoder = dynamic_cast<const Decoder*>(m.model.get());
  const InputPruning* pruning = decoder != nullptr ? decoder->input_pruning() : nullptr;
  if (pruning == nullptr) return "";
  Checksum sum;
  for (const LayerThresholds& layer : pruning->thresholds())
    for (float threshold : layer) sum.add(fmt::format("{} ", threshold));
  sum.add(pruning->packed_bytes() > 0 ? "by columns" : "zeroed");
  return sum.hex();
}

}  // namespace

Json fingerprint(const Subject& subject) {
  const LoadedModel& m = subject.loaded;
  Json json{{"weights", weights_checksum(m.checkpoint)},
            {"tokenizer", tokenizer_of(m)},
            {"template", template_of(m)},
            {"context", m.config.max_position_embeddings},
            {"rope_theta", m.config.rope_theta},
            {"rms_norm_eps", m.config.rms_norm_eps},
            {"isa", kernels::name(subject.context.kernels.isa)},
            {"kv", subject.kv == kernels::KvDType::bf16 ? "bf16" : "q8"}};
  if (const std::string thresholds = thresholds_of(m); !thresholds.empty()) json["sparsity"] = thresholds;
  return json;
}

}  // namespace retort::eval
