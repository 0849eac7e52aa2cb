// The text side of the micro family: its special tokens, and its chat template in R1's manner.
#pragma once

#include <string_view>
#include <vector>

#include "retort/text/bpe_trainer.h"

namespace retort {

inline constexpr std::string_view kMicroBos = "<|begin_of_text|>";
inline constexpr std::string_view kMicroEos = "<|end_of_text|>";
inline constexpr std::string_view kMicroPad = "<|pad|>";

/// 16 tokens: BOS, EOS, padding, the marks of turns and thoughts, and reserved ones.
std::vector<SpecialToken> micro_special_tokens();

/// Options for a tokenizer of the family: all but the vocabulary's size is fixed.
BpeTrainerOptions micro_tokenizer_options(int32_t vocabulary_size);

/// Jinja. R1's customs: no system prompt unless one is given (several are joined, wherever they stand), the
/// assistant's turn opens with <think>, earlier thoughts are dropped. Without a generation prompt a last
/// message of the assistant stays whole, thought included (`reasoning_content` too): it is training data, or
/// will be continued. tests/golden/templates/micro.jinja is a copy for the outside readers.
extern const std::string_view kMicroChatTemplate;

}  // namespace retort
