// What `inspect` says of a checkpoint's tokenizer and chat template.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/formats/checkpoint.h"

namespace retort::cli {

struct TokenizerSummary {
  int32_t size = 0;
  std::string pre_tokenizer;
  std::vector<std::string> special;  // in the order of their ids
  std::optional<int32_t> bos_id, eos_id;
};

struct TemplateSummary {
  bool opens_thought = false;       // prompts end in <think>
  bool can_open_thought = false;    // knows of thoughts and leaves their opening to the model
  bool drops_old_thoughts = false;  // by itself; where not, Retort drops them
  bool tools = false;
};

struct TextSummary {
  std::optional<TokenizerSummary> tokenizer;
  std::optional<TemplateSummary> chat_template;
  std::vector<std::string> obstacles;  // why one of them cannot be used
};

TextSummary summarize_text(const Checkpoint& checkpoint);
void print_text_summary(const TextSummary& summary);
/// Adds "tokenizer" and "chat_template".
void add_to_json(const TextSummary& summary, Json& out);

}  // namespace retort::cli
