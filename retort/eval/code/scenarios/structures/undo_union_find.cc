// The reference of undo_union_find: each element's group by number, and a copy of it for every undo.
#include <algorithm>
#include <set>

#include "retort/eval/code/scenarios/structure.h"

namespace retort::eval {
namespace {

class UndoUnionFind : public StructureReference {
 public:
  explicit UndoUnionFind(int64_t n) {
    for (int64_t i = 0; i < n; ++i) groups_.push_back(i);
  }

  std::string class_name() const override { return "UndoUnionFind"; }
  Json constructor_args() const override { return {n()}; }
  std::vector<StructureStep> bad_constructions() const override {
    return {{"", {-1}, {}, "ValueError"}, {"", {nullptr}, {}, "TypeError"}, {"", {2.5}, {}, "TypeError"}};
  }

  StructureStep step(Random& random) override {
    const int64_t a = draw(random, 0, n() - 1), b = draw(random, 0, n() - 1), what = draw(random, 0, 99);
    if (what < 35) return unite(a, b);
    if (what < 52) return undo();
    if (what < 70) return {"connected", {a, b}, group(a) == group(b), ""};
    if (what < 80) return {"size_of", {a}, std::count(groups_.begin(), groups_.end(), group(a)), ""};
    if (what < 88)
      return {"groups", Json::array(), std::set<int64_t>(groups_.begin(), groups_.end()).size(), ""};
    const int64_t outside = what % 2 == 0 ? -draw(random, 1, n()) : n() + draw(random, 0, 3);
    if (what < 92) return {"union", {a, outside}, {}, "IndexError"};
    if (what < 96) return {"connected", {outside, b}, {}, "IndexError"};
    return {"size_of", {outside}, {}, "IndexError"};
  }

 private:
  int64_t n() const { return static_cast<int64_t>(groups_.size()); }
  int64_t group(int64_t i) const { return groups_[static_cast<size_t>(i)]; }

  StructureStep unite(int64_t a, int64_t b) {
    earlier_.push_back(groups_);
    const int64_t from = group(a), to = group(b);
    std::replace(groups_.begin(), groups_.end(), from, to);
    return {"union", {a, b}, from != to, ""};
  }
  StructureStep undo() {
    if (earlier_.empty()) return {"undo", Json::array(), {}, "IndexError"};
    groups_ = std::move(earlier_.back());
    earlier_.pop_back();
    return {"undo", Json::array(), {}, ""};
  }

  std::vector<int64_t> groups_;
  std::vector<std::vector<int64_t>> earlier_;
};

}  // namespace

std::unique_ptr<StructureReference> make_undo_union_find(Random& random) {
  return std::make_unique<UndoUnionFind>(draw(random, 2, 12));
}

}  // namespace retort::eval
