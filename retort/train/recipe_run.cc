#include "retort/train/recipe_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/topology.h"
#include "retort/model/trainable.h"
#include "retort/train/distillation.h"
#include "retort/train/export.h"
#include "retort/train/model_card.h"
#include "retort/train/on_policy.h"
#include "retort/train/run_record.h"
#include "retort/train/stages.h"
#include "retort/train/student_files.h"
#include "retort/train/teaching.h"
#include "retort/train/trace_file.h"
#include "retort/train/trainer.h"
#include "retort/train/training_rate.h"

namespace retort::train {
namespace {

constexpr double kSaveSeconds = 20;  // between states, at least
constexpr double kSaveShare = 0.02;  // of the time may go into writing them

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void require_memory(const Recipe& recipe, const CostReport& costs) {
  const MemoryForecast& m = costs.memory;
  if (m.total() <= costs.available_memory) return;
  fail(
      ErrorCode::resource,
      "{}: training {:.1f} M parameters takes {} ({}: {} + {} + {}), {} are free; take a smaller student, or "
      "lower schedule.micro_batch_tokens",
      recipe.file.filename().string(), static_cast<double>(costs.cost.parameters) / 1e6,
      format_bytes(m.total()), kMemoryFormula, format_bytes(m.state), format_bytes(m.products),
      format_bytes(m.activations), format_bytes(costs.available_memory));
}

/// When a state is due: not too often for the disk, often enough for who has to wait for lost work.
class SaveClock {
 public:
  bool due() const { return seconds_since(last_) >= std::max(kSaveSeconds, cost_ / kSaveShare); }
  template <typename F>
  void saving(F save) {
    auto start = Clock::now();
    save();
    cost_ = seconds_since(start);
    last_ = Clock::now();
  }

 private:
  Clock::time_point last_ = Clock::now();
  double cost_ = 0;
};

class RecipeRun {
 public:
  RecipeRun(Context& ctx, const Recipe& recipe, const RunOptions& options, RunObserver& observer)
      : ctx_(ctx),
        recipe_(recipe),
        options_(options),
        observer_(observer),
        output_(recipe.resolve(recipe.output)),
        record_(output_) {}

  void run() {
    begin();
    prepare();
    for (size_t i = 0; i < stages_.size(); ++i) train(i);
    finish();
  }

 private:
  ProgressFn progress() {
    return [this](std::string_view what, uint64_t done, uint64_t total) {
      observer_.progress(what, done, total);
    };
  }

  void begin() {
    if (options_.resume)
      record_.require_resumable(recipe_);
    else
      record_.require_new();
    costs_ = estimate_costs(ctx_, recipe_);
    if (options_.resume) costs_.tokens = record_.tokens();
    observer_.costs(costs_);
    if (!options_.resume) {
      write_student_files(
          record_.folder() / "student",
          make_student_files(recipe_, stream_of(recipe_, recipe_.stages.front()), progress()));
      record_.begin(recipe_, costs_.tokens);
    }
    record_.log(options_.resume ? "resumed" : "begun", to_json(costs_));
  }

  void prepare() {
    student_.emplace(Student::open(record_.folder() / "student"));
    text_.emplace(student_->tokenizer, student_->chat_template);
    make_stages_ready();
    model_.emplace(student_->config);
    if (recipe_.student.from.empty())
      model_->initialise(ctx_, static_cast<uint64_t>(recipe_.seed));
    else
      model_->load(ctx_, Checkpoint::open(recipe_.resolve_model(recipe_.student.from)));
    Objective* widest = nullptr;  // with the projection, where one is trained: the optimiser must know it
    for (const Stage& stage : stages_) {
      objectives_.push_back(std::make_unique<Distillation>(ctx_, *model_, objective_options(stage)));
      if (widest == nullptr || stage.recipe.parsed_kind() == StageKind::layers)
        widest = objectives_.back().get();
    }
    trainer_.emplace(ctx_.pool, ctx_.kernels, *widest, nullptr, trainer_options());
    trainer_->resume();
  }

  DistillationOptions objective_options(const Stage& stage) const {
    DistillationOptions options;
    options.mix = stage.mix;
    options.seed = static_cast<uint64_t>(recipe_.seed);
    const StageKind kind = stage.recipe.parsed_kind();
    if (teacher_part(kind) != TeacherPart::model) return options;
    options.teacher = &teacher_->decoder();
    if (kind == StageKind::layers) match_layers(options);
    return options;
  }

  void match_layers(DistillationOptions& options) const {
    const ModelConfig &s = student_->config, &t = options.teacher->config();
    options.hidden_weight = options.relation_weight = 1;  // each counts as much as the logits
    options.hidden_layers = uniform_layer_map(s.num_hidden_layers, t.num_hidden_layers);
    // MiniLMv2: an upper middle layer of the teacher; three quarters of the way up.
    options.relation_layer = {s.num_hidden_layers - 1, std::max<int64_t>(0, t.num_hidden_layers * 3 / 4 - 1)};
    options.relation_heads = std::gcd(s.num_attention_heads * s.head_dim, t.num_attention_heads * t.head_dim);
    // Relations need some width: 16 is what the narrowest student's heads have.
    while (options.relation_heads > 1 && s.num_attention_heads * s.head_dim / options.relation_heads < 16)
      options.relation_heads = next_divisor(options.relation_heads);
  }

  /// The largest divisor of n below it.
  static int64_t next_divisor(int64_t n) {
    for (int64_t d = 2; d < n; ++d)
      if (n % d == 0) return n / d;
    return 1;
  }

  void make_stages_ready() {
    std::optional<TraceSet> traces;
    const std::filesystem::path file = record_.folder() / "traces.safetensors";
    const bool sampled = std::filesystem::exists(file);
    if (recipe_.teacher_part() == TeacherPart::model || (recipe_.uses_traces() && !sampled))
      teacher_.emplace(ctx_, recipe_, student_->tokenizer, progress());
    if (recipe_.uses_traces()) {
      traces = sampled ? read_traces(file, top_tokens_kept(recipe_))
                       : teacher_->sample(ctx_, recipe_, *text_, progress());
      if (!sampled) write_traces(file, *traces, top_tokens_kept(recipe_));
      observer_.taught(*traces);
      record_.log("traces", to_json(*traces));
    }
    if (recipe_.teacher_part() != TeacherPart::model) teacher_.reset();
    StageSources sources{*text_, student_->config.vocab_size, costs_.tokens, traces ? &*traces : nullptr};
    stages_ = make_stages(ctx_.pool, recipe_, sources, progress());
  }

  TrainerOptions trainer_options() const {
    const OptimizerRecipe& o = recipe_.optimizer;
    const ScheduleRecipe& s = recipe_.schedule;
    TrainerOptions options;
    options.steps = stages_.back().first_step + stages_.back().steps;
    options.adamw = {o.adam_beta1, o.adam_beta2, o.adam_epsilon, o.weight_decay};
    options.schedule = {o.learning_rate, s.warmup_ratio, s.decay_ratio, s.min_lr_ratio};
    options.max_grad_norm = o.max_grad_norm;
    options.virtual_shards = kVirtualShards;
    options.folder = record_.folder() / "states";
    options.seed = static_cast<uint64_t>(recipe_.seed);
    options.recipe_hash = hash();
    options.peak_flops = options_.peak_flops;
    return options;
  }

  /// Of all that decides the weights: the recipe's stages as they were made of its data.
  std::string hash() const {
    Checksum sum;
    for (const Stage& stage : stages_)
      sum.add(to_json(stage.report()).dump() + stage.lessons.dataset.checksum());
    return sum.hex();
  }

  void train(size_t i) {
    const Stage& stage = stages_[i];
    const int64_t end = stage.first_step + stage.steps;
    if (trainer_->steps_done() >= end) return;
    observer_.stage(stage.report());
    record_.log("stage", to_json(stage.report()));
    Batches batches(stage.lessons.dataset, stage.batch_options(recipe_));
    trainer_->set_objective(*objectives_[i]);
    trainer_->set_source([&](int64_t step) {
      step -= stage.first_step;
      return stage.recipe.parsed_kind() == StageKind::on_policy ? answers_of_student(stage, step)
                                                                : batches.at(step);
    });
    bool stopped = false;
    TrainerHooks hooks;
    hooks.on_step = [&](const StepReport& report) { after_step(stage, report); };
    hooks.stop = [&] { return stopped = observer_.interrupted(); };
    trainer_->run(hooks, end);
    if (stopped) stop();
  }

  StepBatch answers_of_student(const Stage& stage, int64_t step) {
    return on_policy_batch({model_->decoder(), ctx_, *text_}, stream_of(recipe_, stage.recipe), step,
                           {.vocab_size = student_->config.vocab_size,
                            .max_length = recipe_.schedule.max_length,
                            .batch = stage.batch_options(recipe_)});
  }

  void after_step(const Stage& stage, const StepReport& report) {
    last_ = report;
    observer_.step(stage.recipe.kind, report);
    record_.log("step", to_json(stage.recipe.kind, report));
    if (save_clock_.due()) save_clock_.saving([&] { trainer_->save(); });
    if (examination_due(report)) examine_now(report);
  }

  /// The points lie at the ends of equal parts of the run; the last is the end itself.
  bool examination_due(const StepReport& r) const {
    const int64_t points = recipe_.evaluation.points;
    return r.step * points / r.steps != (r.step - 1) * points / r.steps;
  }

  void examine_now(const StepReport& at) {
    Context ctx = ctx_;
    Examinee examinee{model_->decoder(), ctx, *text_, [this] {
                        if (!observer_.interrupted()) return;
                        trainer_->save();
                        stop();
                      }};
    ExaminationReport report{at.step, at.tokens, examine(examinee, recipe_.evaluation)};
    observer_.examined(report);
    record_.log("examination", to_json(report));
    examination_ = std::move(report);
  }

  [[noreturn]] void stop() const {
    fail(ErrorCode::cancelled, "stopped after step {} of {}; go on with: retort distill {} --resume",
         trainer_->steps_done(), stages_.back().first_step + stages_.back().steps, recipe_.file.string());
  }

  ModelFiles files_with_card() const {
    ModelFiles files = student_->files;
    files.emplace_back("README.md", model_card({output_.string(), hash().substr(0, 12), recipe_,
                                                student_->config, record_.events()}));
    return files;
  }

  /// The report goes last: where there is one there is a model.
  void finish() {
    export_model(output_, *model_, files_with_card());
    Json report;
    report["run"] = hash().substr(0, 12);
    report["recipe"] = to_json(recipe_);
    report["costs"] = to_json(costs_);
    if (last_) report["last_step"] = to_json(stages_.back().recipe.kind, *last_);
    if (examination_) report["examination"] = to_json(*examination_);
    record_.finish(report);
    trainer_.reset();  // lets go of the states
    std::error_code ignored;
    std::filesystem::remove_all(record_.folder() / "states", ignored);
  }

  Context& ctx_;
  const Recipe& recipe_;
  const RunOptions& options_;
  RunObserver& observer_;
  std::filesystem::path output_;
  RunRecord record_;
  CostReport costs_;

  std::optional<Student> student_;
  std::optional<ProblemText> text_;
  std::vector<Stage> stages_;
  std::optional<Teacher> teacher_;  // while some stage needs it at hand
  std::optional<TrainableDecoder> model_;
  std::vector<std::unique_ptr<Distillation>> objectives_;  // of the stages
  std::optional<Trainer> trainer_;
  SaveClock save_clock_;
  std::optional<StepReport> last_;
  std::optional<ExaminationReport> examination_;
};

}  // namespace

CostReport estimate_costs(Context& ctx, const Recipe& recipe) {
  CostReport costs;
  costs.config = planned_config(recipe);
  costs.cost = model_cost(costs.config);
  // Lessons have lengths up to max_length; half of it is near enough for a term this small.
  costs.flops_per_token =
      training_flops_per_token(costs.cost, static_cast<double>(recipe.schedule.max_length) / 2);
  costs.memory = training_memory(costs.cost, static_cast<uint64_t>(recipe.schedule.micro_batch_tokens));
  costs.available_memory = read_memory_status().available;
  require_memory(recipe, costs);
  costs.flops_per_second = measure_training_rate(ctx, costs.config, recipe.schedule);
  if (recipe.budget.tokens) {
    costs.tokens = *recipe.budget.tokens;
  } else {
    double tokens = *recipe.budget.minutes * 60 * costs.flops_per_second / costs.flops_per_token;
    costs.tokens = std::max(static_cast<int64_t>(tokens), recipe.schedule.batch_tokens);
  }
  return costs;
}

void run_recipe(Context& ctx, const Recipe& recipe, const RunOptions& options, RunObserver& observer) {
  RecipeRun(ctx, recipe, options, observer).run();
}

}  // namespace retort::train
