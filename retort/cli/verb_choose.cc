// `retort choose`: which model to take for a job, from what was measured of models and what is predicted of
// devices; with the command that runs it, the runner-up and the reason.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/cli/choice.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/size.h"
#include "retort/cli/version.h"

namespace retort::cli {
namespace {

using namespace retort::plan;

std::string scenarios_help() {
  std::string out;
  for (const Scenario& one : scenarios())
    out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", one.name, one.about);
  return out;
}

/// "L4,A10" -> two names.
void add_list(std::string_view text, std::vector<std::string>& into) {
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) into.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}

bool parse(const Arguments& arguments, ChoiceRequest& r, bool& json) {
  std::optional<std::string> memory;
  std::string precisions;
  std::vector<std::string> devices;
  bool published = false;
  const std::string about = scenarios_help();
  Options options(
      "choose",
      "Chooses a model for a job: the smallest that is shown not to be worse than the best that keeps\n"
      "within the limits. Quality is what `retort compare` measured; memory, speed and price are\n"
      "predicted (docs/choose.md has the rule).");
  options.option("--for", r.scenario, "SCENARIO", about.c_str())
      .group("Limits")
      .option_list(
          "--device", devices, "DEVICE[xN]",
          "where it may run: of `retort doctor --catalogue`; several, by commas or repeated, compete "
          "(this machine)")
      .option("--memory", memory, "SIZE", "use no more than this, such as 16GB or 15GiB (the device's)")
      .option("--context", r.context, "N",
              "positions of each request, prompt and answer (4096, or all that a model knows)")
      .within(1, 1 << 28)
      .option("--users", r.users, "N", "requests at once (1)")
      .within(1, 1 << 20)
      .option("--min-tokens-per-second", r.situation.tokens_per_second, "X", "for each request")
      .within(1e-6, 1e9)
      .option("--max-price", r.situation.usd_per_million, "USD", "for a million tokens written")
      .within(1e-9, 1e9)
      .group("What counts")
      .option("--margin", r.margin_points, "POINTS", "a loss smaller than this is no loss (the scenario's)")
      .within(0, 50)
      .option("--prefer", r.prefer, "WHAT",
              "of models as good as each other: what needs least memory, time or money")
      .one_of({"memory", "speed", "price"})
      .flag("--published", published,
            "take figures that others published for whole models, where nothing was measured")
      .option("--precision", precisions, "F[,F]",
              "of published models: bf16,fp8,q8_0,q4_k_m (default), int4-g128, ...")
      .group("Data")
      .option("--journal", r.journal, "FILE", "of `retort compare` and `retort eval` (the user's)")
      .option("--prices", r.prices, "FILE", "a price list of your own; docs/plan.md has the form")
      .option("--devices", r.device_file, "FILE",
              "devices of your own, added to the catalogue; docs/devices.md")
      .flag("--json", json, "print one JSON object")
      .examples(
          "  retort compare && retort choose --for logic                the family, on this machine\n"
          "  retort choose --for code --memory 16GB --min-tokens-per-second 20\n"
          "  retort choose --for logic --published --device A10\n"
          "  retort choose --for code --published --device L4,A10,H100 --prefer price --max-price 2");
  if (!options.parse(arguments)) return false;
  if (r.scenario.empty())
    fail(ErrorCode::bad_input,
         "choose: --for is missing: say what the model is wanted for, such as --for logic");
  for (const std::string& list : devices) add_list(list, r.devices);
  add_list(precisions, r.precisions);
  if (memory) r.situation.memory_bytes = parse_size(*memory);
  if (published) r.situation.evidence = Obtained::published;
  return true;
}

std::string bytes_text(double bytes) {
  return format_bytes(static_cast<uint64_t>(bytes));
}

std::string label(const Candidate& c) {
  return c.precision.empty() ? c.model : fmt::format("{} in {}", c.model, c.precision);
}

std::string title(const ChoiceReport& report) {
  std::string devices;
  for (const std::string& one : report.devices) devices += (devices.empty() ? "" : ", ") + one;
  std::string out = fmt::format("For {}, on {}", report.scenario->name, devices);
  const Situation& s = report.situation;
  if (s.memory_bytes) out += fmt::format("; at most {}", bytes_text(*s.memory_bytes));
  if (s.tokens_per_second) out += fmt::format("; at least {:.3g} tokens/s", *s.tokens_per_second);
  if (s.usd_per_million) out += fmt::format("; at most {:.3g} USD per million tokens", *s.usd_per_million);
  return out;
}

void print_estimates(const Candidate& c) {
  print_row("memory", fmt::format("{} (predicted) of {}", bytes_text(c.memory_bytes),
                                  bytes_text(c.device_memory_bytes)));
  if (c.tokens_per_second)
    print_row("speed", fmt::format("{:.3g} tokens/s ({}: {})", c.tokens_per_second->value,
                                   name(c.tokens_per_second->obtained), c.tokens_per_second->source));
  else
    print_row("speed", "not predicted: `retort doctor --calibrate` measures what this machine reaches");
  if (c.usd_per_million)
    print_row("price", fmt::format("{:.3g} USD per million tokens ({}: {})", c.usd_per_million->value,
                                   name(c.usd_per_million->obtained), c.usd_per_million->source));
  if (c.tokens_per_solved)
    print_row("thought", fmt::format("{:.0f} tokens a solved problem (measured)", *c.tokens_per_solved));
}

void print_passed_over(const ChoiceReport& report) {
  bool headed = false;
  const auto row = [&](const std::string& what, const std::string& why) {
    if (!headed) print_heading("Passed over");
    headed = true;
    print_row(what, why);
  };
  for (size_t i = 0; i < report.candidates.size(); ++i)
    if (!report.choice.assessments[i].reason.empty())
      row(label(report.candidates[i]), report.choice.assessments[i].reason);
  for (const LeftOut& one : report.left_out) row(one.model, one.why);
}

void print_report(const ChoiceReport& report) {
  print_heading(title(report));
  const Choice& choice = report.choice;
  if (!choice.chosen) {
    print_row("take", choice.reason);
    for (const std::string& way : choice.ways_out) print_row("would do", way);
    return print_passed_over(report);
  }
  const Candidate& c = report.candidates[*choice.chosen];
  print_row("take", fmt::format("{}, on {}", label(c), c.device));
  print_row("because", choice.reason);
  print_estimates(c);
  if (choice.runner_up) {
    const Candidate& second = report.candidates[*choice.runner_up];
    print_row("runner-up", fmt::format("{}, on {}: {}", label(second), second.device, choice.why_not));
  } else {
    print_row("runner-up", "none: nothing else keeps within the limits");
  }
  print_passed_over(report);
  if (c.quality->obtained == Obtained::published) fmt::print("\nOnce you have its weights under that name:");
  fmt::print("\n{}\n", report.commands[*choice.chosen]);
}

Json json_of(const std::optional<Estimated>& e) {
  if (!e) return nullptr;
  return {{"value", e->value}, {"obtained", name(e->obtained)}, {"source", e->source}};
}

Json json_of(const std::optional<Quality>& q) {
  if (!q) return nullptr;
  return {{"value", q->value},   {"low", q->low},
          {"high", q->high},     {"obtained", name(q->obtained)},
          {"source", q->source}, {"of_this_precision", q->of_this_precision}};
}

Json json_of(const ChoiceReport& report, size_t i) {
  const Candidate& c = report.candidates[i];
  return {{"model", c.model},
          {"precision", c.precision},
          {"device", c.device},
          {"command", report.commands[i]},
          {"quality", json_of(c.quality)},
          {"memory_bytes", {{"value", c.memory_bytes}, {"obtained", "predicted"}}},
          {"device_memory_bytes", c.device_memory_bytes},
          {"tokens_per_second", json_of(c.tokens_per_second)},
          {"usd_per_million_tokens", json_of(c.usd_per_million)},
          {"tokens_per_solved", c.tokens_per_solved ? Json(*c.tokens_per_solved) : Json()},
          {"passed_over", report.choice.assessments[i].reason}};
}

Json report_json(const ChoiceReport& report) {
  const Choice& choice = report.choice;
  Json out{{"retort", version_line()},
           {"for", report.scenario->name},
           {"devices", report.devices},
           {"margin", report.situation.margin},
           {"prefer", name(report.situation.prefer)},
           {"chosen", choice.chosen ? json_of(report, *choice.chosen) : Json()},
           {"runner_up", choice.runner_up ? json_of(report, *choice.runner_up) : Json()},
           {"reason", choice.reason},
           {"against_runner_up", choice.why_not},
           {"ways_out", choice.ways_out},
           {"candidates", Json::array()},
           {"left_out", Json::array()}};
  for (size_t i = 0; i < report.candidates.size(); ++i) out["candidates"].push_back(json_of(report, i));
  for (const LeftOut& one : report.left_out)
    out["left_out"].push_back({{"model", one.model}, {"why", one.why}});
  return out;
}

}  // namespace

int verb_choose(const Arguments& arguments) {
  ChoiceRequest request;
  bool json = false;
  if (!parse(arguments, request, json)) return 0;
  const ChoiceReport report = make_choice(request);
  if (json)
    print_json(report_json(report));
  else
    print_report(report);
  return report.choice.chosen ? 0 : exit_status(ErrorCode::not_found);
}

}  // namespace retort::cli
