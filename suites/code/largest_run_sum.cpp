#include <algorithm>
#include <stdexcept>
#include <vector>

/// Finds the greatest sum of consecutive values.
/// @param numbers the gains and losses, each from -10^9 to 10^9
/// @return the greatest sum of one or more consecutive values
/// @throws std::invalid_argument if there are no numbers
/// @throws std::out_of_range if a number is below -10^9 or above 10^9
long long largest_run_sum(const std::vector<long long>& numbers) {
  constexpr long long kMost = 1'000'000'000;
  if (numbers.empty()) throw std::invalid_argument("numbers must not be empty");
  long long greatest = -kMost;
  long long ending = 0;  // the greatest sum of a run that ends before this number, or of no run at all
  for (const long long x : numbers) {
    if (x < -kMost || x > kMost) throw std::out_of_range("a number is not from -10^9 to 10^9");
    greatest = std::max(greatest, ending + x);
    ending = std::max(ending + x, 0LL);
  }
  return greatest;
}
