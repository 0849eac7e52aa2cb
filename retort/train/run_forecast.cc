#include "retort/train/run_forecast.h"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/formats/checkpoint.h"
#include "retort/train/stages.h"
#include "retort/train/teaching.h"

namespace retort::train {
namespace {

constexpr uint64_t kProgram = 32 << 20;   // resident before a run begins: 21 to 38 MB were measured
constexpr double kMost = 1e19;            // bytes; less than 2^64
constexpr double kRunning = 64;           // answers computed at once, by examinations and traces
constexpr double kTokenBytes = 5;         // of a sequence: token and mask
constexpr double kTopTokenBytes = 8;      // of one of the teacher's likeliest: id and log-probability
constexpr double kChunkLogits = 1 << 20;  // of the head's chunks; see head_loss
constexpr double kLeastChunkRows = 64;

/// Sums of sizes that recipes may make absurdly large: in double, stopped at the top.
uint64_t bytes_of(double x) {
  return static_cast<uint64_t>(std::clamp(x, 0.0, kMost));
}
double real(int64_t x) {
  return static_cast<double>(x);
}

/// Keys and values in BF16 of so many answers of `tokens` tokens each, and their logits.
double cache_bytes(const ModelConfig& c, double answers, int64_t tokens) {
  const double position = 2 * 2 * real(c.num_hidden_layers) * real(c.num_key_value_heads) * real(c.head_dim);
  return answers * (position * real(std::min(c.max_position_embeddings, tokens)) + 4 * real(c.vocab_size));
}

bool has_stage(const Recipe& recipe, StageKind kind) {
  return std::any_of(recipe.stages.begin(), recipe.stages.end(),
                     [&](const StageRecipe& stage) { return stage.parsed_kind() == kind; });
}

double examined_problems(const Recipe& r) {
  return real(r.evaluation.problems) *
         static_cast<double>(r.evaluation.families.size() * r.evaluation.levels.size());
}

/// What `sample_traces` and the lessons made of it hold at the same time.
double trace_bytes(const Recipe& r) {
  if (!r.uses_traces()) return 0;
  const double answers = real(r.traces.problems) * real(r.traces.samples);
  return answers * real(r.traces.max_new_tokens) * (4 + kTopTokenBytes * top_tokens_kept(r));
}

double text_bytes(const Recipe& r) {
  double bytes = 0;
  std::error_code ignored;  // who reads them says what is wrong
  for (const auto& file : r.text_files())
    if (const auto size = std::filesystem::file_size(file, ignored); !ignored)
      bytes += static_cast<double>(size);
  return kTokenBytes * bytes;  // a token a byte at most
}

double lesson_bytes(const Recipe& r, int64_t tokens) {
  double shares = 0, bytes = 0;
  for (const StageRecipe& stage : r.stages) shares += stage.share;
  for (const StageRecipe& stage : r.stages) {
    const StageKind kind = stage.parsed_kind();
    if (kind == StageKind::gold_traces || kind == StageKind::answers_only || kind == StageKind::drills) {
      const double most = r.data.problems > 0 && kind != StageKind::drills
                              ? real(r.data.problems) * real(r.schedule.max_length)
                              : real(tokens) * stage.share / shares;
      bytes += kTokenBytes * most;
    }
    const int k = teacher_part(kind) >= TeacherPart::top_tokens ? static_cast<int>(r.traces.top_logprobs) : 0;
    if (uses_traces(kind))
      bytes += real(r.traces.problems) * real(r.traces.samples) * real(r.schedule.max_length) *
               (kTokenBytes + kTopTokenBytes * k);
  }
  return bytes;
}

double cache_bytes(const Recipe& r, const ModelConfig& student) {
  double most = 0;
  if (r.evaluation.points > 0 && !r.evaluation.families.empty())
    most = cache_bytes(student, std::min(kRunning, examined_problems(r)),
                       r.schedule.max_length + r.evaluation.max_new_tokens);
  if (has_stage(r, StageKind::on_policy))
    most = std::max(most, cache_bytes(student, kRunning, 4 * r.schedule.max_length + 1024));
  return most;
}

double teacher_bytes(const Recipe& r, const TeacherSize& teacher, double rows) {
  if (r.teacher_part() != TeacherPart::model) return 0;
  return static_cast<double>(teacher.bytes) +
         4 * static_cast<double>(model_cost(teacher.config).activations) * rows;
}

double sampling_bytes(const Recipe& r, const TeacherSize& teacher) {
  if (!r.uses_traces()) return 0;
  return static_cast<double>(teacher.bytes) + trace_bytes(r) +
         cache_bytes(teacher.config, kRunning, 4 * r.traces.max_new_tokens + 1024);
}

/// Sequences are dealt to shards before they are cut into micro-batches.
int64_t rows_at_once(const ScheduleRecipe& s) {
  return std::max(s.max_length,
                  std::min(s.micro_batch_tokens, div_up<int64_t>(s.batch_tokens, kVirtualShards)));
}

AnswerForecast answers(double tokens, const ModelConfig& model) {
  return {tokens, tokens * 2 * static_cast<double>(model_cost(model).product_weights)};
}

struct MemoryPart {
  const char* name;
  uint64_t bytes;
  const char* way_out;
};
std::vector<MemoryPart> parts_of(const MemoryForecast& m) {
  constexpr const char* kSmaller = "take a smaller student";
  if (m.sampling == m.total())
    return {{"teacher and traces:", m.sampling,
             "take a smaller teacher, or lower traces.max_new_tokens or traces.problems"}};
  return {{"state (16 + 4 s) P:", m.state, kSmaller},
          {"products 2 P + 2 W:", m.products, kSmaller},
          {"activations 6 a n:", m.activations, "lower schedule.micro_batch_tokens or schedule.max_length"},
          {"logits:", m.logits, kSmaller},
          {"data:", m.data, "give less data"},
          {"teacher:", m.teacher, "take a smaller teacher, or learn from its traces with 'logits'"},
          {"caches:", m.caches, "lower evaluation.max_new_tokens"},
          {"program:", m.program, "free some memory"}};
}

/// What lowers the largest part.
const char* way_out(const MemoryForecast& m) {
  const std::vector<MemoryPart> parts = parts_of(m);
  return std::max_element(parts.begin(), parts.end(),
                          [](const MemoryPart& a, const MemoryPart& b) { return a.bytes < b.bytes; })
      ->way_out;
}

}  // namespace

std::optional<TeacherSize> teacher_size(const Recipe& recipe) {
  if (recipe.teacher.empty()) return std::nullopt;
  try {
    const Checkpoint checkpoint = Checkpoint::open(recipe.resolve_model(recipe.teacher));
    return TeacherSize{read_model_config(checkpoint), checkpoint.tensor_bytes()};
  } catch (const Error& error) {
    throw error.with_context(recipe.file.filename().string() + ": teacher");
  }
}

MemoryForecast run_memory(const Recipe& recipe, const RunShape& shape) {
  const int64_t rows = rows_at_once(recipe.schedule);
  constexpr auto kPendingSums =
      static_cast<uint64_t>(std::bit_width(static_cast<unsigned>(kVirtualShards)) - 1);
  MemoryForecast m = training_memory(model_cost(shape.student), static_cast<uint64_t>(rows), kPendingSums);
  const double vocabulary = real(shape.student.vocab_size);
  const double chunk = std::min(real(rows), std::max(kLeastChunkRows, kChunkLogits / vocabulary));
  const double models = recipe.teacher_part() == TeacherPart::model ? 2 : 1;
  m.logits = bytes_of(4 * vocabulary * (models * chunk + models * shape.threads));
  m.data = bytes_of(lesson_bytes(recipe, shape.tokens) + text_bytes(recipe) + trace_bytes(recipe));
  m.caches = bytes_of(cache_bytes(recipe, shape.student));
  m.program = kProgram;
  if (!shape.teacher) return m;
  m.teacher = bytes_of(teacher_bytes(recipe, *shape.teacher, real(rows)));
  m.sampling = bytes_of(sampling_bytes(recipe, *shape.teacher));
  return m;
}

std::string parts_text(const MemoryForecast& m) {
  std::string text;
  for (const MemoryPart& part : parts_of(m))
    if (part.bytes > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : " + ", part.name, format_bytes(part.bytes));
  return text;
}

void require_memory(const Recipe& recipe, const MemoryForecast& m, uint64_t available, int processes) {
  if (m.total() <= available / static_cast<uint64_t>(processes)) return;
  fail(ErrorCode::resource, "{}: training takes {} of memory{} (predicted: {}), {} are free; {}",
       recipe.file.filename().string(), format_bytes(m.total()),
       processes > 1 ? fmt::format(" in each of {} processes here", processes) : "", parts_text(m),
       format_bytes(available), way_out(m));
}

AnswerForecast trace_answers(const Recipe& recipe, const TeacherSize& teacher) {
  if (!recipe.uses_traces()) return {};
  return answers(
      real(recipe.traces.problems) * real(recipe.traces.samples) * real(recipe.traces.max_new_tokens),
      teacher.config);
}

AnswerForecast examination_answers(const Recipe& recipe, const ModelConfig& student) {
  return answers(
      real(recipe.examinations()) * examined_problems(recipe) * real(recipe.evaluation.max_new_tokens),
      student);
}

}  // namespace retort::train
