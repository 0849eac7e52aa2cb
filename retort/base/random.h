// Random numbers that depend on (seed, position) only: SplitMix64 (Steele, Lea, Flood 2014) used as a
// counter-based generator, so a request's stream does not depend on what else is running.
#pragma once

#include <cmath>
#include <cstdint>

namespace retort {

/// 64 well-mixed bits for a counter value.
constexpr uint64_t splitmix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// 64 bits for stream `seed` at `position`.
constexpr uint64_t random_bits(uint64_t seed, uint64_t position) {
  return splitmix64(splitmix64(seed) ^ position);
}

/// Uniform in [0, 1) with 53 bits.
constexpr double random_uniform(uint64_t seed, uint64_t position) {
  return static_cast<double>(random_bits(seed, position) >> 11) * 0x1.0p-53;
}

/// A sequential generator over one stream.
class Random {
 public:
  explicit Random(uint64_t seed) : seed_(seed) {}
  uint64_t bits() { return random_bits(seed_, position_++); }
  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  float uniform(float low, float high) { return low + (high - low) * static_cast<float>(uniform()); }
  /// Uniform in [0, n), n >= 1.
  uint64_t below(uint64_t n) { return static_cast<uint64_t>((static_cast<Wide>(bits()) * n) >> 64); }
  /// Standard normal (Box and Muller 1958).
  float normal() {
    double u = 1.0 - uniform(), v = uniform();
    return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v));
  }

 private:
  __extension__ using Wide = unsigned __int128;
  uint64_t seed_;
  uint64_t position_ = 0;
};

}  // namespace retort
