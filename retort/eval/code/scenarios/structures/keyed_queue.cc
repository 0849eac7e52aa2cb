// The reference of keyed_queue: a std::map of priorities, searched for the lowest.
#include <algorithm>
#include <map>

#include "retort/eval/code/scenarios/structure.h"

namespace retort::eval {
namespace {

class KeyedQueue : public StructureReference {
 public:
  std::string class_name() const override { return "KeyedQueue"; }

  StructureStep step(Random& random) override {
    const std::string key(1, static_cast<char>('a' + draw(random, 0, 11)));
    const int64_t priority = draw(random, -4, 4), what = draw(random, 0, 99);
    if (what < 35) return push(key, priority);
    if (what < 52) return first("pop");
    if (what < 60) return first("peek");
    if (what < 78) return change(key, priority);
    if (what < 86) return remove(key);
    if (what < 93) return priority_of(key);
    return {"size", Json::array(), queue_.size(), ""};
  }

 private:
  StructureStep push(const std::string& key, int64_t priority) {
    if (!queue_.emplace(key, priority).second) return {"push", {key, priority}, {}, "ValueError"};
    return {"push", {key, priority}, {}, ""};
  }
  StructureStep first(const std::string& method) {
    if (queue_.empty()) return {method, Json::array(), {}, "IndexError"};
    // The first of those that are equal is the first by key: the map is in that order.
    const auto at = std::min_element(queue_.begin(), queue_.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
    StructureStep step{method, Json::array(), {at->first, at->second}, ""};
    if (method == "pop") queue_.erase(at);
    return step;
  }
  StructureStep change(const std::string& key, int64_t priority) {
    const auto at = queue_.find(key);
    if (at == queue_.end()) return {"change", {key, priority}, {}, "KeyError"};
    at->second = priority;
    return {"change", {key, priority}, {}, ""};
  }
  StructureStep remove(const std::string& key) {
    const auto at = queue_.find(key);
    if (at == queue_.end()) return {"remove", Json::array({key}), {}, "KeyError"};
    StructureStep step{"remove", Json::array({key}), at->second, ""};
    queue_.erase(at);
    return step;
  }
  StructureStep priority_of(const std::string& key) const {
    const auto at = queue_.find(key);
    if (at == queue_.end()) return {"priority", Json::array({key}), {}, "KeyError"};
    return {"priority", Json::array({key}), at->second, ""};
  }

  std::map<std::string, int64_t> queue_;
};

}  // namespace

std::unique_ptr<StructureReference> make_keyed_queue(Random&) {
  return std::make_unique<KeyedQueue>();
}

}  // namespace retort::eval
