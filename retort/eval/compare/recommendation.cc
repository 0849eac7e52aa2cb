#include "retort/eval/compare/recommendation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "retort/base/progress_bar.h"
#include "retort/eval/compare/differences.h"

namespace retort::eval {
namespace {

constexpr Deployment kDeployments[] = {
#define X(name, quality, lost, cost) {name, quality, lost, cost},
#include "retort/eval/compare/deployments.inc"
#undef X
};

struct Candidate {
  const ModelResult* model;
  const Figure* quality;
  double cost = 0;
  NonInferiority against_best;
  PairedDifference paired;
};

const HardwareRow& hardware_row(std::string_view id) {
  return *std::find_if(hardware_rows().begin(), hardware_rows().end(),
                       [&](const HardwareRow& row) { return row.id == id; });
}

/// Lower is cheaper, whatever the figure.
double cost_of(const ModelResult& model, std::string_view id) {
  const HardwareFigure* figure = model.hardware_figure(id);
  if (figure == nullptr) return HUGE_VAL;
  return hardware_row(id).higher_is_better ? -figure->value : figure->value;
}

std::vector<Candidate> candidates_of(std::span<const ModelResult> models, const Deployment& s) {
  std::vector<Candidate> out;
  for (const ModelResult& model : models)
    if (const Figure* quality = model.figure(s.quality))
      out.push_back({&model, quality, cost_of(model, s.cost), {}, {}});
  return out;
}

std::string share_text(const Figure& figure) {
  return fmt::format("{} {}", figure_row(figure.row_id()).title, percent_text(figure.estimate));
}

std::string cost_text(const Candidate& c, const Deployment& s) {
  const HardwareFigure* figure = c.model->hardware_figure(s.cost);
  if (figure == nullptr) return fmt::format("{} not measured", hardware_row(s.cost).title);
  return fmt::format("{} {}", hardware_row(s.cost).title, hardware_text(s.cost, figure->value));
}

Recommendation none_does_it(const Deployment& s, const Candidate& best) {
  return {.scenario = std::string(s.name),
          .model = "",
          .sentence = fmt::format("none of these does the job: the best, {}, has {}", best.model->name,
                                  share_text(*best.quality)),
          .runs = {best.model->run_of(*best.quality)},
          .runner_up = "",
          .why_not = ""};
}

/// The cheapest first; of equal cost the better.
void sort_by_cost(std::vector<Candidate>& all) {
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    if (a.cost != b.cost) return a.cost < b.cost;
    const double qa = a.quality->estimate.value, qb = b.quality->estimate.value;
    return qa != qb ? qa > qb : a.model->name < b.model->name;
  });
}

std::string sentence_of(const Candidate& chosen, const Candidate& best, const Deployment& s) {
  if (chosen.model == best.model)
    return fmt::format("{}: the best measured; no cheaper one is shown to lose at most {:.0f} points; {}",
                       share_text(*chosen.quality), 100 * s.lost, cost_text(chosen, s));
  return fmt::format("{}, against {} of the best, {} ({}); {}, {} against {}", share_text(*chosen.quality),
                     percent_text(best.quality->estimate), best.model->name,
                     to_text(chosen.against_best, chosen.paired), cost_text(chosen, s), best.model->name,
                     cost_text(best, s));
}

Recommendation recommend_for(const Deployment& s, std::vector<Candidate> all) {
  // Of several that are best, the cheapest.
  const Candidate best =
      *std::max_element(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
        const double qa = a.quality->estimate.value, qb = b.quality->estimate.value;
        return qa != qb ? qa < qb : a.cost > b.cost;
      });
  if (best.quality->estimate.high < kUseful) return none_does_it(s, best);
  std::vector<Candidate> good;
  for (Candidate& c : all) {
    if (c.model != best.model) {
      c.paired = paired_on_common_items(*c.quality, *best.quality);
      c.against_best = non_inferiority(c.paired, s.lost);
    }
    if (c.model == best.model || c.against_best.verdict == VerdictOnLoss::not_worse) good.push_back(c);
  }
  sort_by_cost(good);
  Recommendation out{.scenario = std::string(s.name), .model = good.front().model->name};
  out.sentence = sentence_of(good.front(), best, s);
  out.runs = {good.front().model->run_of(*good.front().quality)};
  if (good.front().model != best.model) out.runs.push_back(best.model->run_of(*best.quality));
  if (good.size() > 1) {
    out.runner_up = good[1].model->name;
    out.why_not = cost_text(good[1], s);
  }
  return out;
}

}  // namespace

std::span<const Deployment> deployments() {
  return kDeployments;
}

std::vector<Recommendation> recommend(std::span<const ModelResult> models) {
  std::vector<Recommendation> out;
  for (const Deployment& scenario : kDeployments)
    if (auto all = candidates_of(models, scenario); !all.empty())
      out.push_back(recommend_for(scenario, std::move(all)));
  return out;
}

std::vector<size_t> pareto_front(std::span<const ModelResult> models, std::string_view quality,
                                 std::string_view cost) {
  const auto beats = [&](const ModelResult& a, const ModelResult& b) {
    const double qa = a.figure(quality)->estimate.value, qb = b.figure(quality)->estimate.value;
    const double ca = cost_of(a, cost), cb = cost_of(b, cost);
    return qa >= qb && ca <= cb && (qa > qb || ca < cb);
  };
  const auto known = [&](const ModelResult& m) {
    return m.figure(quality) != nullptr && m.hardware_figure(cost) != nullptr;
  };
  std::vector<size_t> out;
  for (size_t i = 0; i < models.size(); ++i) {
    bool beaten = !known(models[i]);
    for (size_t j = 0; !beaten && j < models.size(); ++j)
      beaten = j != i && known(models[j]) && beats(models[j], models[i]);
    if (!beaten) out.push_back(i);
  }
  return out;
}

std::string hardware_text(std::string_view id, double value) {
  const std::string_view unit = hardware_row(id).unit;
  if (unit == "bytes") return format_bytes(static_cast<uint64_t>(value));
  if (unit == "s" && value < 1) return fmt::format("{:.3g} ms", 1e3 * value);
  if (value >= 100) return fmt::format("{:.0f} {}", value, unit);
  return fmt::format("{:.3g} {}", value, unit);
}

}  // namespace retort::eval
