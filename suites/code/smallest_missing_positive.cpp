#include <cstddef>
#include <stdexcept>
#include <vector>

/// Finds the smallest positive number that is not taken.
/// @param numbers the numbers that are taken, at least one, none negative
/// @return the smallest integer from 1 upwards that does not occur
/// @throws std::invalid_argument if there are no numbers
/// @throws std::out_of_range if a number is negative
long long smallest_missing_positive(const std::vector<long long>& numbers) {
  if (numbers.empty()) throw std::invalid_argument("numbers must not be empty");
  // n numbers cannot take all of 1 to n + 1.
  std::vector<bool> taken(numbers.size() + 2);
  for (const long long x : numbers) {
    if (x < 0) throw std::out_of_range("a number must not be negative");
    if (x <= static_cast<long long>(numbers.size())) taken[static_cast<std::size_t>(x)] = true;
  }
  std::size_t k = 1;  // zero does not count
  while (taken[k]) ++k;
  return static_cast<long long>(k);
}
