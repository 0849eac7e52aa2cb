// A byte-level BPE tokenizer as training leaves it, and the files that Hugging Face's readers want of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/text/added_tokens.h"

namespace retort {

/// Byte b is token b, merge i makes token 256 + i, the added tokens follow in order. Text is normalized to
/// NFC and cut by Qwen2's pre-tokenizer.
struct TrainedTokenizer {
  static constexpr int32_t kBytes = 256;
  static constexpr std::string_view kPreTokenizer = "qwen2";  // in named_pretokenizers()

  std::vector<std::pair<int32_t, int32_t>> merges;  // ids, in order of rank
  std::vector<AddedToken> added_tokens;             // cut out of the text before it is normalized
  std::optional<int32_t> bos, eos, pad;             // ids of added tokens

  /// All tokens: bytes, merges and added ones.
  int32_t vocabulary_size() const;
  /// The bytes of each token that is not an added one, by id.
  std::vector<std::string> pieces() const;
};

/// tokenizer.json. BOS, where there is one, is what its post-processor puts before a text.
std::string write_tokenizer_json(const TrainedTokenizer& tokenizer);

/// tokenizer_config.json. `model_max_length` is in tokens; the template may be empty.
std::string write_tokenizer_config_json(const TrainedTokenizer& tokenizer, std::string_view chat_template,
                                        int64_t model_max_length);

}  // namespace retort
