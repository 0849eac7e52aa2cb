#include <stdexcept>
#include <vector>

/// Lists the guesses of a binary search over a range of 64-bit numbers.
/// @param low the lower end of the range, any 64-bit value
/// @param high the upper end of the range, at least `low`
/// @param secret the number looked for, from `low` to `high`
/// @return all midpoints that were guessed, the secret last
/// @throws std::invalid_argument if `low` is greater than `high`
/// @throws std::out_of_range if the secret lies outside the range
std::vector<long long> guess_trace(long long low, long long high, long long secret) {
  if (low > high) throw std::invalid_argument("low must not exceed high");
  if (secret < low || secret > high) throw std::out_of_range("secret must lie between low and high");
  std::vector<long long> guesses;
  for (;;) {
    // Neither the sum nor the difference need fit: halves are added, and the carry of two odd numbers.
    const long long middle = (low >> 1) + (high >> 1) + (low & high & 1);
    guesses.push_back(middle);
    if (middle == secret) return guesses;
    if (middle < secret) {
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
}
