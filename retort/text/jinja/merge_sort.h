// A stable sort that stays within bounds whatever the comparison answers (NaN has no order) and whatever
// it throws: std::sort promises neither.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

namespace retort::jinja {

template <typename T, typename Less>
void merge_sort(std::vector<T>& items, Less less) {
  std::vector<T> merged(items.size());
  const size_t n = items.size();
  for (size_t width = 1; width < n; width *= 2) {
    for (size_t begin = 0; begin < n; begin += 2 * width) {
      size_t left = begin;
      size_t middle = std::min(begin + width, n);
      size_t right = middle;
      size_t end = std::min(begin + 2 * width, n);
      for (size_t i = begin; i < end; ++i) {
        bool from_right = left == middle || (right < end && less(items[right], items[left]));
        merged[i] = std::move(items[from_right ? right++ : left++]);
      }
    }
    items.swap(merged);
  }
}

}  // namespace retort::jinja
