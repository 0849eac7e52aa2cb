#include "retort/report/retention.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "retort/base/check.h"
#include "retort/eval/compare/differences.h"
#include "retort/eval/statistics/distributions.h"

namespace retort::report {
namespace {

using eval::Estimate;
using eval::Figure;
using eval::Sample;
using eval::SampleKey;
using eval::SuiteResult;
using eval::VerdictOnLoss;

double mean_of(std::span<const double> x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

/// Half the interval's width of a mean of n residuals that add up to zero, given their independent sums.
double half_width(std::span<const double> sums, double n) {
  const auto c = static_cast<double>(sums.size());
  if (c < 2) return 0;
  const double squares = std::inner_product(sums.begin(), sums.end(), sums.begin(), 0.0);
  const double quantile = eval::student_quantile(1 - (1 - eval::kConfidence) / 2, c - 1);
  return quantile * std::sqrt(c / (c - 1) * squares) / n;
}

std::vector<double> sums_of(std::span<const double> residuals, std::span<const int> clusters) {
  std::map<int, double> sums;
  for (size_t i = 0; i < residuals.size(); ++i) sums[clusters[i]] += residuals[i];
  std::vector<double> out;
  for (const auto& [cluster, sum] : sums) out.push_back(sum);
  return out;
}

/// Scores of the items that both figures are over, in the order of the first.
struct Pairs {
  std::vector<std::string> items;
  std::vector<double> before, after;
  std::vector<int> clusters;
};

Pairs pairs_of(const Figure& before, const Figure& after) {
  std::map<std::string_view, double> scores;
  for (size_t i = 0; i < after.items.size(); ++i) scores.emplace(after.items[i], after.scores[i]);
  Pairs out;
  for (size_t i = 0; i < before.items.size(); ++i) {
    const auto at = scores.find(before.items[i]);
    if (at == scores.end()) continue;
    out.items.push_back(before.items[i]);
    out.before.push_back(before.scores[i]);
    out.after.push_back(at->second);
    out.clusters.push_back(before.clusters[i]);
  }
  return out;
}

FigureRetention figure_retention(const Figure& before, const Figure& after, double margin) {
  FigureRetention out{.id = before.id, .before = before.estimate, .after = after.estimate};
  const Pairs pairs = pairs_of(before, after);
  out.compared = eval::is_compared(before) && !pairs.items.empty();
  if (!out.compared) return out;
  out.change = eval::paired_difference(pairs.after, pairs.before, pairs.clusters);
  out.verdict = eval::non_inferiority(out.change, margin);
  out.retained = retained_share(pairs.before, pairs.after, pairs.clusters);
  for (size_t i = 0; i < pairs.items.size(); ++i) {
    if (pairs.before[i] >= 1 && pairs.after[i] < 1) out.lost.push_back(pairs.items[i]);
    if (pairs.after[i] >= 1 && pairs.before[i] < 1) out.gained.push_back(pairs.items[i]);
  }
  return out;
}

/// Tokens written for each item, over its samples and turns.
std::map<std::string, double> lengths_of(std::span<const Sample> samples) {
  std::map<std::string, std::pair<double, double>> sums;
  for (const Sample& sample : samples) {
    auto& [tokens, answers] = sums[sample.key.item];
    tokens += static_cast<double>(sample.reasoning_tokens + sample.answer_tokens);
    answers += 1;
  }
  std::map<std::string, double> out;
  for (const auto& [item, sum] : sums) out.emplace(item, sum.first / sum.second);
  return out;
}

LengthRetention length_retention(std::span<const Sample> before, std::span<const Sample> after) {
  const auto lengths_after = lengths_of(after);
  std::vector<double> x, y, change;
  for (const auto& [item, length] : lengths_of(before)) {
    const auto at = lengths_after.find(item);
    if (at == lengths_after.end()) continue;
    x.push_back(length);
    y.push_back(at->second);
    change.push_back(at->second - length);
  }
  return {.before = eval::mean(x), .after = eval::mean(y), .change = eval::mean(change)};
}

Json number(double x) {
  return std::isfinite(x) ? Json(x) : Json(nullptr);
}

Json estimate_json(const Estimate& e) {
  return {{"value", e.items == 0 ? Json(nullptr) : Json(e.value)},
          {"low", number(e.low)},
          {"high", number(e.high)},
          {"items", e.items}};
}

Json figure_json(const FigureRetention& f) {
  Json out{{"id", f.id}, {"source", estimate_json(f.before)}, {"output", estimate_json(f.after)}};
  if (!f.compared) return out;
  out["change"] = estimate_json(f.change.difference);
  out["retained"] = f.retained ? estimate_json(*f.retained) : Json(nullptr);
  out["right_to_wrong"] = f.change.only_b;
  out["wrong_to_right"] = f.change.only_a;
  out["p_mcnemar"] = f.change.p;
  out["margin"] = f.verdict.margin;
  out["verdict"] = eval::name(f.verdict.verdict);
  out["needed_items"] = f.verdict.needed_items;
  out["lost_items"] = f.lost;
  out["gained_items"] = f.gained;
  return out;
}

}  // namespace

std::optional<Estimate> retained_share(std::span<const double> before, std::span<const double> after,
                                       std::span<const int> clusters) {
  RETORT_CHECK(before.size() == after.size() && before.size() == clusters.size());
  if (before.empty() || mean_of(before) <= 0) return std::nullopt;
  const auto n = static_cast<double>(before.size());
  const double base = mean_of(before), share = mean_of(after) / base;
  std::vector<double> residuals(before.size());
  for (size_t i = 0; i < residuals.size(); ++i) residuals[i] = after[i] - share * before[i];
  const auto items = static_cast<int64_t>(before.size());
  const bool spread = std::any_of(residuals.begin(), residuals.end(), [](double r) { return r != 0; });
  const double half = spread ? std::max(half_width(residuals, n), half_width(sums_of(residuals, clusters), n))
                             : eval::proportion(0, items).high;
  return Estimate{share, std::max(0.0, share - half / base), share + half / base, items};
}

const FigureRetention* SuiteRetention::headline() const {
  const auto at = std::find_if(figures.begin(), figures.end(), [](const auto& f) { return f.compared; });
  return at == figures.end() ? nullptr : &*at;
}

SuiteRetention retention_of(const SuiteResult& before, const SuiteResult& after, double margin) {
  SuiteRetention out{.suite = before.suite, .run_before = before.run.id, .run_after = after.run.id};
  for (const Figure& x : before.scores.figures)
    for (const Figure& y : after.scores.figures)
      if (x.id == y.id) out.figures.push_back(figure_retention(x, y, margin));
  out.length = length_retention(before.samples, after.samples);
  for (const SuiteResult* result : {&before, &after})
    for (const std::string& note : result->scores.notes)
      out.notes.push_back((result == &before ? "source: " : "output: ") + note);
  return out;
}

std::optional<VerdictOnLoss> overall_verdict(std::span<const SuiteRetention> suites) {
  constexpr VerdictOnLoss kBestFirst[] = {VerdictOnLoss::not_worse, VerdictOnLoss::undecided,
                                          VerdictOnLoss::worse};
  const auto rank = [&](VerdictOnLoss v) { return std::find(kBestFirst, std::end(kBestFirst), v); };
  std::optional<VerdictOnLoss> worst;
  for (const SuiteRetention& suite : suites) {
    const FigureRetention* figure = suite.headline();
    if (figure && (!worst || rank(figure->verdict.verdict) > rank(*worst))) worst = figure->verdict.verdict;
  }
  return worst;
}

Json to_json(const SuiteRetention& s) {
  Json figures = Json::array();
  for (const FigureRetention& figure : s.figures) figures.push_back(figure_json(figure));
  return {{"suite", s.suite},
          {"obtained", "measured"},
          {"run_source", s.run_before},
          {"run_output", s.run_after},
          {"figures", std::move(figures)},
          {"output_tokens",
           {{"source", estimate_json(s.length.before)},
            {"output", estimate_json(s.length.after)},
            {"change", estimate_json(s.length.change)}}},
          {"notes", s.notes}};
}

}  // namespace retort::report
