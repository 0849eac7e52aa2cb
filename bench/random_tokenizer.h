// A tokenizer for random models: a published tokenizer.json cut or padded to the model's vocabulary, or,
// without one, the 256 bytes; with ChatML's and R1's special tokens behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/formats/gguf_writer.h"

namespace retort {

struct RandomTokenizer {
  std::vector<std::string> tokens;  // by id, as byte-level BPE spells them
  std::vector<int32_t> types;       // GGUF: 1 normal, 3 control, 4 user defined, 5 unused
  std::vector<std::string> merges;  // "a b"
  int32_t eos = 0, pad = 0;
  std::string chat_template;

  std::string tokenizer_json() const;
  std::string tokenizer_config_json() const;
  void add_to(GgufFields& fields) const;
};

/// `tokenizer_json_text`: of a Qwen2 tokenizer, or absent. vocab_size >= 512.
RandomTokenizer make_random_tokenizer(const std::optional<std::string>& tokenizer_json_text,
                                      int64_t vocab_size);

}  // namespace retort
