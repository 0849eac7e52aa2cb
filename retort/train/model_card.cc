#include "retort/train/model_card.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "retort/problems/problem.h"
#include "retort/problems/proportion.h"
#include "retort/train/forecast.h"

namespace retort::train {
namespace {

/// The last event of a kind; null if there was none.
const Json* last_event(const std::vector<Json>& events, std::string_view kind) {
  const Json* found = nullptr;
  for (const Json& event : events)
    if (event.value("event", "") == kind) found = &event;
  return found;
}

template <typename Items, typename F>
std::string listed(const Items& items, F text) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + text(item);
  return out;
}

std::string level_list(const std::vector<int64_t>& levels) {
  return listed(levels, [](int64_t level) { return fmt::format("{}", level); });
}

std::string file_name(const std::string& text) {
  const std::filesystem::path path(text);
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

std::string duration(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string count(uint64_t n) {
  return n < 1'000'000 ? fmt::format("{}", n) : fmt::format("{:.2f} M", static_cast<double>(n) / 1e6);
}

/// A resumed run does some steps twice: the second time counts.
struct Training {
  double seconds = 0;
  int64_t tokens = 0;
};
Training training_of(const std::vector<Json>& events) {
  struct Step {
    int64_t tokens = 0;
    double rate = 0;
  };
  std::map<int64_t, Step> steps;
  for (const Json& event : events)
    if (event.value("event", "") == "step")
      steps[event.value("step", int64_t{0})] = {event.value("tokens", int64_t{0}),
                                                event.value("tokens_per_second", 0.0)};
  Training all;
  for (const auto& [number, step] : steps) {
    if (step.rate > 0) all.seconds += static_cast<double>(step.tokens - all.tokens) / step.rate;
    all.tokens = step.tokens;
  }
  return all;
}

bool of_generated_problems_alone(const Recipe& recipe) {
  return recipe.student.start_key().empty() && !recipe.uses_texts();
}

/// Where the weights come from.
std::string origin(const Recipe& recipe) {
  const std::string_view key = recipe.student.start_key();
  if (of_generated_problems_alone(recipe))
    return "A model of the micro family: trained by Retort on problems that Retort generates and verifies. "
           "It is "
           "not DeepSeek's and was made from no weights of theirs; it thinks in `<think>` before it answers, "
           "as "
           "R1's students do.\n";
  if (key.empty()) return "Trained by Retort from nothing, on the texts that its recipe names.\n";
  const std::string base = file_name(recipe.student.start_folder());
  const std::string how = key == "student.from" ? fmt::format("Trained further by Retort from {}", base)
                          : key == "student.upcycle_from"
                              ? fmt::format("A mixture that Retort grew from {}", base)
                          : key == "student.grow_from" ? fmt::format("Grown by Retort from {}", base)
                                                       : fmt::format("Pruned by Retort from {}", base);
  return how + "; what that is and may be used for, its own card says.\n";
}

std::string introduction(const CardFacts& f) {
  const ModelConfig& c = f.config;
  std::string text = fmt::format(
      "# {}\n\nA {} of {} parameters: hidden {}, {} layers, {} heads over {}, intermediate {}, vocabulary "
      "{}, texts of up to "
      "{} tokens.\n\n",
      file_name(f.name), c.architecture, count(model_cost(c).parameters), c.hidden_size, c.num_hidden_layers,
      c.num_attention_heads, c.num_key_value_heads, c.intermediate_size, c.vocab_size,
      c.max_position_embeddings);
  return text + origin(f.recipe);
}

std::string how_made(const CardFacts& f) {
  const Recipe& r = f.recipe;
  std::string text = "\n## How it was made\n\n| stage | share | |\n|---|---|---|\n";
  for (const StageRecipe& stage : r.stages)
    text +=
        fmt::format("| `{}` | {} | {}{} |\n", stage.kind, stage.share, documentation(stage.parsed_kind()),
                    stage.quantise.empty() ? "" : fmt::format("; weights rounded to `{}`", stage.quantise));
  text += "\n";
  if (const Json* started = last_event(f.events, "started"))
    text += fmt::format("- Starts from {}: {}.\n", file_name(r.student.start_folder()),
                        started->value("summary", ""));
  if (!r.teacher.empty()) text += fmt::format("- Teacher: {}.\n", file_name(r.teacher));
  if (!r.data.families.empty())
    text += fmt::format("- Problems: {}, levels {}; none of those that it is examined on.\n",
                        listed(r.data.families, [](const auto& one) { return one.first; }),
                        level_list(r.data.levels));
  text += fmt::format("- Seed {}, learning rate {}, about {} tokens a step.\n", r.seed,
                      r.optimizer.learning_rate, r.schedule.batch_tokens);
  if (!r.notes.empty()) text += fmt::format("- The recipe says: {}\n", r.notes);
  return text;
}

std::string cost(const CardFacts& f) {
  const Training training = training_of(f.events);
  std::string text = fmt::format(
      "\n## What it cost\n\n| | | |\n|---|---|---|\n| tokens | {} | measured |\n| training | {} | measured: "
      "steps alone |\n",
      count(static_cast<uint64_t>(training.tokens)), duration(training.seconds));
  if (const Json* costs = last_event(f.events, "begun");
      costs != nullptr && costs->contains("flops_per_token")) {
    const double each = costs->at("flops_per_token").value("value", 0.0);
    text += fmt::format("| operations | {:.2f} TFLOP | predicted: tokens * ({}) |\n",
                        each * static_cast<double>(training.tokens) / 1e12, kFlopsFormula);
  }
  if (const Json* traces = last_event(f.events, "traces"))
    text += fmt::format("| teacher's answers | {} of {} right, {} tokens | measured |\n",
                        traces->value("accepted", int64_t{0}), traces->value("answers", int64_t{0}),
                        count(static_cast<uint64_t>(traces->value("sampled_tokens", int64_t{0}))));
  return text;
}

std::string knowledge(const CardFacts& f, const Json& examination) {
  std::string text = fmt::format(
      "\n## What it knows\n\nMeasured by run {} after {} tokens: held-out problems, always the likeliest "
      "token; of a "
      "dialogue all turns must be right.\n\n| family | level | correct | 95 % interval | n "
      "|\n|---|---|---|---|---|\n",
      f.run, count(static_cast<uint64_t>(examination.value("tokens", int64_t{0}))));
  for (const Json& score : examination.value("scores", Json::array()))
    text += fmt::format("| {} | {} | {:.1f} % | {:.1f} to {:.1f} | {} |\n", score.value("family", ""),
                        score.value("level", 0), 100 * score.value("accuracy", 0.0),
                        100 * score.value("low", 0.0), 100 * score.value("high", 0.0),
                        score.value("problems", int64_t{0}));
  return text;
}

// ---- quantisation-aware stages -------------------------------------------------------------------------

/// Of all problems of an examination together.
problems::Proportion all_of(const Json& examination) {
  problems::Proportion all;
  for (const Json& score : examination.value("scores", Json::array())) {
    const auto n = score.value("problems", int64_t{0});
    all.trials += n;
    all.successes += std::llround(score.value("accuracy", 0.0) * static_cast<double>(n));
  }
  return all;
}

/// The examination of that step with weights rounded to that format (empty: as they are); null if none.
const Json* examination_at(const std::vector<Json>& events, int64_t step, const std::string& format) {
  const Json* found = nullptr;
  for (const Json& event : events)
    if (event.value("event", "") == "examination" && event.value("step", int64_t{0}) == step &&
        event.value("quantise", "") == format)
      found = &event;
  return found;
}

/// As it is and rounded, before and after the stages that round: each with what the same weights cost.
std::string rounding(const CardFacts& f, const Json& last) {
  std::string format;
  int64_t before = -1;
  for (const Json& event : f.events)
    if (event.value("event", "") == "examination" && event.contains("quantise")) {
      format = event.value("quantise", "");
      if (before < 0) before = event.value("step", int64_t{0});
    }
  if (format.empty()) return "";
  std::string text = fmt::format(
      "\n## Rounded to {0}\n\nMeasured by run {1} on the same {2} held-out problems, with 95 % intervals. A "
      "stage that rounds has products read weights as {0} has them, while what is kept learns; "
      "round-to-nearest "
      "of the weights in this folder gives the very codes and scales that it learnt with.\n\n| | tokens | as "
      "it is, BF16 | {0} "
      "|\n|---|---|---|---|\n",
      format, f.run, all_of(last).trials);
  const auto row = [&](const char* label, int64_t step) {
    const Json *plain = examination_at(f.events, step, ""), *rounded = examination_at(f.events, step, format);
    if (plain == nullptr || rounded == nullptr) return;
    text += fmt::format("| {} | {} | {} | {} |\n", label,
                        count(static_cast<uint64_t>(plain->value("tokens", int64_t{0}))),
                        to_text(all_of(*plain)), to_text(all_of(*rounded)));
  };
  const auto end = last.value("step", int64_t{0});
  if (before < end) row("before that stage: rounded after training", before);
  row("after it: quantisation-aware", end);
  return text;
}

std::string limits(const CardFacts& f, const Json* examination) {
  const DataRecipe& data = f.recipe.data;
  std::string text =
      fmt::format("\n## What it cannot do\n\n- Texts of more than {} tokens, question and answer together.\n",
                  f.config.max_position_embeddings);
  if (of_generated_problems_alone(f.recipe))
    text +=
        "- Anything but the tasks that it was trained on: it has read no other text, knows no facts about "
        "the world, "
        "and holds no conversation beside them.\n";
  std::vector<std::string> unseen;
  for (problems::Family family : problems::all_families())
    if (std::none_of(data.families.begin(), data.families.end(),
                     [&](const auto& one) { return one.first == problems::name(family); }))
      unseen.emplace_back(problems::name(family));
  if (!data.families.empty() && !unseen.empty())
    text += fmt::format("- Tasks of these families, which it has not seen: {}.\n",
                        listed(unseen, [](const std::string& one) { return one; }));
  if (!data.levels.empty() && *std::max_element(data.levels.begin(), data.levels.end()) < problems::kMaxLevel)
    text +=
        fmt::format("- Levels other than {}, which it has not been trained on.\n", level_list(data.levels));
  if (examination == nullptr) return text + "- What it can do has not been measured.\n";
  std::vector<std::string> weak;
  for (const Json& score : examination->value("scores", Json::array()))
    if (score.value("accuracy", 0.0) < 0.5)
      weak.push_back(fmt::format("{} {}", score.value("family", ""), score.value("level", 0)));
  if (!weak.empty())
    text += fmt::format("- Wrong more often than right: {}.\n",
                        listed(weak, [](const std::string& one) { return one; }));
  return text;
}

}  // namespace

std::string model_card(const CardFacts& f) {
  const Json* examination = last_event(f.events, "examination");
  std::string text = introduction(f) + how_made(f) + cost(f);
  if (examination != nullptr) text += knowledge(f, *examination) + rounding(f, *examination);
  return text + limits(f, examination);
}

}  // namespace retort::train
