#include "retort/train/problem_text.h"

#include <nlohmann/json.hpp>
#include <span>

#include "retort/base/check.h"
#include "retort/base/error.h"

namespace retort::train {
namespace {

int32_t eos_of(const Tokenizer& tokenizer) {
  auto eos = tokenizer.eos_id();
  if (!eos)
    fail(ErrorCode::unsupported,
         "the tokenizer has no end-of-text token, so that no answer would end; name one as eos_token in "
         "tokenizer_config.json");
  return *eos;
}

}  // namespace

ProblemText::ProblemText(const Tokenizer& tokenizer, const ChatTemplate& chat_template)
    : tokenizer_(tokenizer), template_(chat_template), eos_(eos_of(tokenizer)) {}

std::vector<int32_t> ProblemText::prompt(const problems::Problem& problem, size_t turn) const {
  RETORT_CHECK(turn < problem.turns.size());
  Json messages = Json::array();
  for (size_t i = 0; i <= turn; ++i) {
    messages.push_back({{"role", "user"}, {"content", problem.turns[i].user}});
    if (i < turn) messages.push_back({{"role", "assistant"}, {"content", problem.turns[i].answer}});
  }
  ChatPrompt rendered = template_.render(messages, {.open_thought = true});
  return tokenizer_.encode(rendered.text, {.parse_special_tokens = true});
}

std::vector<int32_t> ProblemText::completion(const problems::Turn& turn, problems::TraceStyle style) const {
  return tokens_of(problems::completion(turn, style));
}

std::vector<int32_t> ProblemText::tokens_of(std::string_view completion) const {
  // "</think>" is to become its token.
  std::vector<int32_t> tokens = tokenizer_.encode(completion, {.parse_special_tokens = true});
  tokens.push_back(eos_);
  return tokens;
}

std::string ProblemText::text_of(const std::vector<int32_t>& completion) const {
  std::span<const int32_t> tokens(completion);
  if (!tokens.empty() && tokens.back() == eos_) tokens = tokens.first(tokens.size() - 1);
  return tokenizer_.decode(tokens);
}

}  // namespace retort::train
