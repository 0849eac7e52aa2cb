// A vocabulary as the metadata of a GGUF file holds it (`tokenizer.ggml.*`, GGUF specification, "Tokenizer").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retort {

/// The views need to live only until the tokenizer is built.
struct VocabularySpec {
  std::string where = "gguf";            // the file, for errors
  std::string model;                     // tokenizer.ggml.model: "gpt2" is byte-level BPE
  std::string pre;                       // tokenizer.ggml.pre; empty where the file has none
  std::vector<std::string_view> tokens;  // by id, in their byte-level writing
  std::vector<int32_t> token_types;      // one a token, or empty: all normal
  std::vector<std::string_view> merges;  // "left right"
  std::optional<int32_t> bos_token_id, eos_token_id, padding_token_id, unknown_token_id;
  std::optional<bool> add_bos_token, add_eos_token, add_space_prefix;
};

/// The values of tokenizer.ggml.token_type.
enum class GgufTokenType : int32_t {
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6
};

}  // namespace retort
