#include "retort/train/training_rate.h"

#include <algorithm>
#include <chrono>

#include "retort/base/random.h"
#include "retort/infer/engine.h"
#include "retort/model/trainable.h"
#include "retort/train/batches.h"
#include "retort/train/distillation.h"
#include "retort/train/forecast.h"
#include "retort/train/stages.h"
#include "retort/train/trainer.h"

namespace retort::train {
namespace {

constexpr int64_t kLayers = 2;
constexpr int64_t kVocabulary = 8192;  // of the cut, at most
constexpr int64_t kTokens = 4096;      // of a step, at most
constexpr double kSeconds = 0.7;
constexpr int kAnswers = 64;  // side by side, as examinations do
constexpr int64_t kAnswerTokens = 1024;
constexpr double kAnswerSeconds = 0.3;
constexpr int64_t kMostSteps = 1'000'000;

ModelConfig cut(ModelConfig config) {
  config.num_hidden_layers = std::min(config.num_hidden_layers, kLayers);
  config.vocab_size = std::min(config.vocab_size, kVocabulary);
  config.bos_token_id.reset();
  config.eos_token_ids.clear();
  return config;
}

Dataset random_dataset(int64_t vocab_size, int64_t tokens, int64_t length) {
  Dataset dataset(vocab_size);
  Random random(1);
  do {
    TokenSequence sequence;
    for (int64_t i = 0; i <= length; ++i)
      sequence.tokens.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab_size))));
    dataset.add(sequence);
  } while (dataset.tokens() < tokens);
  return dataset;
}

}  // namespace

double measure_training_rate(Context& ctx, const ModelConfig& config, const ScheduleRecipe& schedule) {
  const int64_t tokens = std::min({schedule.batch_tokens, schedule.micro_batch_tokens, kTokens});
  const int64_t length = std::max<int64_t>(8, std::min(schedule.max_length / 2, tokens));
  TrainableDecoder model(cut(config));
  model.initialise(ctx, 1);
  Dataset dataset = random_dataset(model.config().vocab_size, tokens, length);
  Batches batches(
      dataset, {.sequences = dataset.size(), .micro_batch_rows = tokens, .virtual_shards = kVirtualShards});
  Distillation objective(ctx, model, {});
  Trainer trainer(ctx.pool, ctx.kernels, objective, [&](int64_t step) { return batches.at(step); },
                  {.steps = kMostSteps, .virtual_shards = kVirtualShards});
  trainer.step();  // warms up

  double seconds = 0, operations = 0;
  do {
    StepReport report = trainer.step();
    seconds += report.seconds;
    operations += report.flops * report.seconds;
  } while (seconds < kSeconds);
  return operations / seconds;
}

double measure_answering_rate(Context& ctx, const ModelConfig& config) {
  TrainableDecoder model(cut(config));
  model.initialise(ctx, 1);
  const ModelConfig& c = model.config();
  const int64_t context = std::min(c.max_position_embeddings, kAnswerTokens);
  KvCache cache(
      {kernels::KvDType::bf16, static_cast<int>(c.num_key_value_heads), static_cast<int>(c.head_dim)},
      static_cast<int>(c.num_hidden_layers), Scheduler::pages_for(context) * kAnswers);
  Engine engine(model.decoder(), cache, ctx, {},
                {.max_running = kAnswers, .max_waiting = kAnswers, .max_context = context});
  int64_t tokens = 0;
  for (int i = 0; i < kAnswers; ++i) {
    Request request;
    request.prompt = {static_cast<int32_t>(i % c.vocab_size), 0, 1, 2};
    request.sampling.temperature = 0;
    request.max_new_tokens = context / 2;
    request.on_token = [&](const TokenEvent&) { return ++tokens > 0; };
    engine.add(std::move(request));
  }
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point t) {
    return std::chrono::duration<double>(Clock::now() - t).count();
  };
  engine.step();  // the prompts, and warms up
  const auto start = Clock::now();
  tokens = 0;
  while (seconds_since(start) < kAnswerSeconds && engine.step()) continue;
  return static_cast<double>(std::max<int64_t>(tokens, 1)) * 2 *
         static_cast<double>(model_cost(c).product_weights) / seconds_since(start);
}

}  // namespace retort::train
