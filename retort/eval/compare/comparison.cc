#include "retort/eval/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace retort::eval {
namespace {

Json figures_table() {
  Json out = Json::array();
  for (const FigureRow& row : figure_rows())
    out.push_back({{"id", row.id},
                   {"section", name(row.section)},
                   {"title", row.title},
                   {"about", row.about},
                   {"higher_is_better", row.higher_is_better}});
  return out;
}

Json to_json(const HardwareFigure& figure) {
  const auto row = std::find_if(hardware_rows().begin(), hardware_rows().end(),
                                [&](const HardwareRow& one) { return one.id == figure.id; });
  return {{"id", figure.id},
          {"title", row->title},
          {"unit", row->unit},
          {"higher_is_better", row->higher_is_better},
          {"value", figure.value},
          {"low", figure.low ? Json(*figure.low) : Json(nullptr)},
          {"high", figure.high ? Json(*figure.high) : Json(nullptr)},
          {"obtained", "measured"},
          {"run", figure.run},
          {"note", figure.note}};
}

/// The report's names for what a journal calls otherwise.
Json report_samples(const SuiteResult& suite) {
  Json out = samples_json(suite);
  for (Json& sample : out) {
    sample["run"] = suite.run.id;
    sample["suite"] = suite.suite;
    sample["thought_tokens"] = sample["reasoning_tokens"];
    if (sample.contains("parts") && sample["parts"].contains("level"))
      sample["level"] = sample["parts"]["level"];
  }
  return out;
}

Json to_json(const ModelResult& model, bool with_samples) {
  Json runs = Json::array(), figures = Json::array(), breakdowns = Json::array(), hardware = Json::array(),
       samples = Json::array(), notes = Json::array();
  std::map<std::string, int64_t> statuses;
  double answers = 0, thought_tokens = 0, answer_tokens = 0;
  for (const SuiteResult& suite : model.suites) {
    runs.push_back({{"run", suite.run.id}, {"suite", suite.suite}});
    for (const Figure& figure : suite.scores.figures) {
      Json one = to_json(figure);
      one["obtained"] = "measured";
      one["run"] = suite.run.id;
      figures.push_back(std::move(one));
    }
    for (const Breakdown& breakdown : suite.scores.breakdowns) breakdowns.push_back(to_json(breakdown));
    for (const std::string& note : suite.scores.notes) notes.push_back(suite.suite + ": " + note);
    for (const auto& [status, n] : suite.summary.statuses) statuses[std::string(name(status))] += n;
    const auto n = static_cast<double>(suite.summary.answers);
    answers += n;
    thought_tokens += n * suite.summary.thought_tokens;
    answer_tokens += n * suite.summary.answer_tokens;
    if (with_samples)
      for (Json& sample : report_samples(suite)) samples.push_back(std::move(sample));
  }
  for (const HardwareFigure& figure : model.hardware) hardware.push_back(to_json(figure));
  Json out{{"name", model.name},
           {"kind", model.hosted ? "api" : "local"},
           {"runs", std::move(runs)},
           {"figures", std::move(figures)},
           {"breakdowns", std::move(breakdowns)},
           {"hardware", std::move(hardware)},
           {"statuses", statuses},
           {"thought_tokens", thought_tokens / std::max(1.0, answers)},
           {"answer_tokens", answer_tokens / std::max(1.0, answers)},
           {"notes", std::move(notes)}};
  if (!model.hosted) {
    out["parameters"] = model.parameters;
    out["active_parameters"] = model.active_parameters;
    out["weights_bytes"] = model.weights_bytes;
    out["format"] = model.format;
  }
  if (with_samples) out["samples"] = std::move(samples);
  return out;
}

Json to_json(const Difference& d) {
  Json out{{"figure", d.figure}, {"a", d.a}, {"b", d.b}};
  out.update(to_json(d.paired.difference));
  out["only_a"] = d.paired.only_a;
  out["only_b"] = d.paired.only_b;
  out["p"] = d.paired.p;
  out["p_holm"] = d.p_holm;
  out["verdict"] = name(d.verdict.verdict);
  out["margin"] = d.verdict.margin;
  out["needed_items"] = d.verdict.needed_items;
  out["text"] = to_text(d.verdict, d.paired);
  return out;
}

Json budgets_json(const std::vector<ModelResult>& models) {
  Json out = Json::array();
  for (const ModelResult& model : models) {
    if (model.budgets.empty()) continue;
    Json points = Json::array();
    for (const BudgetPoint& point : model.budgets) {
      Json one{{"at", std::to_string(point.budget)}, {"run", point.run}};
      one.update(to_json(point.correct));
      points.push_back(std::move(one));
    }
    out.push_back({{"model", model.name}, {"points", std::move(points)}});
  }
  return out;
}

/// Doubled quotes, as RFC 4180 has it.
std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string out;
  for (const std::string& field : fields) out += (out.empty() ? "" : ",") + csv_field(field);
  return out + "\r\n";
}

std::string csv_number(double x) {
  return fmt::format("{:.9g}", x);
}

}  // namespace

Comparison compare(std::vector<ModelResult> models, double margin) {
  Comparison out{.models = std::move(models), .margin = margin};
  out.differences = all_differences(out.models, margin);
  out.recommendations = recommend(out.models);
  out.published = published_figures();
  out.claims = audit_claims(out.models);
  return out;
}

Json to_json(const Comparison& c, bool with_samples) {
  Json out{{"figures", figures_table()},      {"models", Json::array()},    {"margin", c.margin},
           {"differences", Json::array()},    {"published", Json::array()}, {"claims", Json::array()},
           {"recommendations", Json::array()}};
  for (const ModelResult& model : c.models) out["models"].push_back(to_json(model, with_samples));
  for (const Difference& d : c.differences) out["differences"].push_back(to_json(d));
  for (const PublishedFigure& p : c.published)
    out["published"].push_back({{"model", p.model},
                                {"benchmark", p.benchmark},
                                {"value", p.value},
                                {"unit", p.unit},
                                {"source", p.source},
                                {"url", p.url},
                                {"date", p.date},
                                {"obtained", "published"}});
  for (const AuditedClaim& a : c.claims)
    out["claims"].push_back({{"id", a.id},
                             {"claim", a.claim},
                             {"claimed", a.claimed},
                             {"published", a.published},
                             {"measured", a.measured},
                             {"verdict", a.verdict}});
  for (const Recommendation& r : c.recommendations)
    out["recommendations"].push_back({{"scenario", r.scenario},
                                      {"model", r.model},
                                      {"sentence", r.sentence},
                                      {"runs", r.runs},
                                      {"runner_up", r.runner_up},
                                      {"why_not", r.why_not}});
  if (Json budgets = budgets_json(c.models); !budgets.empty()) out["think_budget"] = std::move(budgets);
  return out;
}

std::string to_csv(const Comparison& c) {
  std::string out = csv_line(
      {"model", "section", "figure", "value", "low", "high", "items", "unit", "obtained", "run or source"});
  for (const ModelResult& model : c.models) {
    for (const SuiteResult& suite : model.suites)
      for (const Figure& f : suite.scores.figures)
        if (f.estimate.items > 0)
          out +=
              csv_line({model.name, std::string(name(figure_row(f.row_id()).section)), f.id,
                        csv_number(f.estimate.value), csv_number(f.estimate.low), csv_number(f.estimate.high),
                        std::to_string(f.estimate.items), "share", "measured", suite.run.id});
    for (const HardwareFigure& f : model.hardware)
      out += csv_line({model.name, "hardware", f.id, csv_number(f.value), f.low ? csv_number(*f.low) : "",
                       f.high ? csv_number(*f.high) : "", "",
                       std::string(std::find_if(hardware_rows().begin(), hardware_rows().end(),
                                                [&](const HardwareRow& row) { return row.id == f.id; })
                                       ->unit),
                       "measured", f.run});
  }
  for (const PublishedFigure& p : c.published)
    out += csv_line({p.model, "published", p.benchmark, csv_number(p.value), "", "", "", p.unit, "published",
                     p.source + ", " + p.date});
  return out;
}

}  // namespace retort::eval
