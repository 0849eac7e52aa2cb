#include "retort/train/stages.h"

#include <algorithm>
#include <cmath>

namespace retort::train {
namespace {

/// Rows of a sequence: every token but the last is an input.
double mean_rows(const Dataset& dataset) {
  return static_cast<double>(dataset.tokens() - dataset.size()) / static_cast<double>(dataset.size());
}

LossMix mix_of(const StageRecipe& stage) {
  switch (stage.parsed_kind()) {
    case StageKind::logits:
    case StageKind::layers:
      return {.cross_entropy = stage.hard_weight,
              .forward_kl = 1 - stage.hard_weight,
              .temperature = stage.temperature};
    case StageKind::on_policy:
      // Its own samples are no gold: no cross entropy.
      return {.cross_entropy = 0, .reverse_kl = 1, .temperature = stage.temperature};
    default:
      return {};
  }
}

constexpr int64_t kSizingLessons = 512;  // on-policy steps are sized by the lengths of so many gold lessons

/// The last of the stages that learn from texts need not copy them.
Lessons text_lessons(const Recipe& recipe, const StageRecipe& stage, TextLessons& texts) {
  const auto last = std::find_if(recipe.stages.rbegin(), recipe.stages.rend(), [](const StageRecipe& one) {
    return one.parsed_kind() == StageKind::texts;
  });
  return {&stage == &*last ? std::move(texts.dataset) : texts.dataset, texts.left_out};
}

Lessons lessons_of(ThreadPool& pool, const Recipe& recipe, const StageRecipe& stage,
                   const StageSources& sources, int64_t budget, const ProgressFn& progress) {
  StageKind kind = stage.parsed_kind();
  if (kind == StageKind::texts) return text_lessons(recipe, stage, *sources.texts);
  if (kind == StageKind::drills)
    return make_drills(pool, sources.text, static_cast<uint64_t>(recipe.seed), budget,
                       recipe.schedule.max_length, sources.vocab_size);
  ProblemStream stream = stream_of(recipe, stage);
  const int64_t max_length = recipe.schedule.max_length;
  if (uses_traces(kind)) {
    bool soft = teacher_part(kind) >= TeacherPart::top_tokens;
    int k = soft ? static_cast<int>(recipe.traces.top_logprobs) : 0;
    return trace_lessons(*sources.traces, stream, sources.text,
                         {.k = k, .max_length = max_length, .vocab_size = sources.vocab_size});
  }
  LessonLimits limits{.count = kind == StageKind::on_policy ? kSizingLessons : recipe.data.problems,
                      .tokens = std::max<int64_t>(1, budget),
                      .max_length = max_length};
  return make_lessons(pool, stream, sources.text, kind == StageKind::answers_only, limits, sources.vocab_size,
                      progress);
}

}  // namespace

ProblemStream stream_of(const Recipe& recipe, const StageRecipe& stage) {
  return ProblemStream(recipe.data, stage.levels.empty() ? recipe.data.levels : stage.levels,
                       static_cast<uint64_t>(recipe.seed));
}

BatchOptions Stage::batch_options(const Recipe& all) const {
  return {.seed = static_cast<uint64_t>(all.seed),
          .sequences = batch_sequences,
          .micro_batch_rows = all.schedule.micro_batch_tokens,
          .virtual_shards = kVirtualShards};
}

StageReport Stage::report() const {
  double seen = static_cast<double>(steps) * static_cast<double>(batch_sequences);
  return {.kind = recipe.kind,
          .quantise = recipe.quantise,
          .first_step = first_step,
          .steps = steps,
          .sequences = lessons.dataset.size(),
          .tokens = lessons.dataset.tokens(),
          .left_out = lessons.left_out,
          .epochs = seen / static_cast<double>(lessons.dataset.size()),
          .batch_sequences = batch_sequences};
}

std::vector<Stage> make_stages(ThreadPool& pool, const Recipe& recipe, const StageSources& sources,
                               const ProgressFn& progress) {
  double shares = 0;
  for (const StageRecipe& one : recipe.stages) shares += one.share;
  std::vector<Stage> stages;
  int64_t first_step = 0;
  for (const StageRecipe& one : recipe.stages) {
    double budget = static_cast<double>(sources.tokens) * one.share / shares;
    Stage stage{one, lessons_of(pool, recipe, one, sources, std::llround(budget), progress), mix_of(one)};
    double rows = mean_rows(stage.lessons.dataset);
    stage.batch_sequences =
        std::max<int64_t>(1, std::llround(static_cast<double>(recipe.schedule.batch_tokens) / rows));
    stage.first_step = first_step;
    stage.steps =
        std::max<int64_t>(1, std::llround(budget / (rows * static_cast<double>(stage.batch_sequences))));
    first_step += stage.steps;
    stages.push_back(std::move(stage));
  }
  return stages;
}

}  // namespace retort::train
