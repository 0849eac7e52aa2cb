// The reference of interval_set: the whole numbers in it, one by one.
#include <set>

#include "retort/eval/code/scenarios/structure.h"

namespace retort::eval {
namespace {

class IntervalSet : public StructureReference {
 public:
  std::string class_name() const override { return "IntervalSet"; }

  StructureStep step(Random& random) override {
    const int64_t low = draw(random, -40, 40), what = draw(random, 0, 99);
    if (what < 12)
      return {what % 2 == 0 ? "add" : "remove", {low, low - draw(random, 0, 9)}, {}, "ValueError"};
    const int64_t high = low + draw(random, 1, 12);
    if (what < 42) return add(low, high);
    if (what < 60) return remove(low, high);
    if (what < 75) return {"contains", {low}, points_.contains(low), ""};
    if (what < 82) return {"total", Json::array(), points_.size(), ""};
    if (what < 88) return next_free(low);
    return {"intervals", Json::array(), intervals(), ""};
  }

 private:
  StructureStep add(int64_t low, int64_t high) {
    for (int64_t x = low; x < high; ++x) points_.insert(x);
    return {"add", {low, high}, {}, ""};
  }
  StructureStep remove(int64_t low, int64_t high) {
    points_.erase(points_.lower_bound(low), points_.lower_bound(high));
    return {"remove", {low, high}, {}, ""};
  }
  StructureStep next_free(int64_t x) const {
    int64_t free = x;
    while (points_.contains(free)) ++free;
    return {"next_free", {x}, free, ""};
  }
  Json intervals() const {
    Json all = Json::array();
    for (int64_t x : points_) {
      if (all.empty() || all.back()[1] != x) all.push_back({x, x});
      all.back()[1] = x + 1;
    }
    return all;
  }

  std::set<int64_t> points_;
};

}  // namespace

std::unique_ptr<StructureReference> make_interval_set(Random&) {
  return std::make_unique<IntervalSet>();
}

}  // namespace retort::eval
