// Dataset: sequences of tokens to learn from, each with the tokens that count in the loss and, if a teacher
// scored it, the teacher's likeliest tokens at every place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace retort::train {

/// One document. Entry i of all lists belongs to tokens[i] as it is predicted from those before it; what
/// stands at i = 0, which nothing predicts, is ignored.
struct TokenSequence {
  std::vector<int32_t> tokens;       // at least 2
  std::vector<uint8_t> predicted;    // [tokens]: 1 where the token counts in the loss; empty: all of them
  std::vector<int32_t> top_ids;      // [tokens][k]: the teacher's likeliest tokens; empty without a teacher
  std::vector<float> top_log_probs;  // [tokens][k]: their log-probabilities at temperature 1
};

class Dataset {
 public:
  struct View {
    std::span<const int32_t> tokens;
    std::span<const uint8_t> predicted;
    std::span<const int32_t> top_ids;
    std::span<const float> top_log_probs;
  };

  /// `top_k` tokens of the teacher stand at every place: 0 for none, the same for all sequences.
  explicit Dataset(int64_t vocab_size, int top_k = 0);

  /// Throws Error bad_input naming the sequence's number and the place: a token outside the vocabulary, lists
  /// of unequal lengths, no token that counts, top ids that repeat, log-probabilities above 0 or not finite.
  void add(const TokenSequence& sequence);

  int64_t size() const { return static_cast<int64_t>(begins_.size()) - 1; }
  int64_t vocab_size() const { return vocab_size_; }
  int top_k() const { return top_k_; }
  int64_t tokens() const { return static_cast<int64_t>(tokens_.size()); }
  int64_t longest() const { return longest_; }
  View operator[](int64_t i) const;
  /// Of all that is in it, for recipes and checkpoints.
  std::string checksum() const;

 private:
  void check(const TokenSequence& sequence) const;
  void check_teacher(const TokenSequence& sequence) const;

  int64_t vocab_size_;
  int top_k_;
  int64_t longest_ = 0;
  std::vector<size_t> begins_{0};  // of each sequence in the lists, and the end
  std::vector<int32_t> tokens_;
  std::vector<uint8_t> predicted_;
  std::vector<int32_t> top_ids_;
  std::vector<float> top_log_probs_;
};

}  // namespace retort::train
