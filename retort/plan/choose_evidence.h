// Evidence for a choice: what the journal has measured of models for a scenario, on the same problems, or
// what others published.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/eval/compare/published.h"
#include "retort/eval/suite_run.h"
#include "retort/plan/choose.h"

namespace retort::plan {

/// A row of choose_scenarios.inc.
struct Scenario {
  std::string_view name, suites, quality;
  double lost = 0;
  Prefer prefer = Prefer::memory;
  std::string_view published, about;
};
std::span<const Scenario> scenarios();
/// Throws Error bad_input with the names there are.
const Scenario& find_scenario(std::string_view name);

/// A model that was measured here, and what of its run matters.
struct MeasuredModel {
  std::string name;
  std::string path;     // empty: the journal does not say
  std::string weights;  // their checksum
  std::string run;
  eval::Figure figure;
  std::optional<double> tokens_per_solved;

  Quality quality() const;
};

/// The newest ended run of every model that ran here, of those runs that asked the same problems of the most
/// models. Hosted models cannot be chosen, and runs with cut thoughts say how a model does without them.
std::vector<MeasuredModel> measured_models(const eval::Journal& journal, const Scenario& scenario,
                                           const eval::ScoreHooks& hooks = {});

/// The figures of the scenario's benchmark, one a model: of several sources the first of the table.
std::vector<eval::PublishedFigure> published_models(const Scenario& scenario);
Quality published_quality(const eval::PublishedFigure& figure);

/// On the items that both were asked; by the intervals where there are none, or for models not among these.
NotWorse not_worse_on_items(std::span<const MeasuredModel> models);

}  // namespace retort::plan
