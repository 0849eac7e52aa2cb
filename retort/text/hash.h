// Hashes for tables built from untrusted files: seeded, by 64x64-bit products folded in half.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

namespace retort {

inline uint64_t random_seed() {
  std::random_device device;
  return uint64_t(device()) << 32 | device();
}

inline uint64_t fold_multiply(uint64_t a, uint64_t b) {
  __extension__ using uint128 = unsigned __int128;
  auto product = uint128(a) * b;
  return uint64_t(product) ^ uint64_t(product >> 64);
}

inline uint64_t hash_word(uint64_t word, uint64_t seed) {
  return fold_multiply(word ^ seed, seed ^ 0x9E3779B97F4A7C15ull);
}

inline uint64_t hash_bytes(std::string_view bytes, uint64_t seed) {
  uint64_t h = seed ^ bytes.size();
  while (bytes.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    h = fold_multiply(word ^ seed, h ^ 0x9E3779B97F4A7C15ull);
    bytes.remove_prefix(8);
  }
  uint64_t word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  return fold_multiply(word ^ h, seed ^ 0xD1B54A32D192ED03ull);
}

}  // namespace retort
