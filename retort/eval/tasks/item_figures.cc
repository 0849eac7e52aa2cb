#include "retort/eval/tasks/item_figures.h"

#include <algorithm>
#include <utility>

#include "retort/base/check.h"

namespace retort::eval {

ItemFigures::ItemFigures(const std::string& group, std::vector<std::string> ids) : ids_(std::move(ids)) {
  for (const std::string& id : ids_) rows_.push_back({.sum = FigureSum(group + "/" + id)});
}

size_t ItemFigures::row(std::string_view id) const {
  const auto at = std::find(ids_.begin(), ids_.end(), id);
  RETORT_CHECK(at != ids_.end());
  return static_cast<size_t>(at - ids_.begin());
}

void ItemFigures::add(std::string_view id, double value) {
  Row& r = rows_[row(id)];
  r.value += value;
  ++r.samples;
}

void ItemFigures::end_item(const std::string& item, int cluster) {
  for (Row& r : rows_) {
    r.last = r.samples == 0 ? 0 : r.value / static_cast<double>(r.samples);
    if (r.samples > 0) r.sum.add(item, r.last, cluster);
    r.items += r.samples > 0 ? 1 : 0;
    r.value = 0;
    r.samples = 0;
  }
}

double ItemFigures::last(std::string_view id) const {
  return rows_[row(id)].last;
}

std::vector<Figure> ItemFigures::figures() const {
  std::vector<Figure> out;
  for (const Row& r : rows_)
    if (r.items > 0 || out.empty()) out.push_back(r.sum.figure());
  return out;
}

SampleFinder::SampleFinder(std::span<const Sample> samples) {
  for (const Sample& sample : samples) index_.emplace(sample.key, &sample);
}

const Sample* SampleFinder::find(const std::string& item, int64_t sample) const {
  const auto at = index_.find({item, sample, 0});
  return at == index_.end() ? nullptr : at->second;
}

int ClusterNumbers::of(const std::string& name) {
  return numbers_.emplace(name, static_cast<int>(numbers_.size())).first->second;
}

}  // namespace retort::eval
