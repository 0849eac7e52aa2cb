// The words of a corpus and how often each occurs, within a bound of memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace retort {

class WordCounts {
 public:
  /// A longer word is not counted: what repeats in it repeats in shorter ones too.
  static constexpr size_t kLongestWord = 1024;  // bytes

  /// The words and their table take at most about so many bytes. Beyond, the rarest are forgotten until at
  /// most half is left ("lossy counting", Manku and Motwani 2002): what is frequent stays, its count may be
  /// too low by what was forgotten before.
  explicit WordCounts(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  /// Throws resource where the occurrences, in bytes, no longer fit into 62 bits.
  void add(std::string_view word, uint64_t count);

  struct Word {
    std::string_view bytes;
    uint64_t count;
  };
  /// In the order of their bytes, whatever the order they came in. The views live as long as nothing is
  /// added.
  std::vector<Word> sorted() const;

  /// Occurrences of words that were forgotten or too long.
  uint64_t dropped() const { return dropped_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
  };

  void forget_rarest();

  std::unordered_map<std::string, uint64_t, Hash, std::equal_to<>> counts_;
  uint64_t max_bytes_;
  uint64_t bytes_ = 0;  // of counts_, about
  uint64_t occurring_bytes_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace retort
