#include "retort/train/recipe_keys.h"

#include <nlohmann/json.hpp>

#include "retort/infer/sampling_parameters.h"
#include "retort/problems/problem.h"

namespace retort::train {
namespace {

constexpr double kMaxCount = 1e12;

std::vector<std::string> stage_names() {
  std::vector<std::string> names;
  for (StageKind kind : all_stage_kinds()) names.emplace_back(name(kind));
  return names;
}

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (problems::Family family : problems::all_families()) names.emplace_back(problems::name(family));
  return names;
}

std::vector<std::string> grid_names() {
  std::vector<std::string> names;
  for (const WeightGrid& grid : weight_grids()) names.emplace_back(grid.name);
  return names;
}

std::vector<RecipeKey> top_keys(Recipe& r) {
  return {
      {"notes", &r.notes, "remarks for readers; JSON has no comments"},
      {"output", &r.output,
       "the folder for the student; what is needed to resume stands beside it, in OUTPUT.run"},
      {"gguf", &r.gguf, "a GGUF file to write the student to as well; absent: none"},
      {"seed", &r.seed, "decides every random choice: weights, problems, their order, samples", {0, 9e15}},
      {"teacher", &r.teacher,
       "the model that the student learns from: a folder, a GGUF file, or a name such as micro-teacher"},
  };
}

std::vector<RecipeKey> traces_keys(TracesRecipe& t) {
  return {
      {"problems", &t.problems, "problems that the teacher is asked", {1, 1e8}},
      {"samples",
       &t.samples,
       "answers to each; different ones that the verifier accepts are all kept",
       {1, 256}},
      {"temperature", &t.temperature, "of the sampling; DeepSeek's advice for R1", {0, 10}},
      {"top_p", &t.top_p, "of the sampling", {1e-6, 1}},
      {"top_logprobs",
       &t.top_logprobs,
       "the teacher's likeliest tokens that are kept at every place, for `logits`",
       {1, SamplingParameters::kMaxTopLogprobs}},
      {"max_new_tokens", &t.max_new_tokens, "an answer ends after so many tokens", {1, 65536}},
  };
}

std::vector<RecipeKey> tokenizer_keys(TokenizerRecipe& t) {
  return {
      {"from", &t.from, "the model folder whose tokenizer to use; absent: train one on the data"},
      {"vocabulary_size",
       &t.vocabulary_size,
       "of a tokenizer that is trained: bytes, marks and merges",
       {288, 65536}},
  };
}

std::vector<RecipeKey> student_keys(StudentRecipe& s) {
  return {
      {"from", &s.from, "the Hugging Face folder to start from; absent: the shape below with random weights"},
      {"upcycle_from", &s.upcycle_from,
       "the folder of a dense llama that becomes a mixtral: half of the experts start as the first half of "
       "its "
       "feed-forwards, half as the second, and a token is sent to one of each, so that nothing is forgotten"},
      {"upcycle_noise",
       &s.upcycle_noise,
       "noise on the experts' copies, as a share of the root mean square of their matrices",
       {0, 1}},
      {"prune_from", &s.prune_from,
       "the folder of a dense model of which the most important channels, heads and layers are kept, as many "
       "as the shape below says; sizes left out are the model's"},
      {"grow_from", &s.grow_from,
       "the folder of a dense model that gets wider MLPs (intermediate_size) and more layers "
       "(num_hidden_layers), "
       "which add nothing at first, so that nothing is forgotten"},
      {"architecture", &s.architecture, "whose layers and tensor names", {}, {"llama", "qwen2", "mixtral"}},
      {"hidden_size", &s.hidden_size, "width of the residual stream", {8, 65536}},
      {"intermediate_size", &s.intermediate_size, "width inside the MLP, or inside each expert", {8, 262144}},
      {"num_local_experts", &s.num_local_experts, "of mixtral: experts in each layer", {1, 1024}},
      {"num_experts_per_tok",
       &s.num_experts_per_tok,
       "of mixtral: experts that a token uses; absent: 2",
       {1, 1024}},
      {"router_aux_loss_coef",
       &s.router_aux_loss_coef,
       "of mixtral: weight of each layer's balance loss, which is 1 where its experts are evenly loaded; "
       "absent: 0.01",
       {0, 10}},
      {"router_z_loss_coef",
       &s.router_z_loss_coef,
       "of mixtral: weight of each layer's z-loss, which keeps the router's logits small; absent: 0.001",
       {0, 10}},
      {"num_hidden_layers", &s.num_hidden_layers, "layers", {1, 512}},
      {"num_attention_heads", &s.num_attention_heads, "heads of queries", {1, 1024}},
      {"num_key_value_heads",
       &s.num_key_value_heads,
       "heads of keys and values; divides the former",
       {1, 1024}},
      {"head_dim", &s.head_dim, "width of a head; even", {2, 1024}},
      {"max_position_embeddings",
       &s.max_position_embeddings,
       "longest text that the student is made for",
       {16, 1 << 20}},
      {"rope_theta", &s.rope_theta, "base of the rotary frequencies", {1, 1e12}},
      {"rms_norm_eps", &s.rms_norm_eps, "epsilon of the norms", {1e-12, 1e-2}},
      {"tie_word_embeddings", &s.tie_word_embeddings, "one matrix for embedding and head"},
      {"first_heads",
       &s.first_heads,
       "of random weights: `induction` starts with attention heads that find what followed earlier, which "
       "small models otherwise take millions of tokens to learn",
       {},
       {"random", "induction"}},
  };
}

std::vector<RecipeKey> data_keys(DataRecipe& d) {
  return {
      {"families",
       &d.families,
       "families of generated problems, with their shares: `{\"arithmetic\": 2}`",
       {1e-6, 1e6},
       family_names()},
      {"levels", &d.levels, "levels of difficulty, in equal shares", {1, 6}},
      {"styles",
       &d.styles,
       "how much of the generated thoughts is shown, in equal shares",
       {},
       {"brief", "full"}},
      {"problems",
       &d.problems,
       "how many, seen again and again; 0: as many as the budget has room for, each once",
       {0, 1e9}},
  };
}

std::vector<RecipeKey> texts_keys(TextsRecipe& t) {
  return {
      {"files", &t.files,
       "`.jsonl`: a line is `{\"text\": ...}` or a chat, `{\"messages\": [{\"role\", \"content\"}, ...]}`, "
       "with "
       "thoughts in `reasoning_content` or <think>; any other file is one document"},
      {"held_out",
       &t.held_out,
       "share that is not learnt but measured: chats and pieces of documents, by a hash of what they say",
       {0, 0.5}},
      {"held_out_tokens",
       &t.held_out_tokens,
       "about so many tokens of it are measured, before the first step and at every examination",
       {16, 1e9}},
  };
}

std::vector<RecipeKey> optimizer_keys(OptimizerRecipe& o) {
  return {
      {"learning_rate", &o.learning_rate, "the schedule's peak", {1e-8, 1}},
      {"adam_beta1", &o.adam_beta1, "decay of the first moment", {0, 0.9999}},
      {"adam_beta2", &o.adam_beta2, "decay of the second moment", {0, 0.999999}},
      {"adam_epsilon", &o.adam_epsilon, "added to the root of the second moment", {1e-16, 1e-2}},
      {"weight_decay", &o.weight_decay, "decoupled, of matrices only", {0, 10}},
      {"max_grad_norm", &o.max_grad_norm, "gradients of a larger norm are scaled down to it", {1e-6, 1e6}},
  };
}

std::vector<RecipeKey> schedule_keys(ScheduleRecipe& s) {
  return {
      {"warmup_ratio", &s.warmup_ratio, "share of the steps in which the rate rises from 0", {0, 1}},
      {"decay_ratio", &s.decay_ratio, "share of the steps, at the end, in which it falls", {0, 1}},
      {"min_lr_ratio", &s.min_lr_ratio, "share of the peak at which it ends", {0, 1}},
      {"batch_tokens", &s.batch_tokens, "tokens of a step, about: it takes whole sequences", {16, 1 << 28}},
      {"micro_batch_tokens",
       &s.micro_batch_tokens,
       "of them, so many are computed at once: decides the memory",
       {16, 1 << 28}},
      {"max_length", &s.max_length, "longer sequences are left out", {16, 1 << 20}},
  };
}

std::vector<RecipeKey> budget_keys(BudgetRecipe& b) {
  return {
      {"tokens", &b.tokens, "tokens to train on, in all stages together", {1, kMaxCount}},
      {"minutes",
       &b.minutes,
       "instead: time to train; the tokens that fit are predicted at the start and then kept",
       {0.01, 1e6}},
  };
}

std::vector<RecipeKey> evaluation_keys(EvaluationRecipe& e) {
  return {
      {"families", &e.families, "families to examine; absent: those of the data", {}, family_names()},
      {"levels", &e.levels, "levels to examine; absent: those of the data", {1, 6}},
      {"problems", &e.problems, "held-out problems for each family and level", {1, 1e6}},
      {"points", &e.points, "examinations, evenly over the run; the last at its end. 0: none", {0, 1000}},
      {"max_new_tokens", &e.max_new_tokens, "an answer ends after so many tokens", {1, 65536}},
  };
}

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

std::vector<RecipeKey> stage_keys(StageRecipe& s) {
  return {
      {.name = "kind", .value = &s.kind, .doc = "what is done", .choices = stage_names(), .required = true},
      {"share", &s.share, "share of the budget; only the ratios count", {1e-6, 1e6}},
      {"levels", &s.levels, "levels of this stage; absent: those of the data", {1, 6}},
      {"hard_weight",
       &s.hard_weight,
       "of `logits` and `layers`: the share of cross entropy; the rest is forward KL",
       {0, 1}},
      {"temperature",
       &s.temperature,
       "where the teacher's probabilities are learnt: softens both distributions",
       {0.1, 20}},
      {"quantise",
       &s.quantise,
       "quantisation-aware: products read the layers' matrices rounded to this format, and what is kept and "
       "exported learns to be rounded; absent: nothing is rounded",
       {},
       grid_names()},
  };
}

std::vector<RecipeSection> recipe_sections(Recipe& r, StageRecipe& stage) {
  return {
      {"", "A recipe is one JSON object. Paths are relative to the recipe's folder.", top_keys(r)},
      {"tokenizer", "Which tokens the student reads and writes.", tokenizer_keys(r.tokenizer)},
      {"student", "What is trained, under the names of Hugging Face's config.json.", student_keys(r.student)},
      {"data", "What it is trained on. Problems of the held-out split are never part of it.",
       data_keys(r.data)},
      {"texts", "Files to learn from, for `texts`. They are not trusted: no text becomes a special token.",
       texts_keys(r.texts)},
      {"traces", "What the teacher writes for the student, once, before the stages that learn from it.",
       traces_keys(r.traces)},
      {"stages", "What is done with it: a list, one stage after the other.", stage_keys(stage), true},
      {"optimizer", "AdamW.", optimizer_keys(r.optimizer)},
      {"schedule", "Warm-up, stable, decay; and the shape of a step.", schedule_keys(r.schedule)},
      {"budget", "How long; exactly one of the two.", budget_keys(r.budget)},
      {"evaluation", "How the student is examined: on held-out problems, always the likeliest token.",
       evaluation_keys(r.evaluation)},
  };
}

std::string_view type_name(const KeyValue& value) {
  return std::visit(Overloaded{
                        [](const std::string*) { return "text"; },
                        [](const int64_t*) { return "integer"; },
                        [](const double*) { return "number"; },
                        [](const bool*) { return "true or false"; },
                        [](const std::optional<int64_t>*) { return "integer"; },
                        [](const std::optional<double>*) { return "number"; },
                        [](const std::vector<int64_t>*) { return "list of integers"; },
                        [](const std::vector<std::string>*) { return "list of texts"; },
                        [](const Shares*) { return "shares by name"; },
                    },
                    value);
}

Json to_json(const KeyValue& value) {
  return std::visit(Overloaded{
                        [](const Shares* shares) {
                          Json object = Json::object();
                          for (const auto& [name, share] : *shares) object[name] = share;
                          return object;
                        },
                        [](const std::optional<int64_t>* v) { return *v ? Json(**v) : Json(); },
                        [](const std::optional<double>* v) { return *v ? Json(**v) : Json(); },
                        [](const auto* v) { return Json(*v); },
                    },
                    value);
}

bool has_value(const RecipeKey& key) {
  auto inside = [&](double x) { return x >= key.range.least && x <= key.range.most; };
  return std::visit(Overloaded{
                        [](const bool*) { return true; },
                        [&](const int64_t* v) { return inside(static_cast<double>(*v)); },
                        [&](const double* v) { return inside(*v); },
                        [](const std::optional<int64_t>* v) { return v->has_value(); },
                        [](const std::optional<double>* v) { return v->has_value(); },
                        [](const auto* list) { return !list->empty(); },
                    },
                    key.value);
}

}  // namespace retort::train
