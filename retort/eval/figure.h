// Figure: one thing that was measured of a model, as a mean over items with its interval, and the items'
// own scores, so that two models can be compared item by item.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/statistics/estimate.h"

namespace retort::eval {

enum class Section : uint8_t { logic, code, hardware };
std::string_view name(Section section);

/// A row of figures.inc: what is said of a figure, once.
struct FigureRow {
  std::string_view id;  // "steps.completeness"
  Section section;
  bool higher_is_better;
  std::string_view title;  // of a table's row: "steps asserted"
  std::string_view about;  // one line
};
std::span<const FigureRow> figure_rows();
/// Its id must be one of the table's.
const FigureRow& figure_row(std::string_view id);

struct Figure {
  std::string
      id;  // of figures.inc, with what it is of before a slash where there are several: "dialogue/correct"
  Estimate estimate;
  // Of the items that the figure is over, in one order: each item's mean over its samples, in [0, 1].
  std::vector<std::string> items;
  std::vector<double> scores;
  std::vector<int> clusters;

  /// "correct" of "dialogue/correct".
  std::string_view row_id() const;
  /// "dialogue" of it; empty without.
  std::string_view group() const;
};

/// Collects a figure item by item.
class FigureSum {
 public:
  explicit FigureSum(std::string id) { figure_.id = std::move(id); }
  const std::string& id() const { return figure_.id; }
  void add(std::string item, double score, int cluster);
  /// With clustered_share's interval.
  Figure figure() const;

 private:
  Figure figure_;
};

/// A figure along something: level, turn, budget of thought.
struct Breakdown {
  std::string figure;  // id of the figure that it breaks down
  std::string by;      // "level", "turn", "distance", "questions"
  struct Point {
    std::string at;  // "3"
    Estimate estimate;
  };
  std::vector<Point> points;
};

/// {"value", "low", "high", "items"}; value is null of no items.
Json to_json(const Estimate& estimate);
/// The same with the id; the items' scores with `with_items`.
Json to_json(const Figure& figure, bool with_items = false);
Json to_json(const Breakdown& breakdown);

}  // namespace retort::eval
