#include <cstddef>
#include <stdexcept>
#include <vector>

/// Adds up terms with alternating signs.
/// @param numbers the terms, each from -10^9 to 10^9
/// @return the first number minus the second plus the third, and so on
/// @throws std::invalid_argument if there are no numbers
/// @throws std::out_of_range if a number is below -10^9 or above 10^9
long long alternating_sum(const std::vector<long long>& numbers) {
  constexpr long long kMost = 1'000'000'000;
  if (numbers.empty()) throw std::invalid_argument("numbers must not be empty");
  long long sum = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < -kMost || numbers[i] > kMost)
      throw std::out_of_range("a number is not from -10^9 to 10^9");
    sum += i % 2 == 0 ? numbers[i] : -numbers[i];
  }
  return sum;
}
