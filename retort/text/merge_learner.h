// Learns merges from counted words, one at a time: the heart of BPE training. Words keep their place in one
// array and shrink in it; each pair knows its count and the words that hold it, so that a merge costs what it
// changes.
#pragma once

#include <cstdint>
#include <queue>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "retort/text/word_counts.h"

namespace retort {

class MergeLearner {
 public:
  /// Tokens 0 to 255 are the bytes. The words are not needed afterwards.
  MergeLearner(const std::vector<WordCounts::Word>& words, uint64_t min_count, uint32_t max_token_bytes);

  /// Learns the next merge; false where no pair is left.
  bool step();

  /// Ids, in order; merge i makes token 256 + i.
  const std::vector<std::pair<int32_t, int32_t>>& merges() const { return merges_; }

  /// The tokens of word i as they are merged now.
  std::vector<int32_t> tokens(size_t word) const;

 private:
  struct Word {
    uint64_t offset;
    uint32_t length;
    uint64_t count;
  };
  struct Pair {
    uint64_t count = 0;
    std::vector<uint32_t> words;  // that hold it or held it, each once
  };
  struct Candidate {
    uint64_t count;
    uint64_t pair;
    bool operator<(const Candidate& o) const { return count != o.count ? count < o.count : pair > o.pair; }
  };

  bool make_token(int32_t left, int32_t right);
  void merge_in(uint32_t word, int32_t left, int32_t right, int32_t merged);
  void more(int32_t left, int32_t right, uint32_t word);
  void less(int32_t left, int32_t right, uint64_t count);
  void offer_fresh();

  uint64_t min_count_;
  uint32_t max_token_bytes_;
  std::vector<int32_t> symbols_;  // of all words
  std::vector<Word> words_;
  std::unordered_map<uint64_t, Pair> pairs_;
  std::vector<uint64_t> fresh_;           // pairs that are not offered yet
  std::priority_queue<Candidate> queue_;  // each pair once; its count here may be too high by now
  std::vector<std::pair<int32_t, int32_t>> merges_;
  std::vector<std::string> pieces_;  // the bytes of each token
  std::unordered_set<std::string> known_;
};

}  // namespace retort
