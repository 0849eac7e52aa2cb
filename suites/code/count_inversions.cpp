#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

/// Counts the pairs that are in the wrong order.
/// @param ranks the ranks in order of arrival, none negative
/// @return how many pairs of positions i < j have ranks[i] > ranks[j]
/// @throws std::invalid_argument if there are no ranks
/// @throws std::out_of_range if a rank is negative
long long count_inversions(const std::vector<long long>& ranks) {
  if (ranks.empty()) throw std::invalid_argument("ranks must not be empty");
  if (*std::min_element(ranks.begin(), ranks.end()) < 0)
    throw std::out_of_range("a rank must not be negative");
  std::vector<long long> order = ranks, merged(ranks.size());
  long long count = 0;
  for (std::size_t width = 1; width < order.size(); width *= 2) {
    for (std::size_t begin = 0; begin < order.size(); begin += 2 * width) {
      const std::size_t middle = std::min(begin + width, order.size());
      const std::size_t end = std::min(begin + 2 * width, order.size());
      std::size_t left = begin, right = middle;
      for (std::size_t k = begin; k < end; ++k) {
        if (left < middle && (right == end || order[left] <= order[right])) {
          merged[k] = order[left++];
        } else {
          count +=
              static_cast<long long>(middle - left);  // all that are left stand before it and are greater
          merged[k] = order[right++];
        }
      }
    }
    order.swap(merged);
  }
  return count;
}
