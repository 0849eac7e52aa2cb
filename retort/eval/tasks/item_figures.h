// Figures of a suite whose items have one turn: adds up an item's samples, then the items.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/eval/figure.h"
#include "retort/eval/sample.h"

namespace retort::eval {

class ItemFigures {
 public:
  /// Rows of figures.inc, in the order in which they are shown; the figures are called "group/row".
  ItemFigures(const std::string& group, std::vector<std::string> ids);
  /// What one sample of the item comes to; a figure that a sample says nothing of is left out.
  void add(std::string_view id, double value);
  /// The means over the samples so far are the item's.
  void end_item(const std::string& item, int cluster);
  /// Of those that at least one item has something to say of; the first one always.
  std::vector<Figure> figures() const;
  /// The mean of the item that ended last; 0 if it had none.
  double last(std::string_view id) const;

 private:
  struct Row {
    FigureSum sum;
    double value = 0, last = 0;
    int64_t samples = 0, items = 0;
  };
  size_t row(std::string_view id) const;
  std::vector<std::string> ids_;
  std::vector<Row> rows_;
};

/// The samples of a run, found by item and number.
class SampleFinder {
 public:
  explicit SampleFinder(std::span<const Sample> samples);
  /// Null where the journal has none.
  const Sample* find(const std::string& item, int64_t sample) const;

 private:
  std::map<SampleKey, const Sample*> index_;
};

/// Numbers names in the order of their first use.
class ClusterNumbers {
 public:
  int of(const std::string& name);

 private:
  std::map<std::string, int> numbers_;
};

}  // namespace retort::eval
