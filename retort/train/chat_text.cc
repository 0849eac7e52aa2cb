#include "retort/train/chat_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/error.h"
#include "retort/formats/printable.h"
#include "retort/text/think_splitter.h"

namespace retort::train {
namespace {

constexpr size_t kMaxMessages = 4096;
constexpr std::string_view kOpen = "<think>", kClose = "</think>";
constexpr std::string_view kRoles[] = {"system", "user", "assistant"};

/// A string member, or an Error that names the message.
const std::string& text_of(const Json& message, const char* key, size_t i) {
  auto it = message.find(key);
  if (it == message.end()) fail(ErrorCode::bad_input, "messages[{}]: '{}' is missing", i, key);
  if (!it->is_string())
    fail(ErrorCode::bad_input, "messages[{}].{}: is {}, expected a text", i, key, it->type_name());
  return it->get_ref<const std::string&>();
}

struct Answer {
  std::string thought, content;
  bool thinks = false;
};

/// From `reasoning_content`, or split off the content.
Answer answer_of(const Json& message, size_t i) {
  const std::string& content = text_of(message, "content", i);
  const bool reasoned = message.contains("reasoning_content") && !message["reasoning_content"].is_null();
  const size_t close = content.find(kClose), open = content.find(kOpen);
  const bool marked = close != std::string::npos || content.starts_with(kOpen);
  if (reasoned && marked)
    fail(ErrorCode::bad_input,
         "messages[{}]: has both reasoning_content and <think> in its content; keep one", i);
  if (reasoned) return {text_of(message, "reasoning_content", i), content, true};
  if (!marked) return {{}, content, false};
  if (close == std::string::npos)
    fail(ErrorCode::bad_input, "messages[{}]: its thought is not closed: no </think> in the content", i);
  // R1's own outputs often begin inside the thought: the template had opened it.
  ThinkSplitter splitter(open == std::string::npos || open > close);
  ThinkDelta first = splitter.feed(content), rest = splitter.finish();
  return {first.reasoning + rest.reasoning, first.content + rest.content, true};
}

std::string_view without_outer_newlines(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

void append_trusted(MarkedText& out, std::string_view mark) {
  add_trusted(out.trusted, {out.text.size(), out.text.size() + mark.size()});
  out.text += mark;
}

/// What the model writes behind a prompt; the marks of the thought are trusted, what was said is not.
MarkedText completion_of(const Answer& answer, bool in_thought) {
  MarkedText out;
  if (!in_thought && answer.thinks) {
    append_trusted(out, kOpen);
    out.text += "\n";
  }
  if (in_thought || answer.thinks) {
    out.text += without_outer_newlines(answer.thought);
    out.text += "\n";
    append_trusted(out, kClose);
    out.text += "\n\n";
  }
  out.text += answer.content;
  return out;
}

void check_role(const Json& messages, size_t i) {
  const std::string& role = text_of(messages[i], "role", i);
  if (std::find(std::begin(kRoles), std::end(kRoles), role) == std::end(kRoles))
    fail(ErrorCode::bad_input, "messages[{}].role: '{}' is none of system, user, assistant", i,
         printable(role, 40));
  if (role == "assistant" && (i == 0 || messages[i - 1]["role"] != "user"))
    fail(ErrorCode::bad_input, "messages[{}]: the assistant's turn does not follow a user's", i);
}

void check_messages(const Json& messages) {
  if (!messages.is_array() || messages.empty())
    fail(ErrorCode::bad_input, "messages: expected a list of at least one message");
  if (messages.size() > kMaxMessages)
    fail(ErrorCode::bad_input, "messages: {} of them, more than {}", messages.size(), kMaxMessages);
  bool answered = false;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (!messages[i].is_object())
      fail(ErrorCode::bad_input, "messages[{}]: is no object with role and content", i);
    check_role(messages, i);
    text_of(messages[i], "content", i);
    answered = answered || messages[i]["role"] == "assistant";
  }
  if (!answered)
    fail(ErrorCode::bad_input, "messages: none is the assistant's, so there is nothing to learn");
}

bool begins_with(const TokenSequence& whole, const TokenSequence& start) {
  return whole.tokens.size() >= start.tokens.size() &&
         std::equal(start.tokens.begin(), start.tokens.end(), whole.tokens.begin());
}

}  // namespace

ChatText::ChatText(const Tokenizer& tokenizer, const ChatTemplate& chat_template, std::vector<int32_t> ends)
    : tokenizer_(tokenizer), template_(chat_template) {
  turn_end_ = find_turn_end(ends);
}

int32_t ChatText::find_turn_end(const std::vector<int32_t>& ends) const {
  const auto eos = tokenizer_.eos_id();
  if (!eos && ends.empty())
    fail(ErrorCode::unsupported,
         "the tokenizer has no end-of-text token, so that no answer would end; name one as eos_token in "
         "tokenizer_config.json");
  const int32_t fallback = eos ? *eos : ends.front();
  const std::string answer = "probed answer";
  Json messages = Json::array(
      {Json{{"role", "user"}, {"content", "probe"}}, Json{{"role", "assistant"}, {"content", answer}}});
  ChatPrompt shown;
  try {
    shown = template_.render(messages, {.add_generation_prompt = false});
  } catch (const Error&) {
    return fallback;  // each chat will say why
  }
  const size_t at = shown.text.rfind(answer);
  if (at == std::string::npos) return fallback;
  const size_t behind = at + answer.size();
  const std::vector<int32_t> rest = tokenizer_.encode(
      MarkedText{shown.text.substr(behind), trusted_within(shown.trusted, {behind, shown.text.size()})});
  const bool ends_there = !rest.empty() && std::find(ends.begin(), ends.end(), rest.front()) != ends.end();
  return ends_there ? rest.front() : fallback;
}

TokenSequence ChatText::turn(const Json& before, const Json& assistant) const {
  const ChatPrompt prompt = template_.render(before, {.open_thought = true});
  TokenSequence sequence;
  sequence.tokens = tokenizer_.encode(prompt);
  sequence.predicted.assign(sequence.tokens.size(), 0);
  const std::vector<int32_t> said =
      tokenizer_.encode(completion_of(answer_of(assistant, before.size()), prompt.in_thought));
  sequence.tokens.insert(sequence.tokens.end(), said.begin(), said.end());
  sequence.tokens.push_back(turn_end_);
  sequence.predicted.resize(sequence.tokens.size(), 1);
  return sequence;
}

std::vector<TokenSequence> ChatText::sequences(const Json& messages, int64_t max_length) const {
  check_messages(messages);
  std::vector<TokenSequence> out;
  Json before = Json::array();
  for (size_t i = 0; i < messages.size(); ++i) {
    Json message = {{"role", messages[i]["role"]}, {"content", messages[i]["content"]}};
    if (message["role"] == "assistant") {
      TokenSequence next = turn(before, messages[i]);
      const bool fits = static_cast<int64_t>(next.tokens.size()) <= max_length;
      if (!out.empty() && fits && begins_with(next, out.back())) {
        std::copy(out.back().predicted.begin(), out.back().predicted.end(), next.predicted.begin());
        out.back() = std::move(next);
      } else {
        out.push_back(std::move(next));
      }
      message["content"] = answer_of(messages[i], i).content;
    }
    before.push_back(std::move(message));
  }
  return out;
}

}  // namespace retort::train
