#include "retort/train/run_report.h"

#include <nlohmann/json.hpp>

namespace retort::train {

namespace {

/// What only a mixture has. The load of a layer: its busiest expert's tokens over the mean; 1 is even.
Json mixture_json(const LossReport& loss) {
  Json load = Json::array();
  for (int64_t layer = 0; layer < loss.experts.n_layers(); ++layer)
    load.push_back(loss.experts.imbalance(layer));
  return {{"balance_loss", loss.balance},
          {"router_z_loss", loss.router_z},
          {"expert_load", load},
          {"idle_experts", loss.experts.n_idle()}};
}

}  // namespace

Json to_json(const CostReport& r) {
  Json out;
  out["parameters"] = r.cost.parameters;
  out["product_weights"] = r.cost.product_weights;
  if (r.config.has_experts()) out["matrix_weights"] = r.cost.matrix_weights;
  out["tokens"] = r.tokens;
  out["flops_per_token"] = {
      {"value", r.flops_per_token}, {"obtained", "predicted"}, {"formula", kFlopsFormula}};
  out["flops_per_second"] = {{"value", r.flops_per_second}, {"obtained", "measured"}};
  out["seconds"] = {{"value", r.seconds()},
                    {"obtained", "predicted"},
                    {"formula", "tokens * flops_per_token / flops_per_second"}};
  const auto answers = [&](const AnswerForecast& a) {
    return Json{{"value", r.seconds_of(a)},
                {"obtained", "predicted"},
                {"formula", "at most: 2 W * tokens / answering_flops_per_second"},
                {"tokens", a.tokens}};
  };
  out["answering_flops_per_second"] = {{"value", r.answering_flops_per_second}, {"obtained", "measured"}};
  out["trace_seconds"] = answers(r.traces);
  out["examination_seconds"] = answers(r.examinations);
  const MemoryForecast& m = r.memory;
  out["memory_bytes"] = {{"value", m.total()},
                         {"obtained", "predicted"},
                         {"formula", kMemoryFormula},
                         {"parts",
                          {{"state", m.state},
                           {"products", m.products},
                           {"activations", m.activations},
                           {"logits", m.logits},
                           {"data", m.data},
                           {"teacher", m.teacher},
                           {"caches", m.caches},
                           {"program", m.program},
                           {"sampling", m.sampling}}}};
  out["available_memory_bytes"] = r.available_memory;
  return out;
}

Json to_json(const TraceSet& set) {
  return {{"answers", set.accepted.trials},
          {"accepted", set.accepted.successes},
          {"different", set.traces.size()},
          {"sampled_tokens", set.sampled_tokens}};
}

Json to_json(const StartReport& r) {
  Json out{{"key", r.key}, {"folder", r.folder}, {"summary", r.summary}};
  if (r.sequences > 0)
    out.update({{"sequences", r.sequences},
                {"tokens", r.tokens},
                {"layer_importance", r.layer_importance},
                {"layers_kept", r.layers_kept},
                {"energy_kept", r.energy_kept}});
  return out;
}

Json to_json(const TextLessons& texts) {
  return {{"documents", texts.documents},
          {"chats", texts.chats},
          {"sequences", texts.dataset.size()},
          {"tokens", texts.dataset.tokens()},
          {"held_out_sequences", texts.held_out.size()},
          {"held_out_tokens", texts.held_out.tokens()},
          {"left_out", texts.left_out}};
}

Json to_json(const StageReport& r) {
  Json out = {{"stage", r.kind},    {"first_step", r.first_step},
              {"steps", r.steps},   {"sequences", r.sequences},
              {"tokens", r.tokens}, {"left_out", r.left_out},
              {"epochs", r.epochs}, {"batch_sequences", r.batch_sequences}};
  if (!r.quantise.empty()) out["quantise"] = r.quantise;
  return out;
}

Json to_json(const std::string& stage, const StepReport& r) {
  const TokenLoss& tokens = r.loss.tokens;
  auto mean = [&](double sum) { return sum / static_cast<double>(r.predicted); };
  Json out = {{"step", r.step},
              {"steps", r.steps},
              {"stage", stage},
              {"loss", r.loss.total},
              {"cross_entropy", mean(tokens.cross_entropy)},
              {"forward_kl", mean(tokens.forward_kl)},
              {"learning_rate", r.learning_rate},
              {"gradient_norm", r.gradient_norm},
              {"tokens", r.tokens},
              {"tokens_per_second", r.tokens_per_second},
              {"flops_per_second", r.flops},
              {"share_of_peak", r.share_of_peak},
              {"seconds_left", r.seconds_left}};
  if (r.loss.experts.n_layers() > 0) out.update(mixture_json(r.loss));
  return out;
}

Json to_json(const ExaminationReport& r) {
  Json out{{"step", r.step}, {"tokens", r.tokens}};
  if (!r.quantise.empty()) out["quantise"] = r.quantise;
  out.update(to_json(r.result));
  if (r.held_out) out["held_out"] = to_json(*r.held_out);
  return out;
}

}  // namespace retort::train
