// Tokenizer: text to token ids and back, by byte-level BPE, with the very ids of Hugging Face's tokenizers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/text/marked_text.h"
#include "retort/text/vocabulary_spec.h"

namespace retort {

struct TokenizerDefinition;

struct EncodeOptions {
  /// Puts the model's own tokens around the text: BOS, where the model wants one.
  bool add_special_tokens = false;
  /// Reads "<|im_start|>" and every other added token in the text as that token. Without it they are text
  /// like any other: what a user writes cannot forge a turn.
  bool parse_special_tokens = false;
};

struct DecodeOptions {
  bool skip_special_tokens = false;
};

/// Const members may be called from many threads at once.
class Tokenizer {
 public:
  /// From tokenizer.json and, where there is one, tokenizer_config.json (for BOS, EOS and padding). `where`
  /// names the file in errors. Throws bad_input, or unsupported with the name of what is not supported.
  static Tokenizer from_json(std::string_view tokenizer_json, std::string_view where,
                             std::optional<std::string_view> tokenizer_config = {});

  /// From a GGUF file's metadata.
  static Tokenizer from_vocabulary(const VocabularySpec& spec);

  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// Broken UTF-8 counts as U+FFFD, one for each maximal broken part, as Python's `errors="replace"` has it
  /// before the text reaches Hugging Face's tokenizers. Throws resource for a text of 2^30 bytes or more.
  std::vector<int32_t> encode(std::string_view text, EncodeOptions options = {}) const;

  /// A prompt of which some is the template's own and some the caller's: added tokens are read where they are
  /// trusted, elsewhere they are text like any other. What stands around them is encoded as one text, so that
  /// without added tokens in the rest the ids are those of `parse_special_tokens`.
  std::vector<int32_t> encode(const MarkedText& prompt) const;

  /// Valid UTF-8: bytes that form no character become U+FFFD. Ids without a token are left out.
  std::string decode(std::span<const int32_t> ids, DecodeOptions options = {}) const;

  /// The bytes of a token, which may be part of a character; empty where the id has no token.
  std::string_view piece(int32_t id) const;

  /// The highest id plus one. A model's output may be wider: it is padded.
  int32_t vocabulary_size() const;

  /// The id of a token as vocabularies write it: "<|im_end|>", "Ġthe".
  std::optional<int32_t> id_of(std::string_view token) const;

  std::optional<int32_t> bos_id() const;
  std::optional<int32_t> eos_id() const;
  std::optional<int32_t> pad_id() const;

  /// An added token marked special, or BOS, EOS or padding.
  bool is_special(int32_t id) const;

  /// As GGUF files name it ("qwen2"), or "custom".
  std::string_view pre_tokenizer_name() const;

 private:
  explicit Tokenizer(TokenizerDefinition definition, std::string_view where);

  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace retort
