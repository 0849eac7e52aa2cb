#include "retort/base/nearest.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace retort {
namespace {

constexpr size_t kMaxWord = 64;  // longer words are not typing errors

}  // namespace

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string did_you_mean(std::string_view word, std::span<const std::string> names) {
  if (word.empty() || word.size() > kMaxWord) return "";
  std::string_view best;
  int best_distance = std::max(2, static_cast<int>(word.size()) / 3) + 1;
  for (const auto& name : names) {
    // A prefix is how people abbreviate.
    int distance = word.size() >= 2 && name.starts_with(word) ? 0 : edit_distance(word, name);
    if (distance >= best_distance || distance >= static_cast<int>(name.size())) continue;
    best = name;
    best_distance = distance;
  }
  return best.empty() ? "" : fmt::format("; did you mean '{}'?", best);
}

}  // namespace retort
