// The reference of ranked_map: a std::map, in which ranks are counted.
#include <iterator>
#include <map>

#include "retort/eval/code/scenarios/structure.h"

namespace retort::eval {
namespace {

class RankedMap : public StructureReference {
 public:
  std::string class_name() const override { return "RankedMap"; }

  StructureStep step(Random& random) override {
    const int64_t key = draw(random, -20, 20), what = draw(random, 0, 99);
    if (what < 35) return set(key, draw(random, -999, 999));
    if (what < 43) return get(key);
    if (what < 55) return remove(key);
    if (what < 67) return {"rank", {key}, std::distance(map_.begin(), map_.lower_bound(key)), ""};
    if (what < 80) return select(draw(random, -1, static_cast<int64_t>(map_.size())));
    if (what < 88) return floor(key);
    return between(key, draw(random, -20, 20));
  }

 private:
  StructureStep set(int64_t key, int64_t value) {
    map_[key] = value;
    return {"set", {key, value}, {}, ""};
  }
  StructureStep get(int64_t key) const {
    const auto at = map_.find(key);
    if (at == map_.end()) return {"get", {key}, {}, "KeyError"};
    return {"get", {key}, at->second, ""};
  }
  StructureStep remove(int64_t key) {
    if (map_.erase(key) == 0) return {"remove", {key}, {}, "KeyError"};
    return {"remove", {key}, {}, ""};
  }
  StructureStep select(int64_t index) const {
    if (index < 0 || index >= static_cast<int64_t>(map_.size())) return {"select", {index}, {}, "IndexError"};
    const auto at = std::next(map_.begin(), index);
    return {"select", {index}, {at->first, at->second}, ""};
  }
  StructureStep floor(int64_t key) const {
    const auto above = map_.upper_bound(key);
    if (above == map_.begin()) return {"floor", {key}, {}, "KeyError"};
    return {"floor", {key}, std::prev(above)->first, ""};
  }
  StructureStep between(int64_t low, int64_t high) const {
    if (low > high) return {"between", {low, high}, {}, "ValueError"};
    Json all = Json::array();
    for (auto at = map_.lower_bound(low); at != map_.end() && at->first < high; ++at)
      all.push_back({at->first, at->second});
    return {"between", {low, high}, all, ""};
  }

  std::map<int64_t, int64_t> map_;
};

}  // namespace

std::unique_ptr<StructureReference> make_ranked_map(Random&) {
  return std::make_unique<RankedMap>();
}

}  // namespace retort::eval
