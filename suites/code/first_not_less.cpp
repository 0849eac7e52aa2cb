#include <algorithm>
#include <stdexcept>
#include <vector>

/// Looks up where values belong in a sorted list.
/// @param numbers the sorted values, in ascending order
/// @param queries the values to look up
/// @return for each query the position of the first number that is not less, or how many numbers there are
/// @throws std::invalid_argument if the numbers are not in ascending order
std::vector<long long> first_not_less(const std::vector<long long>& numbers,
                                      const std::vector<long long>& queries) {
  if (!std::is_sorted(numbers.begin(), numbers.end())) throw std::invalid_argument("numbers must be sorted");
  std::vector<long long> positions;
  positions.reserve(queries.size());
  for (const long long query : queries) {
    positions.push_back(std::lower_bound(numbers.begin(), numbers.end(), query) - numbers.begin());
  }
  return positions;
}
