#include "retort/eval/figure.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "retort/base/check.h"

namespace retort::eval {
namespace {

using enum Section;
constexpr FigureRow kRows[] = {
#define X(id, section, higher_is_better, title, about) {id, section, higher_is_better, title, about},
#include "retort/eval/figures.inc"
#undef X
};

}  // namespace

std::string_view name(Section section) {
  static constexpr std::string_view kNames[] = {"logic", "code", "hardware"};
  return kNames[static_cast<size_t>(section)];
}

std::span<const FigureRow> figure_rows() {
  return kRows;
}

const FigureRow& figure_row(std::string_view id) {
  for (const FigureRow& row : kRows)
    if (row.id == id) return row;
  RETORT_CHECK(!"a figure of figures.inc");
}

std::string_view Figure::row_id() const {
  const size_t slash = id.rfind('/');
  return slash == id.npos ? std::string_view(id) : std::string_view(id).substr(slash + 1);
}

std::string_view Figure::group() const {
  const size_t slash = id.rfind('/');
  return slash == id.npos ? std::string_view() : std::string_view(id).substr(0, slash);
}

void FigureSum::add(std::string item, double score, int cluster) {
  figure_.items.push_back(std::move(item));
  figure_.scores.push_back(score);
  figure_.clusters.push_back(cluster);
}

Figure FigureSum::figure() const {
  Figure out = figure_;
  out.estimate = clustered_share(out.scores, out.clusters);
  return out;
}

Json to_json(const Estimate& e) {
  return {{"value", e.items == 0 ? Json(nullptr) : Json(e.value)},
          {"low", e.low},
          {"high", e.high},
          {"items", e.items}};
}

Json to_json(const Figure& figure, bool with_items) {
  Json out{{"id", figure.id}};
  out.update(to_json(figure.estimate));
  if (with_items) {
    out["item_ids"] = figure.items;
    out["item_scores"] = figure.scores;
    out["item_clusters"] = figure.clusters;
  }
  return out;
}

Json to_json(const Breakdown& breakdown) {
  Json points = Json::array();
  for (const auto& point : breakdown.points) {
    Json one{{"at", point.at}};
    one.update(to_json(point.estimate));
    points.push_back(std::move(one));
  }
  return {{"figure", breakdown.figure}, {"by", breakdown.by}, {"points", std::move(points)}};
}

}  // namespace retort::eval
