#include "retort/text/tokenizer.h"

#include "retort/base/error.h"
#include "retort/text/named_pretokenizers.h"
#include "retort/text/tokenizer_definition.h"
#include "retort/text/unicode.h"

namespace retort {
namespace {

constexpr size_t kLongestText = size_t{1} << 30;

void check_length(std::string_view text) {
  if (text.size() >= kLongestText)
    fail(ErrorCode::resource, "tokenizer: a text of {} bytes; at most {} are taken", text.size(),
         kLongestText - 1);
}

AddedTokens build_added_tokens(const TokenizerDefinition& d) {
  AddedTokens added;
  for (auto& token : d.added_tokens) added.add(token, d.nfc ? nfc(token.content) : token.content);
  return added;
}

std::vector<bool> mark_special(const TokenizerDefinition& d) {
  std::vector<bool> special(size_t(d.vocabulary.size()));
  for (auto& token : d.added_tokens)
    if (token.special) special[size_t(token.id)] = true;
  for (auto id : {d.bos, d.eos, d.pad})
    if (id) special[size_t(*id)] = true;
  return special;
}

}  // namespace

struct Tokenizer::Parts {
  TokenizerDefinition definition;
  Bpe bpe;
  AddedTokens added;
  PreTokenizer pre_tokenizer;
  std::vector<bool> special;  // by id
  std::string_view name;

  Parts(TokenizerDefinition d, std::string_view where)
      : definition(std::move(d)),
        bpe(definition.vocabulary, definition.merges, definition.bpe, where),
        added(build_added_tokens(definition)),
        pre_tokenizer(definition.pre_tokenizer, where),
        special(mark_special(definition)),
        name(name_of(definition.pre_tokenizer)) {
    definition.merges = {};
    definition.added_tokens = {};
  }

  /// Text without added tokens.
  void encode_words(std::string text, std::vector<int32_t>& ids) const {
    std::vector<TextSpan> words;
    pre_tokenizer.split(text, words);
    for (auto word : words) bpe.encode(std::string_view(text).substr(word.begin, word.end - word.begin), ids);
  }

  /// Text without the added tokens that are looked for before it is normalized.
  void encode_part(MarkedText part, std::vector<int32_t>& ids) const {
    if (definition.nfc) part = nfc(std::move(part));
    auto& text = part.text;
    for (auto each : added.split(text, /*normalized=*/true, part.trusted)) {
      if (each.id >= 0)
        ids.push_back(each.id);
      else
        encode_words(text.substr(each.span.begin, each.span.end - each.span.begin), ids);
    }
  }

  void encode(std::string_view text, std::span<const TextSpan> trusted, std::vector<int32_t>& ids) const {
    for (auto each : added.split(text, /*normalized=*/false, trusted)) {
      if (each.id >= 0)
        ids.push_back(each.id);
      else
        encode_part({std::string(text.substr(each.span.begin, each.span.end - each.span.begin)),
                     trusted_within(trusted, each.span)},
                    ids);
    }
  }
};

Tokenizer::Tokenizer(TokenizerDefinition definition, std::string_view where)
    : parts_(std::make_unique<const Parts>(std::move(definition), where)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::from_json(std::string_view tokenizer_json, std::string_view where,
                               std::optional<std::string_view> tokenizer_config) {
  return Tokenizer(read_tokenizer_json(tokenizer_json, where, tokenizer_config), where);
}

Tokenizer Tokenizer::from_vocabulary(const VocabularySpec& spec) {
  return Tokenizer(read_vocabulary_spec(spec), spec.where);
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  check_length(text);
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 4 + 8);
  auto& d = parts_->definition;
  if (options.add_special_tokens) ids.insert(ids.end(), d.prefix.begin(), d.prefix.end());
  std::string repaired;
  if (!is_valid_utf8(text)) text = repaired = repair_utf8(text);
  TextSpan whole{0, text.size()};
  parts_->encode(text, {&whole, options.parse_special_tokens ? size_t{1} : size_t{0}}, ids);
  if (options.add_special_tokens) ids.insert(ids.end(), d.suffix.begin(), d.suffix.end());
  return ids;
}

std::vector<int32_t> Tokenizer::encode(const MarkedText& prompt) const {
  check_length(prompt.text);
  std::vector<int32_t> ids;
  ids.reserve(prompt.text.size() / 4 + 8);
  if (is_valid_utf8(prompt.text)) {
    parts_->encode(prompt.text, prompt.trusted, ids);
  } else {
    auto repaired = repair_utf8(prompt);
    parts_->encode(repaired.text, repaired.trusted, ids);
  }
  return ids;
}

std::string Tokenizer::decode(std::span<const int32_t> ids, DecodeOptions options) const {
  std::string bytes;
  for (auto id : ids)
    if (!options.skip_special_tokens || !is_special(id)) bytes += piece(id);
  return is_valid_utf8(bytes) ? bytes : repair_utf8(bytes);
}

std::string_view Tokenizer::piece(int32_t id) const {
  return parts_->definition.vocabulary.bytes(id);
}

int32_t Tokenizer::vocabulary_size() const {
  return parts_->definition.vocabulary.size();
}

std::optional<int32_t> Tokenizer::id_of(std::string_view token) const {
  auto id = parts_->added.id_of(token);
  return id ? id : parts_->definition.vocabulary.find_text(token);
}

std::optional<int32_t> Tokenizer::bos_id() const {
  return parts_->definition.bos;
}
std::optional<int32_t> Tokenizer::eos_id() const {
  return parts_->definition.eos;
}
std::optional<int32_t> Tokenizer::pad_id() const {
  return parts_->definition.pad;
}

bool Tokenizer::is_special(int32_t id) const {
  return id >= 0 && id < vocabulary_size() && parts_->special[size_t(id)];
}

std::string_view Tokenizer::pre_tokenizer_name() const {
  return parts_->name;
}

}  // namespace retort
