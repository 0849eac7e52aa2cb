// The reference of lru_cache: a list of entries, the least recently used one first.
#include <algorithm>
#include <list>

#include "retort/eval/code/scenarios/structure.h"

namespace retort::eval {
namespace {

class LruCache : public StructureReference {
 public:
  explicit LruCache(int64_t capacity) : capacity_(capacity), first_capacity_(capacity) {}

  std::string class_name() const override { return "LruCache"; }
  Json constructor_args() const override { return {first_capacity_}; }
  std::vector<StructureStep> bad_constructions() const override {
    return {{"", {0}, {}, "ValueError"}, {"", {-3}, {}, "ValueError"}, {"", {"4"}, {}, "TypeError"}};
  }

  StructureStep step(Random& random) override {
    const int64_t key = draw(random, 0, first_capacity_ * 2), what = draw(random, 0, 99);
    if (what < 35) return put(key, draw(random, -999, 999));
    if (what < 65) return get(key);
    if (what < 75) return peek(key);
    if (what < 82) return remove(key);
    if (what < 88) return {"resize", {draw(random, -1, 0)}, {}, "ValueError"};
    if (what < 91) return resize(draw(random, 1, first_capacity_ + 2));
    return keys();
  }

 private:
  struct Entry {
    int64_t key, value;
  };

  std::list<Entry>::iterator find(int64_t key) {
    return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  }
  void shrink() {
    while (static_cast<int64_t>(entries_.size()) > capacity_) entries_.pop_front();
  }

  StructureStep put(int64_t key, int64_t value) {
    if (const auto at = find(key); at != entries_.end()) entries_.erase(at);
    entries_.push_back({key, value});
    shrink();
    return {"put", {key, value}, {}, ""};
  }
  StructureStep get(int64_t key) {
    const auto at = find(key);
    if (at == entries_.end()) return {"get", {key}, {}, "KeyError"};
    entries_.splice(entries_.end(), entries_, at);
    return {"get", {key}, entries_.back().value, ""};
  }
  StructureStep peek(int64_t key) {
    const auto at = find(key);
    if (at == entries_.end()) return {"peek", {key}, {}, "KeyError"};
    return {"peek", {key}, at->value, ""};
  }
  StructureStep remove(int64_t key) {
    const auto at = find(key);
    if (at == entries_.end()) return {"remove", {key}, {}, "KeyError"};
    const int64_t value = at->value;
    entries_.erase(at);
    return {"remove", {key}, value, ""};
  }
  StructureStep resize(int64_t capacity) {
    capacity_ = capacity;
    shrink();
    return {"resize", {capacity}, {}, ""};
  }
  StructureStep keys() const {
    Json all = Json::array();
    for (const Entry& entry : entries_) all.push_back(entry.key);
    return {"keys", Json::array(), all, ""};
  }

  int64_t capacity_, first_capacity_;
  std::list<Entry> entries_;
};

}  // namespace

std::unique_ptr<StructureReference> make_lru_cache(Random& random) {
  return std::make_unique<LruCache>(draw(random, 1, 6));
}

}  // namespace retort::eval
