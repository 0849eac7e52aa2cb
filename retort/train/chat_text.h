// Chats as a model learns them: its own chat template around what was said before, and of each of the
// assistant's turns the thought, the answer and the token that ends a turn. Only these count in the loss.
#pragma once

#include <cstdint>
#include <vector>

#include "retort/base/json.h"
#include "retort/text/chat_template.h"
#include "retort/text/tokenizer.h"
#include "retort/train/dataset.h"

namespace retort::train {

/// Refers to both; they outlive it. Const members may be called from many threads at once.
class ChatText {
 public:
  /// `ends`: the tokens at which generation stops. The one that the template writes behind an answer ends a
  /// turn; where it is not among them, the tokenizer's EOS. Throws Error unsupported if there is no EOS.
  ChatText(const Tokenizer& tokenizer, const ChatTemplate& chat_template, std::vector<int32_t> ends);

  int32_t turn_end() const { return turn_end_; }
  /// What ends a document: the tokenizer's EOS, or what ends a turn.
  int32_t text_end() const { return tokenizer_.eos_id().value_or(turn_end_); }

  /// A sequence for each turn of the assistant, as it would be generated: R1's customs, so that earlier
  /// thoughts are gone from what stands before it. A turn whose sequence is the beginning of the next one's
  /// is learned there. Thoughts stand in `reasoning_content`, or at the content's start as
  /// <think>...</think>. Nothing that a message says becomes a special token. Throws Error bad_input for
  /// messages that are no chat, saying which.
  std::vector<TokenSequence> sequences(const Json& messages, int64_t max_length) const;

 private:
  TokenSequence turn(const Json& before, const Json& assistant) const;
  int32_t find_turn_end(const std::vector<int32_t>& ends) const;

  const Tokenizer& tokenizer_;
  const ChatTemplate& template_;
  int32_t turn_end_;
};

}  // namespace retort::train
