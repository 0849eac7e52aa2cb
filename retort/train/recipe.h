// Recipe: all that a distillation is made of, as read from a JSON file. Every key, its range, its default and
// what it is for stand once, in recipe_keys.cc; parser, `retort distill --explain` and docs/recipes.md are
// made from there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/base/json.h"
#include "retort/tensor/weight_grid.h"

namespace retort::train {

/// Names with positive weights, in the order of the file; only the ratios count.
using Shares = std::vector<std::pair<std::string, double>>;

struct TokenizerRecipe {
  std::string from;
  int64_t vocabulary_size = 1024;
};

/// The members of config.json, under their names there.
struct StudentRecipe {
  std::string from;
  std::string upcycle_from;
  double upcycle_noise = 0.01;
  std::string prune_from;
  std::string grow_from;
  std::string architecture = "llama";
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_local_experts = 0;
  int64_t num_experts_per_tok = 0;
  std::optional<double> router_aux_loss_coef, router_z_loss_coef;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t num_key_value_heads = 0;
  int64_t head_dim = 0;
  int64_t max_position_embeddings = 512;
  double rope_theta = 10000.0;
  double rms_norm_eps = 1e-6;
  bool tie_word_embeddings = true;
  std::string first_heads = "random";

  /// The key that names the folder with its first weights, its tokenizer and (most of) its shape:
  /// "student.from", ".upcycle_from", ".prune_from" or ".grow_from"; empty: none does.
  std::string_view start_key() const;
  const std::string& start_folder() const;
};

struct DataRecipe {
  Shares families;
  std::vector<int64_t> levels;
  std::vector<std::string> styles;
  int64_t problems = 0;
};

struct TextsRecipe {
  std::vector<std::string> files;
  double held_out = 0.02;
  int64_t held_out_tokens = 32768;
};

struct TracesRecipe {
  int64_t problems = 0;
  int64_t samples = 1;
  double temperature = 0.6;
  double top_p = 0.95;
  int64_t top_logprobs = 8;
  int64_t max_new_tokens = 256;
};

enum class StageKind {
#define X(name, teacher, doc) name,
#include "retort/train/stage_kinds.inc"
#undef X
};
std::string_view name(StageKind kind);
/// What a stage has of the teacher, each more than the one before.
enum class TeacherPart { none, texts, top_tokens, model };
TeacherPart teacher_part(StageKind kind);
/// It learns from the traces that the teacher wrote.
bool uses_traces(StageKind kind);
std::string_view documentation(StageKind kind);
std::vector<StageKind> all_stage_kinds();

struct StageRecipe {
  std::string kind;
  double share = 1.0;
  std::vector<int64_t> levels;
  double hard_weight = 0.5;
  double temperature = 1.0;
  std::string quantise;

  StageKind parsed_kind() const;
  /// Of `quantise`; null: weights are as they are.
  const WeightGrid* grid() const;
};

struct OptimizerRecipe {
  double learning_rate = 1e-3;
  double adam_beta1 = 0.9, adam_beta2 = 0.95;
  double adam_epsilon = 1e-8;
  double weight_decay = 0.1;
  double max_grad_norm = 1.0;
};

struct ScheduleRecipe {
  double warmup_ratio = 0.02;
  double decay_ratio = 0.2;
  double min_lr_ratio = 0.0;
  int64_t batch_tokens = 4096;
  int64_t micro_batch_tokens = 4096;
  int64_t max_length = 256;
};

struct BudgetRecipe {
  std::optional<int64_t> tokens;
  std::optional<double> minutes;
};

struct EvaluationRecipe {
  std::vector<std::string> families;
  std::vector<int64_t> levels;
  int64_t problems = 100;
  int64_t points = 4;
  int64_t max_new_tokens = 256;
};

struct Recipe {
  std::string notes;
  std::string output;
  std::string gguf;
  int64_t seed = 1;
  std::string teacher;
  TokenizerRecipe tokenizer;
  StudentRecipe student;
  DataRecipe data;
  TextsRecipe texts;
  TracesRecipe traces;
  std::vector<StageRecipe> stages;
  OptimizerRecipe optimizer;
  ScheduleRecipe schedule;
  BudgetRecipe budget;
  EvaluationRecipe evaluation;

  std::filesystem::path file;  // where it was read from

  /// The most that any stage has of the teacher.
  TeacherPart teacher_part() const;
  bool uses_traces() const;
  bool uses_texts() const;
  /// Some stage learns from generated problems, or from what a model answers to them.
  bool uses_problems() const;
  /// Before its first step the student is examined as it is and as the stage rounds it: what rounding costs
  /// who has not learnt for it.
  bool examined_before(size_t stage) const;
  /// All of a run: evaluation.points and those that quantisation-aware stages add.
  int64_t examinations() const;
  /// Paths in a recipe are relative to its own folder.
  std::filesystem::path resolve(const std::string& path) const;
  std::vector<std::filesystem::path> text_files() const;
  /// Of a model: a path, or a name of the family (formats/model_names.h).
  std::filesystem::path resolve_model(const std::string& model) const;
};

/// Reads and checks a recipe. `where` names the file in errors, which are Error bad_input
/// "recipe.json: optimizer.learning_rate: 30 is outside 1e-08 to 1": the key, the value and the way out.
Recipe parse_recipe(std::string_view text, const std::filesystem::path& file);
Recipe read_recipe(const std::filesystem::path& file);

/// The whole recipe with every default written out, those that have no effect too.
Json to_json(const Recipe& recipe);

/// The keys whose values differ between two such, "optimizer.learning_rate", but for those that change
/// nothing of what is learned (notes, output, gguf, evaluation).
std::vector<std::string> differing_keys(const Json& a, const Json& b);

}  // namespace retort::train
