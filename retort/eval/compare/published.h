// What others published, and what an article claims, beside what was measured here: three columns that are
// never mixed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/eval/compare/model_result.h"

namespace retort::eval {

struct PublishedFigure {
  std::string model, benchmark;
  double value = 0;
  std::string unit;               // "%"; empty: a number
  std::string source, url, date;  // who, where, when
};
/// embedded/published.json.
std::vector<PublishedFigure> published_figures();

/// One claim of the article, looked at.
struct AuditedClaim {
  std::string id, claim, claimed, published;
  std::string measured;  // "micro-13 (2.6 M parameters): 91.2 % (...), run 3fa9..."; empty: nothing was
  std::string verdict;
};
/// embedded/claims.json with what was measured of the models in the article's roles. A micro model measured
/// here is no model of the article: the verdict says whether the claim stands, never that it was reproduced.
std::vector<AuditedClaim> audit_claims(std::span<const ModelResult> models);

}  // namespace retort::eval
