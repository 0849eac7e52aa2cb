// What a tokenizer is made of, before it is built: the common ground of tokenizer.json and of the metadata
// in a GGUF file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/text/added_tokens.h"
#include "retort/text/bpe.h"
#include "retort/text/pretokenizer.h"
#include "retort/text/vocabulary.h"

namespace retort {

struct TokenizerDefinition {
  Vocabulary vocabulary;  // finished, added tokens included
  MergeList merges;
  BpeOptions bpe;
  std::vector<AddedToken> added_tokens;  // contents are UTF-8
  bool nfc = false;
  std::vector<PreTokenizerStep> pre_tokenizer;
  std::vector<int32_t> prefix, suffix;  // what add_special_tokens puts around a text
  std::optional<int32_t> bos, eos, pad;
};

/// Reads tokenizer.json, and tokenizer_config.json where it is given. Throws bad_input or unsupported.
TokenizerDefinition read_tokenizer_json(std::string_view text, std::string_view where,
                                        std::optional<std::string_view> config);

struct VocabularySpec;
/// Throws bad_input or unsupported.
TokenizerDefinition read_vocabulary_spec(const VocabularySpec& spec);

/// Puts an added token's limits to the test; throws bad_input ("<where>: ...").
void check_added_token(const AddedToken& token, std::string_view where);

}  // namespace retort
