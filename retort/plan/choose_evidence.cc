#include "retort/plan/choose_evidence.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "retort/base/error.h"
#include "retort/base/nearest.h"
#include "retort/eval/compare/costs.h"
#include "retort/eval/compare/differences.h"
#include "retort/eval/compare/model_result.h"

namespace retort::plan {
namespace {

constexpr Scenario kScenarios[] = {
#define X(name, suites, quality, lost, prefer, published, about) \
  {name, suites, quality, lost, Prefer::prefer, published, about},
#include "retort/plan/choose_scenarios.inc"
#undef X
};

/// A run as far as its key and its description tell.
struct Known {
  eval::RunRecord record;
  std::string suite, problems, model, path, weights;
};

/// Absent: not ended, hosted, with cut thoughts, or of a program that wrote other keys.
std::optional<Known> known(const eval::RunRecord& record) {
  if (record.ended.empty()) return std::nullopt;
  const Json key = parse_json(record.key, "journal"), about = parse_json(record.about, "journal");
  if (!key.contains("model") || !key.contains("suite") || !key.contains("tasks") || !key.contains("ask"))
    return std::nullopt;
  if (!key["model"].contains("weights") || !key["ask"].value("thinking_budget", Json()).is_null())
    return std::nullopt;
  return Known{.record = record,
               .suite = key["suite"].get<std::string>(),
               .problems = key["tasks"].dump(),
               .model = about.value("model", ""),
               .path = about.value("path", ""),
               .weights = key["model"]["weights"].get<std::string>()};
}

/// Of the first of the scenario's suites that anything was asked.
std::vector<Known> runs_of(const eval::Journal& journal, const Scenario& scenario) {
  std::vector<Known> all;
  for (const eval::RunRecord& record : journal.runs())  // newest first
    if (auto one = known(record)) all.push_back(*std::move(one));
  std::string_view rest = scenario.suites;
  while (!rest.empty()) {
    const size_t bar = std::min(rest.find('|'), rest.size());
    std::vector<Known> out;
    std::copy_if(all.begin(), all.end(), std::back_inserter(out),
                 [&](const Known& run) { return run.suite == rest.substr(0, bar); });
    if (!out.empty()) return out;
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return {};
}

/// Those that asked the same problems of the most models; of equal ones the newest, whose first run comes
/// first.
std::vector<Known> comparable(const std::vector<Known>& runs) {
  std::map<std::string, std::set<std::string>> models;
  for (const Known& run : runs) models[run.problems].insert(run.model);
  const Known* best = nullptr;
  for (const Known& run : runs)
    if (best == nullptr || models[run.problems].size() > models[best->problems].size()) best = &run;
  std::vector<Known> out;
  for (const Known& run : runs) {
    const bool seen =
        std::any_of(out.begin(), out.end(), [&](const Known& one) { return one.model == run.model; });
    if (run.problems == best->problems && !seen) out.push_back(run);
  }
  return out;
}

std::optional<MeasuredModel> measured(const eval::Journal& journal, const Known& run,
                                      const Scenario& scenario, const eval::ScoreHooks& hooks) {
  eval::ModelResult result;
  result.suites.push_back(eval::score_run(journal, run.record.id, hooks));
  const eval::Figure* figure = result.figure(scenario.quality);
  if (figure == nullptr) return std::nullopt;
  MeasuredModel out{.name = run.model,
                    .path = run.path,
                    .weights = run.weights,
                    .run = run.record.id,
                    .figure = *figure,
                    .tokens_per_solved = {}};
  for (const eval::HardwareFigure& cost : eval::costs_of(result.suites[0], journal.calls(run.record.id)))
    if (cost.id == "tokens_per_solved") out.tokens_per_solved = cost.value;
  return out;
}

}  // namespace

std::span<const Scenario> scenarios() {
  return kScenarios;
}

const Scenario& find_scenario(std::string_view name) {
  std::vector<std::string> names;
  std::string listed;
  for (const Scenario& one : kScenarios) {
    if (one.name == name) return one;
    names.emplace_back(one.name);
    listed += (listed.empty() ? "" : ", ") + names.back();
  }
  fail(ErrorCode::bad_input, "choose: --for '{}': expected one of {}{}", name, listed,
       did_you_mean(name, names));
}

Quality MeasuredModel::quality() const {
  return {.value = figure.estimate.value,
          .low = figure.estimate.low,
          .high = figure.estimate.high,
          .obtained = Obtained::measured,
          .source = "run " + run};
}

std::vector<MeasuredModel> measured_models(const eval::Journal& journal, const Scenario& scenario,
                                           const eval::ScoreHooks& hooks) {
  const std::vector<Known> runs = runs_of(journal, scenario);
  std::vector<MeasuredModel> out;
  if (runs.empty()) return out;
  for (const Known& run : comparable(runs))
    if (auto one = measured(journal, run, scenario, hooks)) out.push_back(*std::move(one));
  return out;
}

std::vector<eval::PublishedFigure> published_models(const Scenario& scenario) {
  std::vector<eval::PublishedFigure> out;
  for (eval::PublishedFigure& figure : eval::published_figures())
    if (figure.benchmark == scenario.published &&
        std::none_of(out.begin(), out.end(), [&](const auto& one) { return one.model == figure.model; }))
      out.push_back(std::move(figure));
  return out;
}

Quality published_quality(const eval::PublishedFigure& figure) {
  const double share = figure.value / 100;
  return {.value = share,
          .low = share,
          .high = share,
          .obtained = Obtained::published,
          .source = fmt::format("{}, {}, {}", figure.benchmark, figure.source, figure.date)};
}

NotWorse not_worse_on_items(std::span<const MeasuredModel> models) {
  return [models](const Candidate& a, const Candidate& b, double margin) {
    if (a.model == b.model) return true;
    const auto of = [&](const Candidate& c) {
      return std::find_if(models.begin(), models.end(),
                          [&](const MeasuredModel& m) { return m.name == c.model; });
    };
    const auto x = of(a), y = of(b);
    if (x == models.end() || y == models.end()) return not_worse_by_intervals(a, b, margin);
    const eval::PairedDifference paired = eval::paired_on_common_items(x->figure, y->figure);
    if (paired.difference.items == 0) return not_worse_by_intervals(a, b, margin);
    return eval::non_inferiority(paired, margin).verdict == eval::VerdictOnLoss::not_worse;
  };
}

}  // namespace retort::plan
