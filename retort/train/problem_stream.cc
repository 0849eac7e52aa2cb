#include "retort/train/problem_stream.h"

#include <algorithm>

#include "retort/base/check.h"
#include "retort/base/random.h"

namespace retort::train {
namespace {

// Streams of random numbers that are drawn for the same purpose at every place.
enum Purpose : uint64_t { kFamily, kLevel, kStyle, kTurn };

problems::TraceStyle style_of(const std::string& name) {
  return name == "full" ? problems::TraceStyle::full : problems::TraceStyle::brief;
}

}  // namespace

ProblemStream::ProblemStream(const DataRecipe& data, std::vector<int64_t> levels, uint64_t seed)
    : levels_(std::move(levels)), seed_(seed) {
  double total = 0, sum = 0;
  for (const auto& [name, share] : data.families) total += share;
  for (const auto& [name, share] : data.families) {
    auto family = problems::parse_family(name);
    RETORT_CHECK(family);  // the parser allows no other
    families_.push_back(*family);
    share_until_.push_back((sum += share) / total);
  }
  for (const auto& style : data.styles) styles_.push_back(style_of(style));
  RETORT_CHECK(!families_.empty() && !levels_.empty() && !styles_.empty());
}

Lesson ProblemStream::at(uint64_t place) const {
  auto uniform = [&](Purpose purpose) { return random_uniform(splitmix64(seed_) + purpose, place); };
  auto index = [&](Purpose purpose, size_t n) {
    return std::min(n - 1, static_cast<size_t>(uniform(purpose) * static_cast<double>(n)));
  };
  // The last share may have been rounded to a little less than 1.
  auto family =
      static_cast<size_t>(std::upper_bound(share_until_.begin(), share_until_.end() - 1, uniform(kFamily)) -
                          share_until_.begin());
  Lesson lesson;
  lesson.problem = problems::generate({.family = families_[family],
                                       .level = static_cast<int>(levels_[index(kLevel, levels_.size())]),
                                       .split = problems::Split::train,
                                       .seed = seed_},
                                      place);
  lesson.style = styles_[index(kStyle, styles_.size())];
  lesson.turn = index(kTurn, lesson.problem.turns.size());
  return lesson;
}

}  // namespace retort::train
