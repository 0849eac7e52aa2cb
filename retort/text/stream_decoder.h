// StreamDecoder: token ids in, one by one; text out that never ends within a character.
#pragma once

#include <cstdint>
#include <string>

#include "retort/text/tokenizer.h"

namespace retort {

/// What it emits, put together and ended by flush(), is Tokenizer::decode of all the ids.
class StreamDecoder {
 public:
  /// The tokenizer outlives the decoder.
  explicit StreamDecoder(const Tokenizer& tokenizer, DecodeOptions options = {})
      : tokenizer_(&tokenizer), options_(options) {}

  /// The text that this id completes; often empty for the first parts of a character.
  std::string feed(int32_t id);

  /// What is left: U+FFFD where a character was begun and not ended. The decoder may be used again.
  std::string flush();

  /// True while a character is begun and not ended.
  bool holds_back() const { return !pending_.empty(); }

 private:
  const Tokenizer* tokenizer_;
  DecodeOptions options_;
  std::string pending_;  // at most 3 bytes between calls
};

}  // namespace retort
