// Trains a byte-level BPE tokenizer (Sennrich et al. 2016, algorithm 1, over bytes): again and again, the
// most frequent pair of neighbouring tokens within words becomes a token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/progress.h"
#include "retort/text/added_tokens.h"
#include "retort/text/pretokenizer.h"
#include "retort/text/trained_tokenizer.h"
#include "retort/text/word_counts.h"

namespace retort {

struct SpecialToken {
  std::string content;
  bool special = true;  // left out when decoding without special tokens; <think> is not
};

struct BpeTrainerOptions {
  int32_t vocabulary_size = 1024;                 // bytes, merges and special tokens together
  std::vector<SpecialToken> special_tokens;       // take the last ids, in this order
  std::string bos, eos, pad;                      // which of them these are; empty for none
  uint64_t min_count = 2;                         // a pair that occurs less often is not merged
  uint32_t max_token_bytes = 64;                  // no merge makes a longer token
  uint64_t max_word_bytes = uint64_t{256} << 20;  // memory for the distinct words; see WordCounts
  ProgressFn progress;                            // "learning merges"
};

/// What it learns depends on the texts and their counts alone, not on their order (unless the words outgrow
/// their memory). Equally frequent pairs are taken by the lower left id, then by the lower right id. A pair
/// that would spell a token that exists already is passed over, so that each merge has a token of its own.
class BpeTrainer {
 public:
  /// Throws bad_input: a vocabulary with no room for bytes and special tokens, special tokens that are empty,
  /// too long, no UTF-8 or twice the same, a BOS, EOS or padding that is not among them.
  explicit BpeTrainer(BpeTrainerOptions options);

  /// Counts the words of a text, as if it were there `count` times. Broken UTF-8 is repaired and special
  /// tokens in the text are cut out, as when it is encoded. Throws resource for a text of 2^30 bytes or more.
  void add(std::string_view text, uint64_t count = 1);

  /// Has fewer tokens than asked for where the texts have no more pairs to merge.
  TrainedTokenizer train() const;

  /// Of all words; and occurrences of words that did not fit into the memory.
  const WordCounts& words() const { return words_; }

 private:
  void add_part(std::string_view text, uint64_t count);

  BpeTrainerOptions options_;
  AddedTokens added_;
  PreTokenizer pre_tokenizer_;
  WordCounts words_;
};

}  // namespace retort
