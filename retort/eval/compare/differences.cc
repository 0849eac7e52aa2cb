#include "retort/eval/compare/differences.h"

#include <map>

namespace retort::eval {

bool is_compared(const Figure& figure) {
  const FigureRow& row = figure_row(figure.row_id());
  return figure.estimate.items > 0 && row.higher_is_better &&
         (figure.group().empty() || row.id == "correct" || row.id == "dialogue.turns");
}

PairedDifference paired_on_common_items(const Figure& a, const Figure& b) {
  std::map<std::string_view, double> of_b;
  for (size_t i = 0; i < b.items.size(); ++i) of_b.emplace(b.items[i], b.scores[i]);
  std::vector<double> x, y;
  std::vector<int> clusters;
  for (size_t i = 0; i < a.items.size(); ++i) {
    const auto at = of_b.find(a.items[i]);
    if (at == of_b.end()) continue;
    x.push_back(a.scores[i]);
    y.push_back(at->second);
    clusters.push_back(a.clusters[i]);
  }
  return paired_difference(x, y, clusters);
}

std::vector<Difference> all_differences(std::span<const ModelResult> models, double margin) {
  std::vector<Difference> out;
  std::vector<double> p;  // of the unordered pairs: both directions are one test
  for (size_t i = 0; i < models.size(); ++i)
    for (size_t j = i + 1; j < models.size(); ++j)
      for (const SuiteResult& suite : models[i].suites)
        for (const Figure& a : suite.scores.figures) {
          const Figure* b = models[j].figure(a.id);
          if (b == nullptr || !is_compared(a)) continue;
          for (const bool swapped : {false, true}) {
            const PairedDifference paired =
                swapped ? paired_on_common_items(*b, a) : paired_on_common_items(a, *b);
            if (paired.difference.items == 0) break;
            const size_t first = swapped ? j : i, second = swapped ? i : j;
            if (!swapped) p.push_back(paired.p);
            out.push_back(
                {a.id, models[first].name, models[second].name, paired, 1, non_inferiority(paired, margin)});
          }
        }
  const std::vector<double> adjusted = holm(p);
  for (size_t i = 0; i < out.size(); ++i) out[i].p_holm = adjusted[i / 2];
  return out;
}

const Difference* find_difference(std::span<const Difference> all, std::string_view figure,
                                  std::string_view a, std::string_view b) {
  for (const Difference& one : all)
    if (one.figure == figure && one.a == a && one.b == b) return &one;
  return nullptr;
}

}  // namespace retort::eval
