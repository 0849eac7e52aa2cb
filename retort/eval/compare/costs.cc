#include "retort/eval/compare/costs.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

namespace retort::eval {
namespace {

struct CallSum {
  double seconds = 0, answers = 0, tokens = 0, joules = 0;
  bool all_have_joules = true;
};

CallSum sum_of(std::span<const Json> calls) {
  CallSum out;
  for (const Json& call : calls) {
    const double answers = call.value("answers", 0.0);
    if (answers == 0) continue;
    out.answers += answers;
    out.seconds += call.value("seconds", 0.0);
    out.tokens += call.value("generated_tokens", 0.0);
    out.all_have_joules = out.all_have_joules && call.contains("joules");
    out.joules += call.value("joules", 0.0);
  }
  return out;
}

}  // namespace

Json to_json(const RunMetrics& m, std::optional<double> joules) {
  Json out{{"seconds", m.seconds},
           {"model_seconds", m.model_seconds},
           {"answers", m.answers},
           {"generated_tokens", m.generated_tokens},
           {"prompt_tokens", m.prompt_tokens},
           {"computed_prompt_tokens", m.computed_prompt_tokens},
           {"preemptions", m.preemptions}};
  if (joules) out["joules"] = *joules;
  return out;
}

std::optional<double> solved_items(const SuiteResult& result) {
  for (const Figure& figure : result.scores.figures)
    if (figure.row_id() == "correct" || figure.row_id() == "code.solved")
      return std::accumulate(figure.scores.begin(), figure.scores.end(), 0.0);
  return std::nullopt;
}

std::vector<HardwareFigure> costs_of(const SuiteResult& result, std::span<const Json> calls) {
  std::vector<HardwareFigure> out;
  const auto add = [&](const char* id, double value, std::string note) {
    out.push_back(
        {.id = id, .value = value, .low = {}, .high = {}, .run = result.run.id, .note = std::move(note)});
  };
  const CallSum sum = sum_of(calls);
  const auto answers = static_cast<double>(result.summary.answers);
  if (sum.seconds > 0) add("batched_tokens_per_second", sum.tokens / sum.seconds, "many answers at once");
  const std::optional<double> solved = solved_items(result);
  if (!solved || *solved <= 0) return out;
  add("tokens_per_solved", answers * (result.summary.thought_tokens + result.summary.answer_tokens) / *solved,
      fmt::format("of all answers, {:.0f} solved", *solved));
  if (sum.answers == 0) return out;
  add("seconds_per_solved", sum.seconds / sum.answers * answers / *solved, "many answers at once");
  if (sum.all_have_joules)
    add("joules_per_solved", sum.joules / sum.answers * answers / *solved, "of the processors");
  return out;
}

}  // namespace retort::eval
