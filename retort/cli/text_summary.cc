#include "retort/cli/text_summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/terminal.h"
#include "retort/cli/output.h"
#include "retort/infer/model_text.h"

namespace retort::cli {
namespace {

constexpr size_t kShownTokens = 8;

TokenizerSummary summarize_tokenizer(const Tokenizer& tokenizer) {
  TokenizerSummary out{.size = tokenizer.vocabulary_size(),
                       .pre_tokenizer = std::string(tokenizer.pre_tokenizer_name()),
                       .special = {},
                       .bos_id = tokenizer.bos_id(),
                       .eos_id = tokenizer.eos_id()};
  for (int32_t id = 0; id < out.size; ++id)
    if (tokenizer.is_special(id)) out.special.emplace_back(tokenizer.piece(id));
  return out;
}

TemplateSummary summarize_template(const ChatTemplate& chat) {
  return {chat.opens_thought(), chat.can_open_thought(), chat.drops_old_thoughts(), chat.has_tool_template()};
}

std::string first_few(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < std::min(words.size(), kShownTokens); ++i)
    text += (i == 0 ? "" : " ") + printable(words[i]);
  return words.size() > kShownTokens ? text + fmt::format(" and {} more", words.size() - kShownTokens) : text;
}

std::string thought_text(const TemplateSummary& t) {
  std::string text = t.opens_thought      ? "opens <think>"
                     : t.can_open_thought ? "leaves <think> to the model"
                                          : "knows no thoughts";
  if (t.opens_thought || t.can_open_thought)
    text += t.drops_old_thoughts ? ", drops thoughts of earlier turns"
                                 : ", keeps earlier thoughts (Retort drops them)";
  return t.tools ? text + ", has a form for tools" : text;
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

TextSummary summarize_text(const Checkpoint& checkpoint) {
  TextSummary out;
  try {
    Tokenizer tokenizer = load_tokenizer(checkpoint);
    out.tokenizer = summarize_tokenizer(tokenizer);
    out.chat_template = summarize_template(load_chat_template(checkpoint, tokenizer));
  } catch (const Error& error) {
    out.obstacles.push_back(error.message());
  }
  return out;
}

void print_text_summary(const TextSummary& summary) {
  print_heading("Text");
  if (!summary.tokenizer) {
    print_row("tokenizer", "not usable, see below");
    return;
  }
  const TokenizerSummary& t = *summary.tokenizer;
  print_row("tokenizer",
            fmt::format("byte-level BPE, {} tokens, split as {}", t.size, printable(t.pre_tokenizer)));
  print_row("special tokens", first_few(t.special));
  print_row("chat template",
            summary.chat_template ? thought_text(*summary.chat_template) : "not usable, see below");
}

void add_to_json(const TextSummary& summary, Json& out) {
  out["tokenizer"] = Json();
  out["chat_template"] = Json();
  if (const auto& t = summary.tokenizer)
    out["tokenizer"] = {{"kind", "byte-level BPE"},          {"size", t->size},
                        {"pre_tokenizer", t->pre_tokenizer}, {"special_tokens", t->special},
                        {"bos_id", or_null(t->bos_id)},      {"eos_id", or_null(t->eos_id)}};
  if (const auto& t = summary.chat_template)
    out["chat_template"] = {{"opens_thought", t->opens_thought},
                            {"can_open_thought", t->can_open_thought},
                            {"drops_old_thoughts", t->drops_old_thoughts},
                            {"tools", t->tools}};
}

}  // namespace retort::cli
