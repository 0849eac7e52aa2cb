#include "retort/text/vocabulary_spec.h"

#include "retort/base/error.h"
#include "retort/text/named_pretokenizers.h"
#include "retort/text/shown.h"
#include "retort/text/tokenizer_definition.h"

namespace retort {
namespace {

GgufTokenType type_of(const VocabularySpec& spec, size_t id) {
  if (spec.token_types.empty()) return GgufTokenType::normal;
  auto type = spec.token_types[id];
  if (type < 1 || type > 6)
    fail(ErrorCode::bad_input, "{}: tokenizer.ggml.token_type of token {} is {}; 1 to 6 exist", spec.where,
         id, type);
  return GgufTokenType(type);
}

/// Control and user-defined tokens are cut out of the text; unused ones are padding that nothing reaches.
void add_token(const VocabularySpec& spec, size_t id, TokenizerDefinition& out) {
  auto text = spec.tokens[id];
  auto type = type_of(spec, id);
  bool added = type == GgufTokenType::control || type == GgufTokenType::user_defined;
  auto number = static_cast<int32_t>(id);
  if (type == GgufTokenType::normal) out.vocabulary.add(number, text);
  if (type != GgufTokenType::normal) out.vocabulary.add_added(number, text);
  if (!added || text.empty()) return;
  out.added_tokens.push_back(
      {.id = number, .content = std::string(text), .special = type == GgufTokenType::control});
  check_added_token(out.added_tokens.back(), spec.where);
}

std::optional<int32_t> checked_id(const VocabularySpec& spec, std::optional<int32_t> id,
                                  std::string_view key) {
  if (id && (*id < 0 || size_t(*id) >= spec.tokens.size()))
    fail(ErrorCode::bad_input, "{}: tokenizer.ggml.{} is {}; the vocabulary has {} tokens", spec.where, key,
         *id, spec.tokens.size());
  return id;
}

void add_around(const VocabularySpec& spec, bool wanted, std::optional<int32_t> id, std::string_view which,
                std::vector<int32_t>& ids) {
  if (!wanted) return;
  if (!id)
    fail(ErrorCode::bad_input, "{}: tokenizer.ggml.add_{}_token is set, and {}_token_id is missing",
         spec.where, which, which);
  ids.push_back(*id);
}

}  // namespace

TokenizerDefinition read_vocabulary_spec(const VocabularySpec& spec) {
  if (spec.model != "gpt2")
    fail(ErrorCode::unsupported, "{}: tokenizer.ggml.model '{}' is not supported; 'gpt2' (byte-level BPE) is",
         spec.where, shown(spec.model));
  if (spec.tokens.size() >= INT32_MAX || spec.merges.size() >= INT32_MAX)
    fail(ErrorCode::bad_input, "{}: {} tokens, {} merges", spec.where, spec.tokens.size(),
         spec.merges.size());
  if (!spec.token_types.empty() && spec.token_types.size() != spec.tokens.size())
    fail(ErrorCode::bad_input, "{}: {} tokens and {} token types", spec.where, spec.tokens.size(),
         spec.token_types.size());
  auto& row = named_pretokenizer(spec.pre.empty() ? "default" : std::string_view(spec.pre), spec.where);

  TokenizerDefinition out;
  out.vocabulary.reserve(spec.tokens.size(), spec.tokens.size() * 8);
  for (size_t id = 0; id < spec.tokens.size(); ++id) add_token(spec, id, out);
  out.vocabulary.finish(spec.where);
  out.merges.reserve(spec.merges.size(), spec.merges.size() * 8);
  for (auto line : spec.merges) out.merges.add_line(line, spec.where);
  out.bpe.ignore_merges = row.ignore_merges;
  out.bpe.unknown = checked_id(spec, spec.unknown_token_id, "unknown_token_id");
  out.nfc = row.nfc;
  if (spec.add_space_prefix.value_or(false))
    out.pre_tokenizer.push_back({.kind = PreTokenizerStep::Kind::prefix_space});
  for (auto& step : steps_of(row)) out.pre_tokenizer.push_back(step);
  out.bos = checked_id(spec, spec.bos_token_id, "bos_token_id");
  out.eos = checked_id(spec, spec.eos_token_id, "eos_token_id");
  out.pad = checked_id(spec, spec.padding_token_id, "padding_token_id");
  add_around(spec, spec.add_bos_token.value_or(row.add_bos && out.bos), out.bos, "bos", out.prefix);
  add_around(spec, spec.add_eos_token.value_or(false), out.eos, "eos", out.suffix);
  return out;
}

}  // namespace retort
