// For tests: a small tokenizer and a template in R1's manner.
#pragma once

#include <filesystem>

#include "retort/base/file.h"
#include "retort/text/chat_template.h"
#include "retort/text/tokenizer.h"

namespace retort::train {

inline Tokenizer test_tokenizer() {
  std::string json = read_file(std::filesystem::path(RETORT_SOURCE_DIR) / "tools/small_tokenizer.json");
  return Tokenizer::from_json(json, "tokenizer.json", R"({"eos_token": "<｜end▁of▁sentence｜>"})");
}

inline ChatTemplate test_template() {
  ChatTemplateSource source;
  source.templates = {{"default",
                       "{% for m in messages %}{% if m.role == 'user' %}<｜User｜>{{ m.content }}{% else %}"
                       "<｜Assistant｜>{{ m.content }}<｜end▁of▁sentence｜>{% endif %}{% endfor %}"
                       "{% if add_generation_prompt %}<｜Assistant｜><think>\n{% endif %}"}};
  return ChatTemplate(source, "test");
}

}  // namespace retort::train
