#include "retort/eval/compare/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

/// The model that stands in an article's role: the one of that name, or any hosted one for the baseline.
const ModelResult* model_in_role(std::span<const ModelResult> models, const std::string& role) {
  for (const ModelResult& model : models)
    if (role == "baseline" ? model.hosted : model.name == role) return &model;
  return nullptr;
}

std::string size_text(const ModelResult& model) {
  if (model.hosted) return "hosted";
  return fmt::format("{:.2g} M parameters", static_cast<double>(model.parameters) / 1e6);
}

std::string verdict_of(const Json& claim, const Figure* measured) {
  const bool a_model_that_exists =
      claim.at("published").get<std::string>().rfind("none: no such model", 0) != 0;
  std::string out = a_model_that_exists ? "no method given" : "no such model";
  if (measured == nullptr || claim.at("value").is_null()) return out;
  const double value = claim.at("value").get<double>();
  const Estimate& e = measured->estimate;
  out += value < e.low    ? "; below what was measured"
         : value > e.high ? "; above what was measured"
                          : "; within the interval measured";
  return out;
}

}  // namespace

std::vector<PublishedFigure> published_figures() {
  const Json all = parse_json(embedded_file("published.json"), "published.json");
  std::vector<PublishedFigure> out;
  for (const Json& one : all.at("figures")) {
    const Json& source = all.at("sources").at(one.at("source").get<std::string>());
    out.push_back({.model = one.at("model"),
                   .benchmark = one.at("benchmark"),
                   .value = one.at("value"),
                   .unit = one.at("unit"),
                   .source = source.at("source"),
                   .url = source.at("url"),
                   .date = source.at("date")});
  }
  return out;
}

std::vector<AuditedClaim> audit_claims(std::span<const ModelResult> models) {
  const Json all = parse_json(embedded_file("claims.json"), "claims.json");
  std::vector<AuditedClaim> out;
  for (const Json& claim : all.at("claims")) {
    AuditedClaim one{.id = claim.at("id"),
                     .claim = claim.at("claim"),
                     .claimed = claim.at("claimed"),
                     .published = claim.at("published"),
                     .measured = "",
                     .verdict = ""};
    const std::string id = claim.at("figure");
    const ModelResult* model = model_in_role(models, claim.at("role"));
    const Figure* figure = model == nullptr ? nullptr : model->figure(id);
    if (figure != nullptr)
      one.measured = fmt::format("{} ({}): {} {}, run {}", model->name, size_text(*model),
                                 figure_row(figure->row_id()).title, percent_text(figure->estimate),
                                 model->run_of(*figure));
    one.verdict = verdict_of(claim, figure);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace retort::eval
