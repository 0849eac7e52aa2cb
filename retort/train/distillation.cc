#include "retort/train/distillation.h"

#include <algorithm>
#include <cmath>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/ops/router_loss.h"
#include "retort/train/head_loss.h"

namespace retort::train {
namespace {

std::vector<DocumentRows> document_rows(const MicroBatch& batch) {
  std::vector<DocumentRows> rows;
  for (size_t d = 0; d + 1 < batch.document_begins.size(); ++d)
    rows.push_back({batch.document_begins[d], batch.document_begins[d + 1] - batch.document_begins[d]});
  return rows;
}

/// Values whose columns keep the size of what they project (Glorot and Bengio 2010).
Parameter make_projection(int64_t out, int64_t in, uint64_t seed) {
  Parameter p = make_parameter("train.hidden_projection.weight", {out, in}, DType::bf16, /*transposed=*/true);
  const auto deviation = static_cast<float>(std::sqrt(2.0 / static_cast<double>(out + in)));
  Random random(seed);
  for (int64_t i = 0; i < out * in; ++i) p.master.f32()[i] = deviation * random.normal();
  return p;
}

void check_layer(const LayerPair& pair, const ModelConfig& student, const ModelConfig& teacher) {
  if (pair.student < 0 || pair.student >= student.num_hidden_layers || pair.teacher < 0 ||
      pair.teacher >= teacher.num_hidden_layers)
    fail(ErrorCode::bad_input,
         "layers {} of the student and {} of the teacher are to be matched; they have {} and {}",
         pair.student, pair.teacher, student.num_hidden_layers, teacher.num_hidden_layers);
}

AttentionStates states_of(const LayerTrace& trace, const ModelConfig& config) {
  return {trace.q, trace.k, trace.v, config.num_attention_heads, config.num_key_value_heads};
}

double forward_flops(const Decoder& decoder, const MicroBatch& batch, int64_t outputs) {
  const ModelConfig& c = decoder.config();
  double pairs = 0;  // of tokens that attend to each other
  for (size_t d = 0; d + 1 < batch.document_begins.size(); ++d) {
    const auto n = static_cast<double>(batch.document_begins[d + 1] - batch.document_begins[d]);
    pairs += n * (n + 1) / 2;
  }
  return decoder.step_flops(batch.rows(), outputs) +
         4 * pairs * static_cast<double>(c.num_attention_heads * c.head_dim * c.num_hidden_layers);
}

void check_ids(std::string_view what, std::span<const int32_t> ids, int64_t vocab_size) {
  for (int32_t id : ids)
    if (id < 0 || id >= vocab_size)
      fail(ErrorCode::bad_input,
           "the data has {} {}, the student's vocabulary {} tokens: they do not belong together", what, id,
           vocab_size);
}

bool all_finite(const Tensor& x) {
  return std::all_of(x.f32(), x.f32() + x.shape().elements(), [](float v) { return std::isfinite(v); });
}

}  // namespace

std::vector<LayerPair> uniform_layer_map(int64_t student_layers, int64_t teacher_layers) {
  std::vector<LayerPair> pairs;
  for (int64_t m = 1; m <= student_layers; ++m)
    pairs.push_back(
        {m - 1, std::max<int64_t>(0, (2 * m * teacher_layers + student_layers) / (2 * student_layers) - 1)});
  return pairs;
}

/// What is known of a micro-batch after both forward passes.
struct Distillation::Step {
  std::vector<LayerTrace> student_layers, teacher_layers;  // if layers are matched
  Tensor hidden, teacher_hidden;
};

Distillation::Distillation(Context& ctx, TrainableDecoder& student, const DistillationOptions& options)
    : student_(student), options_(options) {
  if (options_.mix) options_.mix = checked(*options_.mix);
  if (!options_.mix && !uses_layers()) fail(ErrorCode::bad_input, "distillation: no loss has a weight");
  if (options_.teacher != nullptr && options_.teacher->config().vocab_size != student.config().vocab_size)
    fail(ErrorCode::bad_input,
         "distillation: the teacher has {} tokens, the student {}: probabilities can only be compared token "
         "by token; "
         "give them one vocabulary or learn from the teacher's texts",
         options_.teacher->config().vocab_size, student.config().vocab_size);
  if (!uses_layers()) return;
  if (options_.teacher == nullptr)
    fail(ErrorCode::bad_input, "distillation: matching layers needs a teacher");
  const ModelConfig &s = student.config(), &t = options_.teacher->config();
  if (options_.hidden_weight > 0) {
    if (options_.hidden_layers.empty())
      fail(ErrorCode::bad_input, "distillation: no layers to match are named");
    for (const LayerPair& pair : options_.hidden_layers) check_layer(pair, s, t);
    projection_.push_back(make_projection(t.hidden_size, s.hidden_size, options_.seed));
    refresh(ctx, projection_);
    projection_layer_ = trainable_linear(projection_.front());
  }
  if (options_.relation_weight > 0) {
    check_layer(options_.relation_layer, s, t);
    check_relation_heads(options_.relation_heads, s.num_attention_heads * s.head_dim,
                         t.num_attention_heads * t.head_dim);
  }
}

ParameterGroups Distillation::parameters() {
  ParameterGroups groups = {student_.parameters()};
  if (!projection_.empty()) groups.emplace_back(projection_);
  return groups;
}

bool Distillation::runs_teacher(const MicroBatch& batch) const {
  return uses_layers() || (options_.mix && options_.mix->needs_teacher() && batch.top_ids.empty());
}

LossReport Distillation::run(Context& ctx, const MicroBatch& batch, double denominator) {
  const int64_t vocab_size = student_.config().vocab_size;
  check_ids("token", batch.tokens, vocab_size);
  check_ids("target", batch.targets, vocab_size);
  check_ids("teacher's token", batch.top_ids, vocab_size);
  const auto documents = documents_of(batch);
  Step step;
  if (runs_teacher(batch)) {
    if (options_.teacher == nullptr)
      fail(ErrorCode::bad_input,
           "distillation: the loss needs a teacher, and the data has no stored probabilities");
    Context plain = ctx;
    plain.tape = nullptr;
    step.teacher_hidden =
        options_.teacher->hidden_states(plain, documents, uses_layers() ? &step.teacher_layers : nullptr);
  }
  LossReport report;
  step.hidden = student_states(ctx, batch, denominator, step, report);
  const double reference = head_losses(ctx, step, batch, denominator, report);
  if (uses_layers()) match_layers(ctx, step, batch, denominator, reference, report);
  if (ctx.tape != nullptr) ctx.tape->backward(ctx);
  return report;
}

Tensor Distillation::student_states(Context& ctx, const MicroBatch& batch, double denominator, Step& step,
                                    LossReport& report) const {
  std::vector<LayerTrace>* trace = uses_layers() ? &step.student_layers : nullptr;
  const ModelConfig& config = student_.config();
  if (!config.has_experts()) return student_.decoder().hidden_states(ctx, documents_of(batch), trace);

  // Micro-batches count by their rows that count, as in all other losses.
  const auto counted = std::count(batch.predicted.begin(), batch.predicted.end(), 1);
  RouterLoss routers{.balance_coefficient = options_.router_aux_loss_coef,
                     .z_coefficient = options_.router_z_loss_coef,
                     .weight = static_cast<double>(counted) / denominator};
  report.experts = ExpertLoad(config.num_hidden_layers, config.num_local_experts);
  Context watched = ctx;
  watched.expert_load = &report.experts;
  watched.router_loss = &routers;
  const Tensor hidden = student_.decoder().hidden_states(watched, documents_of(batch), trace);
  report.balance = routers.balance;
  report.router_z = routers.z;
  report.total += routers.balance_coefficient * routers.balance + routers.z_coefficient * routers.z;
  return hidden;
}

/// Returns the weighted loss: what layer-wise losses are scaled to.
double Distillation::head_losses(Context& ctx, const Step& step, const MicroBatch& batch, double denominator,
                                 LossReport& report) const {
  if (!options_.mix) return 0;
  const bool stored = !batch.top_ids.empty(), teaches = options_.mix->needs_teacher();
  HeadTargets targets{.targets = batch.targets, .predicted = batch.predicted};
  if (teaches && stored) {
    targets.top_k = static_cast<int>(batch.top_ids.size() / batch.tokens.size());
    targets.top_ids = batch.top_ids;
    targets.top_log_probs = batch.top_log_probs;
  } else if (teaches) {
    targets.teacher_hidden = &step.teacher_hidden;
    targets.teacher_head = &options_.teacher->lm_head();
  }
  report.tokens =
      head_loss(ctx, step.hidden, student_.decoder().lm_head(), targets, *options_.mix, denominator);
  const double loss = report.tokens.total(*options_.mix) / denominator;
  report.total += loss;
  return loss;
}

/// Hidden states first; the relations are scaled like them.
void Distillation::match_layers(Context& ctx, const Step& step, const MicroBatch& batch, double denominator,
                                double reference, LossReport& report) const {
  const auto put = [&](double weight, double value, std::span<const PendingLoss> losses) {
    const double scale = weight * (reference > 0 ? balance(reference, value) : 1);
    if (ctx.tape != nullptr)
      for (const PendingLoss& loss : losses) seed(ctx, loss, scale);
    report.total += scale * value;
  };
  if (options_.hidden_weight > 0) {
    const std::vector<PendingLoss> losses = hidden_losses(ctx, step, batch, denominator);
    for (const PendingLoss& loss : losses) report.hidden += loss.value;
    put(options_.hidden_weight, report.hidden, losses);
    if (!options_.mix) reference = report.hidden;
  }
  if (options_.relation_weight > 0) {
    const auto [student, teacher] = options_.relation_layer;
    const PendingLoss loss = relation_loss(
        ctx, states_of(step.student_layers[static_cast<size_t>(student)], student_.config()),
        states_of(step.teacher_layers[static_cast<size_t>(teacher)], options_.teacher->config()),
        options_.relation_heads, document_rows(batch), batch.predicted, denominator);
    report.relations = loss.value;
    put(options_.relation_weight, loss.value, std::span(&loss, 1));
  }
}

/// One for each pair of layers; their values add up to the mean over the pairs.
std::vector<PendingLoss> Distillation::hidden_losses(Context& ctx, const Step& step, const MicroBatch& batch,
                                                     double denominator) const {
  std::vector<PendingLoss> losses;
  const auto pairs = static_cast<double>(options_.hidden_layers.size());
  for (const LayerPair& pair : options_.hidden_layers) {
    const Tensor& state = step.student_layers[static_cast<size_t>(pair.student)].output;
    const Tensor& target = step.teacher_layers[static_cast<size_t>(pair.teacher)].output;
    losses.push_back(hidden_loss(ctx, linear(ctx, state, *projection_layer_), target, batch.predicted,
                                 pairs * denominator));
  }
  return losses;
}

double Distillation::flops(const MicroBatch& batch) const {
  const auto outputs = static_cast<int64_t>(std::count(batch.predicted.begin(), batch.predicted.end(), 1));
  double sum = 3 * forward_flops(student_.decoder(), batch, options_.mix ? outputs : 0);
  if (runs_teacher(batch)) {
    const bool head = options_.mix && options_.mix->needs_teacher() && batch.top_ids.empty();
    sum += forward_flops(*options_.teacher, batch, head ? outputs : 0);
  }
  if (!projection_.empty())
    sum += 6 * static_cast<double>(projection_.front().master.shape().elements() * batch.rows()) *
           static_cast<double>(options_.hidden_layers.size());
  return sum;
}

std::string Distillation::first_not_finite(Context& ctx, const MicroBatch& batch) {
  Arena::Mark mark(ctx.arena);
  Context plain = ctx;
  plain.tape = nullptr;
  std::vector<LayerTrace> layers;
  const Tensor hidden = student_.decoder().hidden_states(plain, documents_of(batch), &layers);
  for (size_t i = 0; i < layers.size(); ++i)
    if (!all_finite(layers[i].output)) return fmt::format("model.layers.{}", i);
  return all_finite(hidden) ? "the head or its loss" : "model.norm";
}

}  // namespace retort::train
