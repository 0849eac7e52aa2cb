// The reference of ring_buffer: a std::deque.
#include <deque>

#include "retort/eval/code/scenarios/structure.h"

namespace retort::eval {
namespace {

class RingBuffer : public StructureReference {
 public:
  explicit RingBuffer(int64_t capacity) : capacity_(capacity) {}

  std::string class_name() const override { return "RingBuffer"; }
  Json constructor_args() const override { return {capacity_}; }
  std::vector<StructureStep> bad_constructions() const override {
    return {{"", {0}, {}, "ValueError"}, {"", {-1}, {}, "ValueError"}, {"", {"3"}, {}, "TypeError"}};
  }

  StructureStep step(Random& random) override {
    const int64_t item = draw(random, -999, 999), what = draw(random, 0, 99);
    if (what < 25) return push_back(item);
    if (what < 45) return push_front(item);
    if (what < 57) return pop("pop_back", true);
    if (what < 70) return pop("pop_front", false);
    if (what < 82) return get(draw(random, -2, size()));
    if (what < 88) return rotate(draw(random, -7, 7));
    return {"to_list", Json::array(), items_, ""};
  }

 private:
  int64_t size() const { return static_cast<int64_t>(items_.size()); }

  StructureStep push_back(int64_t item) {
    StructureStep step{"push_back", {item}, {}, ""};
    if (size() == capacity_) {
      step.value = items_.front();
      items_.pop_front();
    }
    items_.push_back(item);
    return step;
  }
  StructureStep push_front(int64_t item) {
    StructureStep step{"push_front", {item}, {}, ""};
    if (size() == capacity_) {
      step.value = items_.back();
      items_.pop_back();
    }
    items_.push_front(item);
    return step;
  }
  StructureStep pop(const std::string& method, bool back) {
    if (items_.empty()) return {method, Json::array(), {}, "IndexError"};
    StructureStep step{method, Json::array(), back ? items_.back() : items_.front(), ""};
    if (back)
      items_.pop_back();
    else
      items_.pop_front();
    return step;
  }
  StructureStep get(int64_t index) const {
    if (index < 0 || index >= size()) return {"get", {index}, {}, "IndexError"};
    return {"get", {index}, items_[static_cast<size_t>(index)], ""};
  }
  StructureStep rotate(int64_t k) {
    for (int64_t i = 0; i < k && !items_.empty(); ++i) {
      items_.push_front(items_.back());
      items_.pop_back();
    }
    for (int64_t i = 0; i > k && !items_.empty(); --i) {
      items_.push_back(items_.front());
      items_.pop_front();
    }
    return {"rotate", {k}, {}, ""};
  }

  int64_t capacity_;
  std::deque<int64_t> items_;
};

}  // namespace

std::unique_ptr<StructureReference> make_ring_buffer(Random& random) {
  return std::make_unique<RingBuffer>(draw(random, 1, 6));
}

}  // namespace retort::eval
