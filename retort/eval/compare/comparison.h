// Comparison: models side by side, with what follows from their figures; and its JSON and CSV.
#pragma once

#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/compare/differences.h"
#include "retort/eval/compare/model_result.h"
#include "retort/eval/compare/published.h"
#include "retort/eval/compare/recommendation.h"

namespace retort::eval {

struct Comparison {
  std::vector<ModelResult> models;
  double margin = 0.02;  // of non-inferiority between any two models
  std::vector<Difference> differences;
  std::vector<Recommendation> recommendations;
  std::vector<PublishedFigure> published;
  std::vector<AuditedClaim> claims;
};

/// All that follows from the models.
Comparison compare(std::vector<ModelResult> models, double margin);

/// What does not depend on the models, such as the machine, is the caller's to add. docs/report.md describes
/// it. `with_samples`: every answer with its verdict, for the report.
Json to_json(const Comparison& comparison, bool with_samples);

/// One line a figure: model, section, figure, value, low, high, items, unit, obtained, run (or the source).
std::string to_csv(const Comparison& comparison);

}  // namespace retort::eval
