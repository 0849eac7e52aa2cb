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
#include "retort/base/topology.h"
#include "retort/infer/gguf_export.h"
#include "retort/model/trainable.h"
#include "retort/train/distillation.h"
#include "retort/train/export.h"
#include "retort/train/model_card.h"
#include "retort/train/on_policy.h"
#include "retort/train/packed.h"
#include "retort/train/run_record.h"
#include "retort/train/stages.h"
#include "retort/train/student_files.h"
#include "retort/train/student_start.h"
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
        ranks_(options.ranks != nullptr ? *options.ranks : *alone_),
        output_(recipe.resolve(recipe.output)),
        record_(output_) {}

  void run() {
    begin();
    prepare();
    measure_before();
    for (size_t i = 0; i < stages_.size(); ++i) train(i);
    finish();
  }

 private:
  ProgressFn progress() {
    return [this](std::string_view what, uint64_t done, uint64_t total) {
      observer_.progress(what, done, total);
    };
  }

  /// What one does for all: writing and showing. Its errors are everybody's.
  template <typename F>
  void first(F f) {
    together(ranks_, [&] {
      if (ranks_.first()) f();
    });
  }

  void begin() {
    first([&] {
      if (options_.resume)
        record_.require_resumable(recipe_);
      else
        require_new();
    });
    costs_ = estimate_costs(ctx_, recipe_, options_);
    first([&] {
      if (options_.resume) costs_.tokens = record_.tokens();
      observer_.costs(costs_);
      if (!options_.resume) {
        write_student_files(record_.folder() / "student", student_files());
        record_.begin(recipe_, costs_.tokens);
      }
      record_.log(options_.resume ? "resumed" : "begun", to_json(costs_));
    });
    costs_.tokens = from_first(ranks_, costs_.tokens);
  }

  ModelFiles student_files() {
    std::optional<ProblemStream> stream;  // of all levels, whatever the first stage's are
    if (recipe_.uses_problems()) stream.emplace(stream_of(recipe_, {}));
    return make_student_files(recipe_, stream ? &*stream : nullptr, progress());
  }

  void require_new() const {
    record_.require_new();
    if (!recipe_.gguf.empty() && std::filesystem::exists(recipe_.resolve(recipe_.gguf)))
      fail(ErrorCode::bad_input,
           "{}: gguf: {} is there already and would be overwritten; name another, or remove it",
           recipe_.file.filename().string(), recipe_.resolve(recipe_.gguf).string());
  }

  void prepare() {
    open_student();
    make_stages_ready();
    StartReport started;
    together(ranks_, [&] { started = make_trainer(); });
    first([&] {
      if (started.key.empty()) return;
      observer_.started(started);
      record_.log("started", to_json(started));
    });
    trainer_->resume();
  }

  /// Only rank 0 need see the run's folder.
  void open_student() {
    const std::filesystem::path folder = record_.folder() / "student";
    Packer packer;
    first([&] {
      for (const auto& [name, text] : Student::open(folder).files) {
        packer.add_text(name);
        packer.add_text(text);
      }
    });
    const std::string bytes = from_first(ranks_, packer.take());
    together(ranks_, [&] {
      ModelFiles files;
      for (Unpacker unpacker(bytes); !unpacker.done();) {
        std::string name = unpacker.get_text();
        files.emplace_back(std::move(name), unpacker.get_text());
      }
      student_.emplace(Student::of(std::move(files), folder.string()));
      text_.emplace(student_->tokenizer, student_->chat_template);
    });
  }

  /// Says how the student got its first weights.
  StartReport make_trainer() {
    model_.emplace(student_->config);
    StartReport started = start_student(ctx_, recipe_, *model_, stages_.front().lessons.dataset, progress());
    Objective* widest = nullptr;  // with the projection, where one is trained: the optimiser must know it
    for (const Stage& stage : stages_) {
      objectives_.push_back(std::make_unique<Distillation>(ctx_, *model_, objective_options(stage)));
      if (widest == nullptr || stage.recipe.parsed_kind() == StageKind::layers)
        widest = objectives_.back().get();
    }
    trainer_.emplace(ctx_.pool, ctx_.kernels, *widest, nullptr, trainer_options());
    return started;
  }

  DistillationOptions objective_options(const Stage& stage) const {
    DistillationOptions options;
    options.mix = stage.mix;
    options.seed = static_cast<uint64_t>(recipe_.seed);
    options.router_aux_loss_coef =
        recipe_.student.router_aux_loss_coef.value_or(options.router_aux_loss_coef);
    options.router_z_loss_coef = recipe_.student.router_z_loss_coef.value_or(options.router_z_loss_coef);
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
    const bool sampled = from_first(ranks_, std::filesystem::exists(file));
    together(ranks_, [&] {
      if (recipe_.teacher_part() == TeacherPart::model || (recipe_.uses_traces() && !sampled))
        teacher_.emplace(ctx_, recipe_, student_->tokenizer, progress());
    });
    if (recipe_.uses_traces()) {
      traces = sampled ? kept_traces(file) : teacher_->sample(ctx_, ranks_, recipe_, *text_, progress());
      first([&] {
        if (!sampled) write_traces(file, *traces, top_tokens_kept(recipe_));
        observer_.taught(*traces);
        record_.log("traces", to_json(*traces));
      });
    }
    if (recipe_.teacher_part() != TeacherPart::model) teacher_.reset();
    std::optional<TextLessons> texts;
    if (recipe_.uses_texts()) texts.emplace(read_texts());
    StageSources sources{*text_, student_->config.vocab_size, costs_.tokens, traces ? &*traces : nullptr,
                         texts ? &*texts : nullptr};
    together(ranks_, [&] { stages_ = make_stages(ctx_.pool, recipe_, sources, progress()); });
    require_same_data();
  }

  TraceSet kept_traces(const std::filesystem::path& file) {
    TraceSet traces;
    first([&] { traces = read_traces(file, top_tokens_kept(recipe_)); });
    broadcast(ranks_, traces);
    return traces;
  }

  /// Machines may have other files under the same names.
  void require_same_data() {
    const std::string own = hash(), wanted = from_first(ranks_, own);
    together(ranks_, [&] {
      if (own != wanted)
        fail(ErrorCode::bad_input,
             "reads other data than rank 0: give every machine the same recipe and files");
    });
  }

  TextLessons read_texts() {
    const int64_t vocab_size = student_->config.vocab_size;
    TextLessons texts{Dataset(vocab_size), Dataset(vocab_size)};
    together(ranks_, [&] {
      const ChatText chat(student_->tokenizer, student_->chat_template, student_->stop_tokens());
      texts = read_text_lessons(ctx_.pool,
                                {.files = recipe_.text_files(),
                                 .held_out = recipe_.texts.held_out,
                                 .max_length = recipe_.schedule.max_length,
                                 .vocab_size = vocab_size},
                                student_->tokenizer, chat, progress());
    });
    first([&] {
      observer_.read(texts);
      record_.log("texts", to_json(texts));
    });
    held_out_.emplace(std::move(texts.held_out));
    return texts;
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
    options.ranks = &ranks_;
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
    first([&] {
      observer_.stage(stage.report());
      record_.log("stage", to_json(stage.report()));
    });
    begin_rounding(i);
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
    hooks.stop = [&] { return stopped = any(ranks_, observer_.interrupted()); };
    trainer_->run(hooks, end);
    if (stopped) stop();
  }

  /// What products read in this stage; examined before its first step, see Recipe::examined_before.
  void begin_rounding(size_t i) {
    const WeightGrid* grid = stages_[i].recipe.grid();
    if (recipe_.examined_before(i) && trainer_->steps_done() == stages_[i].first_step)
      for (const WeightGrid* as : {static_cast<const WeightGrid*>(nullptr), grid})
        examine_as(as, trainer_->steps_done(), trainer_->tokens_done());
    model_->quantise(ctx_, grid);
  }

  StepBatch answers_of_student(const Stage& stage, int64_t step) {
    return on_policy_batch(ranks_, {model_->decoder(), ctx_, *text_}, stream_of(recipe_, stage.recipe), step,
                           {.vocab_size = student_->config.vocab_size,
                            .max_length = recipe_.schedule.max_length,
                            .batch = stage.batch_options(recipe_)});
  }

  void after_step(const Stage& stage, const StepReport& report) {
    last_ = report;
    first([&] {
      observer_.step(stage.recipe.kind, report);
      record_.log("step", to_json(stage.recipe.kind, report));
    });
    if (from_first(ranks_, save_clock_.due())) save_clock_.saving([&] { trainer_->save(); });
    if (!examination_due(report)) return;
    const WeightGrid* grid = stage.recipe.grid();
    examine_as(grid, report.step, report.tokens);
    if (grid != nullptr && report.step == report.steps) examine_as(nullptr, report.step, report.tokens);
  }

  /// The points lie at the ends of equal parts of the run; the last is the end itself.
  bool examination_due(const StepReport& r) const {
    const int64_t points = recipe_.evaluation.points;
    return r.step * points / r.steps != (r.step - 1) * points / r.steps;
  }

  void cancel_if_asked() {
    if (observer_.interrupted()) fail(ErrorCode::cancelled, "interrupted");
  }

  /// Work between steps: when it is interrupted, what was done is kept.
  template <typename F>
  auto stopping_well(F work) {
    try {
      return work();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::cancelled) throw;
    }
    trainer_->save();
    stop();
  }

  /// With weights rounded to the grid; null: as they are exported.
  void examine_as(const WeightGrid* grid, int64_t step, int64_t tokens) {
    model_->quantise(ctx_, grid);
    Context ctx = ctx_;
    ExaminationReport report{step, tokens, {}, measure_held_out_loss()};
    if (grid != nullptr) report.quantise = grid->name;
    if (!recipe_.evaluation.families.empty()) {
      Examinee examinee{model_->decoder(), ctx, *text_, [this] { cancel_if_asked(); }, {}, &ranks_};
      report.result = stopping_well([&] { return examine(examinee, recipe_.evaluation); });
    }
    examined(report);
    examination_ = std::move(report);
  }

  void examined(const ExaminationReport& report) {
    first([&] {
      observer_.examined(report);
      record_.log("examination", to_json(report));
    });
  }

  std::optional<HeldOutLoss> measure_held_out_loss() {
    if (!held_out_ || held_out_->size() == 0) return std::nullopt;
    return stopping_well([&] {
      return measure_held_out(ctx_, model_->decoder(), *held_out_,
                              {.tokens = recipe_.texts.held_out_tokens,
                               .micro_batch_rows = recipe_.schedule.micro_batch_tokens,
                               .check = [this] { cancel_if_asked(); },
                               .ranks = &ranks_});
    });
  }

  /// What the student knows of its texts before it learns; kept in the states for a run that resumes.
  void measure_before() {
    if (trainer_->steps_done() > 0) return;
    ExaminationReport report{0, 0, {}, measure_held_out_loss()};
    if (!report.held_out) return;
    examined(report);
    trainer_->notes() = to_json(*report.held_out).dump();
  }

  [[noreturn]] void stop() const {
    const Error error = make_error(ErrorCode::cancelled, "stopped after step {} of {}; go on with: {}",
                                   trainer_->steps_done(), stages_.back().first_step + stages_.back().steps,
                                   options_.resume_command);
    if (ranks_.size() > 1) throw SharedError(error);  // all know it
    throw error;
  }

  ModelFiles files_with_card() const {
    ModelFiles files = student_->files;
    files.emplace_back("README.md", model_card({output_.string(), hash().substr(0, 12), recipe_,
                                                student_->config, record_.events()}));
    return files;
  }

  /// The report goes last: where there is one there is a model.
  void finish() {
    first([&] { write_results(); });
    trainer_.reset();  // lets go of the states
    if (!ranks_.first()) return;
    std::error_code ignored;
    std::filesystem::remove_all(record_.folder() / "states", ignored);
  }

  void write_results() {
    export_model(output_, *model_, files_with_card());
    if (!recipe_.gguf.empty()) export_gguf(Checkpoint::open(output_), recipe_.resolve(recipe_.gguf));
    Json report;
    report["run"] = hash().substr(0, 12);
    report["recipe"] = to_json(recipe_);
    report["costs"] = to_json(costs_);
    if (last_) report["last_step"] = to_json(stages_.back().recipe.kind, *last_);
    if (examination_) report["examination"] = to_json(*examination_);
    if (!trainer_->notes().empty())
      report["held_out_before"] = parse_json(trainer_->notes(), "the notes of the last state");
    record_.finish(report);
  }

  Context& ctx_;
  const Recipe& recipe_;
  const RunOptions& options_;
  RunObserver& observer_;
  std::unique_ptr<Communicator> alone_ = make_lone_communicator();
  Communicator& ranks_;
  std::filesystem::path output_;
  RunRecord record_;
  CostReport costs_;

  std::optional<Student> student_;
  std::optional<ProblemText> text_;
  std::vector<Stage> stages_;
  std::optional<Dataset> held_out_;  // of the recipe's texts
  std::optional<Teacher> teacher_;   // while some stage needs it at hand
  std::optional<TrainableDecoder> model_;
  std::vector<std::unique_ptr<Distillation>> objectives_;  // of the stages
  std::optional<Trainer> trainer_;
  SaveClock save_clock_;
  std::optional<StepReport> last_;
  std::optional<ExaminationReport> examination_;
};

void require_room(const Recipe& recipe, const ModelConfig& student) {
  if (recipe.schedule.max_length <= student.max_position_embeddings) return;
  fail(ErrorCode::bad_input,
       "{}: schedule.max_length: {} is more than the {} tokens that the student is made for",
       recipe.file.filename().string(), recipe.schedule.max_length, student.max_position_embeddings);
}

void require_grids(const Recipe& recipe, const ModelConfig& student) {
  for (size_t i = 0; i < recipe.stages.size(); ++i)
    if (const WeightGrid* grid = recipe.stages[i].grid())
      require_fits(student, *grid,
                   fmt::format("{}: stages[{}].quantise", recipe.file.filename().string(), i));
}

void require_files(const Recipe& recipe) {
  for (const auto& file : recipe.text_files())
    if (!std::filesystem::is_regular_file(file))
      fail(ErrorCode::not_found, "{}: texts.files: {}: there is no such file",
           recipe.file.filename().string(), file.string());
}

void describe(const Recipe& recipe, const RunShape& shape, CostReport& costs) {
  costs.config = shape.student;
  costs.cost = model_cost(shape.student);
  // Lessons have lengths up to max_length; half of it is near enough for a term this small.
  costs.flops_per_token =
      training_flops_per_token(costs.cost, static_cast<double>(recipe.schedule.max_length) / 2);
  if (shape.teacher) costs.traces = trace_answers(recipe, *shape.teacher);
  costs.examinations = examination_answers(recipe, shape.student);
}

void measure_rates(Context& ctx, const Recipe& recipe, CostReport& costs) {
  costs.flops_per_second = measure_training_rate(ctx, costs.config, recipe.schedule);
  if (costs.traces.tokens + costs.examinations.tokens > 0)
    costs.answering_flops_per_second = measure_answering_rate(ctx, costs.config);
}

/// In the order of ranks, so that all get the same.
double sum(Communicator& ranks, double mine) {
  Packer packer;
  packer.add(mine);
  double total = 0;
  for (const std::string& bytes : ranks.gather(packer.take())) total += Unpacker(bytes).get<double>();
  return total;
}

}  // namespace

CostReport estimate_costs(Context& ctx, const Recipe& recipe, const RunOptions& options) {
  const auto alone = make_lone_communicator();
  Communicator& ranks = options.ranks != nullptr ? *options.ranks : *alone;
  CostReport costs;
  RunShape shape;
  const auto require = [&] {
    costs.memory = run_memory(recipe, shape);
    require_memory(recipe, costs.memory, costs.available_memory, options.processes_here);
  };
  together(ranks, [&] {
    shape = {planned_config(recipe), teacher_size(recipe), recipe.budget.tokens.value_or(0), ctx.pool.size()};
    require_room(recipe, shape.student);
    require_grids(recipe, shape.student);
    require_files(recipe);
    costs.available_memory = read_memory_status().available;
    require();
    describe(recipe, shape, costs);
    measure_rates(ctx, recipe, costs);
  });
  costs.flops_per_second = sum(ranks, costs.flops_per_second);
  costs.answering_flops_per_second = sum(ranks, costs.answering_flops_per_second);
  if (recipe.budget.tokens) {
    costs.tokens = *recipe.budget.tokens;
    return costs;
  }
  double tokens = *recipe.budget.minutes * 60 * costs.flops_per_second / costs.flops_per_token;
  shape.tokens = costs.tokens = std::max(static_cast<int64_t>(tokens), recipe.schedule.batch_tokens);
  together(ranks, require);  // now with the lessons
  return costs;
}

void run_recipe(Context& ctx, const Recipe& recipe, const RunOptions& options, RunObserver& observer) {
  RecipeRun(ctx, recipe, options, observer).run();
}

}  // namespace retort::train
