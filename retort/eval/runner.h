// Asks a model all items of a suite through the Engine, many at once, and journals every answer as it ends.
// What an answer is depends on the model, the item, the sample's number, the turn and the seed, and not on
// how many are asked at once or whether the run was stopped in between.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "retort/base/json.h"
#include "retort/base/progress.h"
#include "retort/eval/item.h"
#include "retort/eval/journal/journal.h"
#include "retort/infer/loaded_model.h"
#include "retort/infer/sampling_parameters.h"
#include "retort/kernels/attention.h"
#include "retort/ops/context.h"

namespace retort::eval {

struct AskOptions {
  SamplingParameters sampling;  // its seed is the run's; each answer has one of its own made from it
  int64_t samples = 1;          // of each item
  int64_t max_new_tokens = 1024;
  std::optional<int64_t> thinking_budget;  // tokens of thought, after which </think> is forced
};
/// For the run's key: every member.
Json to_json(const AskOptions& options);

/// The model under test, ready to run.
struct Subject {
  const LoadedModel& loaded;
  Context& context;
  kernels::KvDType kv = kernels::KvDType::bf16;
};
/// For the run's key: the weights, tokenizer and template by their checksums, the instruction set, the type
/// of the cache. Reads all weights.
Json fingerprint(const Subject& subject);

struct RunHooks {
  int max_running = 64;  // answers computed at once; changes no answer
  std::function<void()> check = [] {
  };                         // before every step; may throw to stop, and the journal keeps what ended
  ProgressFn progress = {};  // counts answers
};

/// What the model did between the first question and the last, for the hardware figures of this call.
struct RunMetrics {
  double seconds = 0;
  double model_seconds = 0;  // within Engine::step
  int64_t answers = 0;       // asked now: not those that the journal had
  int64_t generated_tokens = 0, prompt_tokens = 0, computed_prompt_tokens = 0;
  int64_t preemptions = 0;
};

/// Throws Error unsupported for a model without a chat template, and what the hooks and the journal throw.
RunMetrics ask_all(const Subject& subject, std::span<const Item> items, const AskOptions& options,
                   Journal& journal, const std::string& run, const RunHooks& hooks = {});

}  // namespace retort::eval
