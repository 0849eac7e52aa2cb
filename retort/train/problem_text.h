// Problems as a model reads and writes them: its own chat template around what the user says, then thought,
// answer and the token that ends a turn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/problems/generate.h"
#include "retort/problems/problem.h"
#include "retort/text/chat_template.h"
#include "retort/text/tokenizer.h"

namespace retort::train {

/// Refers to both; they outlive it. Const members may be called from many threads at once.
class ProblemText {
 public:
  /// Throws Error unsupported if the tokenizer has no EOS: nothing would end an answer.
  ProblemText(const Tokenizer& tokenizer, const ChatTemplate& chat_template);

  /// The conversation up to turn `turn`, with gold answers before it, and the opened thought.
  std::vector<int32_t> prompt(const problems::Problem& problem, size_t turn) const;

  /// What follows it: the gold thought in that style, the gold answer, EOS.
  std::vector<int32_t> completion(const problems::Turn& turn, problems::TraceStyle style) const;

  /// The tokens of a completion's text, and EOS.
  std::vector<int32_t> tokens_of(std::string_view completion) const;

  /// The text of a completion's tokens, without the EOS that ends it.
  std::string text_of(const std::vector<int32_t>& completion) const;

  int32_t eos() const { return eos_; }

 private:
  const Tokenizer& tokenizer_;
  const ChatTemplate& template_;
  int32_t eos_;
};

}  // namespace retort::train
