#include "retort/text/stream_decoder.h"

#include <utility>

#include "retort/text/unicode.h"

namespace retort {

std::string StreamDecoder::feed(int32_t id) {
  std::string text;
  if (options_.skip_special_tokens && tokenizer_->is_special(id)) return text;
  pending_ += tokenizer_->piece(id);
  pending_.erase(0, append_complete_utf8(pending_, text));
  return text;
}

std::string StreamDecoder::flush() {
  return repair_utf8(std::exchange(pending_, {}));
}

}  // namespace retort
