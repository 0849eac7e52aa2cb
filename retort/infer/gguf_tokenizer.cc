#include "retort/infer/gguf_tokenizer.h"

#include "retort/base/error.h"
#include "retort/text/byte_level.h"
#include "retort/text/named_pretokenizers.h"
#include "retort/text/vocabulary_spec.h"

namespace retort {
namespace {

/// The row of the table that implies all that the definition says.
const NamedPreTokenizer& named_row(const TokenizerDefinition& t, std::string_view where) {
  for (auto& row : named_pretokenizers())
    if (steps_of(row) == t.pre_tokenizer && row.nfc == t.nfc && row.ignore_merges == t.bpe.ignore_merges)
      return row;
  fail(ErrorCode::unsupported,
       "{}: GGUF has no name for this pre-tokenizer (normalizer NFC: {}, ignore_merges: {}); it cannot be "
       "written",
       where, t.nfc, t.bpe.ignore_merges);
}

/// Whether a token stands at an end of each text; nothing else can be said in GGUF.
bool is_added(const std::vector<int32_t>& ids, std::optional<int32_t> token, std::string_view which,
              std::string_view where) {
  if (ids.empty()) return false;
  if (ids.size() != 1 || ids[0] != token)
    fail(
        ErrorCode::unsupported,
        "{}: GGUF can put only the {} token there, and the post_processor puts {} tokens, the first with the "
        "id {}",
        where, which, ids.size(), ids[0]);
  return true;
}

struct Tokens {
  std::vector<std::string> texts;
  std::vector<int32_t> types;

  void put(size_t id, std::string text, GgufTokenType type) {
    texts[id] = std::move(text);
    types[id] = static_cast<int32_t>(type);
  }
};

Tokens tokens_of(const TokenizerDefinition& t, size_t n) {
  Tokens tokens;
  tokens.texts.resize(n);
  tokens.types.resize(n);
  for (size_t id = 0; id < n; ++id) {
    auto number = static_cast<int64_t>(id);
    if (t.vocabulary.contains(number))
      tokens.put(id, t.vocabulary.text(number), GgufTokenType::normal);
    else  // the texts must differ from each other
      tokens.put(id, fmt::format("[PAD{}]", id), GgufTokenType::unused);
  }
  for (auto& token : t.added_tokens)
    tokens.put(size_t(token.id), token.content,
               token.special ? GgufTokenType::control : GgufTokenType::user_defined);
  return tokens;
}

std::vector<std::string> merges_of(const MergeList& merges) {
  std::vector<std::string> lines;
  lines.reserve(merges.size());
  for (uint32_t rank = 0; rank < merges.size(); ++rank)
    if (merges.reachable(rank))
      lines.push_back(to_byte_level(merges.left(rank)) + " " + to_byte_level(merges.right(rank)));
  return lines;
}

void add_template(GgufFields& fields, const ChatTemplateSource& chat) {
  for (auto& [name, text] : chat.templates)
    fields.set_string(name == "default" ? "tokenizer.chat_template" : "tokenizer.chat_template." + name,
                      text);
}

}  // namespace

void add_gguf_tokenizer(GgufFields& fields, const TokenizerDefinition& t, const ChatTemplateSource& chat,
                        int64_t vocab_size, std::string_view where) {
  if (vocab_size < t.vocabulary.size() || vocab_size > INT32_MAX)
    fail(ErrorCode::bad_input, "{}: {} tokens do not fit into the model's vocab_size of {}", where,
         t.vocabulary.size(), vocab_size);
  auto& row = named_row(t, where);
  bool bos = is_added(t.prefix, t.bos, "BOS", where), eos = is_added(t.suffix, t.eos, "EOS", where);
  auto tokens = tokens_of(t, static_cast<size_t>(vocab_size));
  fields.set_string("tokenizer.ggml.model", "gpt2");
  fields.set_string("tokenizer.ggml.pre", row.name);
  fields.set_strings("tokenizer.ggml.tokens", tokens.texts);
  fields.set_i32s("tokenizer.ggml.token_type", tokens.types);
  fields.set_strings("tokenizer.ggml.merges", merges_of(t.merges));
  auto set_id = [&](const char* key, std::optional<int32_t> id) {
    if (id) fields.set_u32(key, static_cast<uint32_t>(*id));
  };
  set_id("tokenizer.ggml.bos_token_id", t.bos);
  set_id("tokenizer.ggml.eos_token_id", t.eos);
  set_id("tokenizer.ggml.padding_token_id", t.pad);
  set_id("tokenizer.ggml.unknown_token_id", t.bpe.unknown);
  fields.set_bool("tokenizer.ggml.add_bos_token", bos);
  fields.set_bool("tokenizer.ggml.add_eos_token", eos);
  add_template(fields, chat);
}

}  // namespace retort
