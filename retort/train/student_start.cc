#include "retort/train/student_start.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "retort/base/error.h"
#include "retort/model/architecture.h"
#include "retort/train/growth.h"
#include "retort/train/pruning.h"
#include "retort/train/upcycle.h"

namespace retort::train {
namespace {

constexpr int64_t kMeasuredSequences = 512;  // Minitron's least

/// "recipe.json: student.prune_from: '../base'"
std::string where_of(const Recipe& recipe) {
  return fmt::format("{}: {}: '{}'", recipe.file.filename().string(), recipe.student.start_key(),
                     recipe.student.start_folder());
}

void require_experts(const Recipe& recipe, const ModelConfig& config) {
  if (config.has_experts()) return;
  for (const auto& [key, value] : {std::pair{"router_aux_loss_coef", recipe.student.router_aux_loss_coef},
                                   {"router_z_loss_coef", recipe.student.router_z_loss_coef}})
    if (value)
      fail(ErrorCode::bad_input, "{}: student.{}: has no effect: {} has no experts",
           recipe.file.filename().string(), key, recipe.student.start_folder());
}

/// The first sequences of the lessons.
std::vector<std::span<const int32_t>> measured(const Dataset& lessons) {
  std::vector<std::span<const int32_t>> sequences;
  for (int64_t i = 0; i < std::min(kMeasuredSequences, lessons.size()); ++i)
    sequences.push_back(lessons[i].tokens);
  return sequences;
}

void start_upcycled(Context& ctx, const Recipe& recipe, TrainableDecoder& student, const Checkpoint& base,
                    StartReport& report) {
  const double noise = recipe.student.upcycle_noise;
  upcycle(ctx, student, base, {.noise = noise, .seed = static_cast<uint64_t>(recipe.seed)});
  report.summary = fmt::format("{} experts from the halves of each feed-forward, noise {:g}",
                               student.config().num_local_experts, noise);
}

/// The larger model runs as it would serve, from the file's own bytes: once, and many tokens at a time.
Importance importance_of(Context& ctx, const Checkpoint& base, const ModelConfig& config,
                         const Dataset& lessons, const ProgressFn& progress) {
  const auto model = load_causal_lm(ctx, base, config, {.repack = Repack::never, .progress = {}});
  const auto* decoder = dynamic_cast<const Decoder*>(model.get());
  RETORT_CHECK(decoder != nullptr);  // of every dense architecture
  return measure_importance(ctx, *decoder, measured(lessons), progress);
}

void start_pruned(Context& ctx, TrainableDecoder& student, const Checkpoint& base, const Dataset& lessons,
                  const ProgressFn& progress, StartReport& report) {
  const ModelConfig config = read_model_config(base);
  const Importance importance = importance_of(ctx, base, config, lessons, progress);
  const PruningPlan plan = plan_pruning(student.config(), config, importance);
  prune(ctx, student, base, config, plan);
  report.sequences = importance.sequences;
  report.tokens = importance.tokens;
  report.layer_importance = importance.layers;
  report.layers_kept = plan.layers;
  report.energy_kept =
      std::accumulate(plan.energy.begin(), plan.energy.end(), 0.0) / static_cast<double>(plan.energy.size());
  report.summary = fmt::format(
      "{} of {} layers, {} of {} hidden channels with {:.0f} % of the squares, {} of {} MLP channels, {} of "
      "{} "
      "heads; measured on {} sequences",
      plan.layers.size(), config.num_hidden_layers, plan.hidden.size(), config.hidden_size,
      100 * report.energy_kept, student.config().intermediate_size, config.intermediate_size,
      student.config().num_attention_heads, config.num_attention_heads, importance.sequences);
}

void start_grown(Context& ctx, const Recipe& recipe, TrainableDecoder& student, const Checkpoint& base,
                 StartReport& report) {
  const ModelConfig config = read_model_config(base);
  grow(ctx, student, base, config, static_cast<uint64_t>(recipe.seed));
  report.summary = fmt::format("MLP channels from {} to {}, layers from {} to {}", config.intermediate_size,
                               student.config().intermediate_size, config.num_hidden_layers,
                               student.config().num_hidden_layers);
}

}  // namespace

ModelConfig started_config(const Recipe& recipe, const ModelConfig& base) {
  const StudentRecipe& s = recipe.student;
  ModelConfig config = base;
  if (!s.upcycle_from.empty()) config = upcycled_config(base, s.num_local_experts, where_of(recipe));
  if (!s.prune_from.empty()) config = pruned_config(s, base, where_of(recipe));
  if (!s.grow_from.empty()) config = grown_config(s, base, where_of(recipe));
  require_experts(recipe, config);
  return config;
}

StartReport start_student(Context& ctx, const Recipe& recipe, TrainableDecoder& student,
                          const Dataset& lessons, const ProgressFn& progress) {
  const StudentRecipe& s = recipe.student;
  StartReport report{.key = std::string(s.start_key()), .folder = s.start_folder()};
  if (report.key.empty()) {
    const auto heads = s.first_heads == "induction" ? FirstHeads::induction : FirstHeads::random;
    student.initialise(ctx, static_cast<uint64_t>(recipe.seed), heads);
    return report;
  }
  const Checkpoint base = Checkpoint::open(recipe.resolve_model(s.start_folder()));
  if (!s.upcycle_from.empty()) {
    start_upcycled(ctx, recipe, student, base, report);
  } else if (!s.prune_from.empty()) {
    start_pruned(ctx, student, base, lessons, progress, report);
  } else if (!s.grow_from.empty()) {
    start_grown(ctx, recipe, student, base, report);
  } else {
    student.load(ctx, base);
    report.summary = "its weights as they are";
  }
  return report;
}

}  // namespace retort::train
