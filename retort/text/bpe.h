// Byte-pair encoding of one word: its bytes are merged pair by pair, lowest rank first and leftmost among
// equals, until no merge of the list applies. O(n log n) in the word's length.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/text/vocabulary.h"

namespace retort {

/// The merges of a file in order of rank, before the vocabulary is known.
class MergeList {
 public:
  void reserve(size_t merges, size_t bytes);

  /// Both halves in their byte-level writing. A pair that BPE cannot reach (a character that stands for no
  /// byte) keeps its rank and is dropped.
  void add(std::string_view left, std::string_view right);

  /// "left right"; throws bad_input ("<where>: ...") where that is not two words.
  void add_line(std::string_view line, std::string_view where);

  uint32_t size() const { return static_cast<uint32_t>(merges_.size()); }
  bool reachable(uint32_t rank) const { return merges_[rank].left > 0; }
  std::string_view left(uint32_t rank) const;
  std::string_view right(uint32_t rank) const;
  std::string_view both(uint32_t rank) const;

 private:
  struct Merge {
    uint64_t offset;
    uint32_t left, right;  // lengths
  };
  std::string bytes_;
  std::vector<Merge> merges_;
};

struct BpeOptions {
  bool ignore_merges = false;      // a word that is a token is that token, whatever the merges say (Llama 3)
  std::optional<int32_t> unknown;  // for bytes without a token; without it they vanish
  bool fuse_unknown = false;       // neighbours of them become one
};

class Bpe {
 public:
  /// Throws bad_input ("<where>: ...") where a merge names a token that is not in the vocabulary.
  Bpe(const Vocabulary& vocabulary, const MergeList& merges, BpeOptions options, std::string_view where);

  /// Appends the ids of a word, shorter than 2^31 bytes.
  void encode(std::string_view word, std::vector<int32_t>& ids) const;

  /// The same through the queue whatever the length; for tests.
  void encode_by_queue(std::string_view word, std::vector<int32_t>& ids) const;

 private:
  struct Merge {
    uint64_t pair;  // left id << 32 | right id; kFree where the slot is
    uint32_t rank;
    int32_t merged;
  };
  // What merging a token's own bytes gives: known after the first time it stood as a word.
  enum class Whole : uint8_t { unknown, itself, other };

  void add_merge(uint64_t pair, uint32_t rank, int32_t merged);
  const Merge* find(int32_t left, int32_t right) const;
  void encode_short(std::string_view word, std::vector<int32_t>& ids) const;
  template <typename Push>
  void start(std::string_view word, Push push) const;

  const Vocabulary& vocabulary_;
  BpeOptions options_;
  std::vector<int32_t> byte_ids_;  // [256], -1 where a byte has no token
  std::vector<Merge> slots_;       // open addressing by pair
  uint64_t seed_ = 0;
  mutable std::vector<std::atomic<Whole>> whole_;  // by id
};

}  // namespace retort
