// tokenizer.json and tokenizer_config.json to a TokenizerDefinition: each part is read by its type's name,
// and what changes ids and is not known here is refused by name.
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "retort/base/error.h"
#include "retort/base/json.h"
#include "retort/text/byte_level.h"
#include "retort/text/shown.h"
#include "retort/text/tokenizer_definition.h"
#include "retort/text/tokenizer_json_parser.h"
#include "retort/text/unicode.h"

namespace retort {
namespace {

using nlohmann::json;

/// One file being read; the parts of it that come in any order.
struct Reader {
  std::string_view where;
  TokenizerDefinition out;

  std::optional<int32_t> id_of(std::string_view token) const {
    for (auto& t : out.added_tokens)
      if (t.content == token) return t.id;
    return out.vocabulary.find_text(token);
  }
};

[[noreturn]] void refuse(const Reader& r, std::string_view part, std::string_view what,
                         std::string_view supported) {
  fail(ErrorCode::unsupported, "{}: {} '{}' is not supported; supported: {}", r.where, part, shown(what),
       supported);
}

const json* member(const json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  auto found = object.find(std::string(key));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool flag(const Reader& r, const json& object, std::string_view key, bool otherwise) {
  auto* value = member(object, key);
  if (!value) return otherwise;
  if (!value->is_boolean()) fail(ErrorCode::bad_input, "{}: '{}' is not true or false", r.where, key);
  return value->get<bool>();
}

std::string text(const Reader& r, const json& object, std::string_view key, std::string_view otherwise = {}) {
  auto* value = member(object, key);
  if (!value) return std::string(otherwise);
  if (!value->is_string()) fail(ErrorCode::bad_input, "{}: '{}' is not a string", r.where, key);
  return value->get<std::string>();
}

const json& list(const Reader& r, const json& object, std::string_view key) {
  auto* value = member(object, key);
  if (!value || !value->is_array()) fail(ErrorCode::bad_input, "{}: '{}' is not a list", r.where, key);
  return *value;
}

// --- normalizer

void read_normalizer(Reader& r, const json& part) {
  auto type = text(r, part, "type");
  if (type == "NFC") {
    r.out.nfc = true;
  } else if (type == "Sequence") {
    for (auto& inner : list(r, part, "normalizers")) read_normalizer(r, inner);
  } else {
    refuse(r, "the normalizer", type, "NFC, Sequence, null");
  }
}

// --- pre_tokenizer

constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> kBehaviors = {{
    {"Isolated", SplitBehavior::isolated},
    {"Removed", SplitBehavior::removed},
    {"MergedWithPrevious", SplitBehavior::merged_with_previous},
    {"MergedWithNext", SplitBehavior::merged_with_next},
    {"Contiguous", SplitBehavior::contiguous},
}};

SplitBehavior behavior(const Reader& r, const json& part) {
  auto name = text(r, part, "behavior", "Isolated");
  for (auto& [known, value] : kBehaviors)
    if (known == name) return value;
  refuse(r, "the split behavior", name, "Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous");
}

/// A string as a regex that matches just it.
std::string literal_pattern(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (std::string_view("\\^$.|?*+()[]{}&-").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string pattern(const Reader& r, const json& part) {
  auto* p = member(part, "pattern");
  if (p && member(*p, "Regex")) return text(r, *p, "Regex");
  if (p && member(*p, "String")) return literal_pattern(text(r, *p, "String"));
  fail(ErrorCode::bad_input, "{}: a Split without the pattern {{\"Regex\": ...}} or {{\"String\": ...}}",
       r.where);
}

/// The steps of a pre-tokenizer; true where it ended in the byte level.
bool read_pre_tokenizer(Reader& r, const json& part) {
  auto& steps = r.out.pre_tokenizer;
  auto type = text(r, part, "type");
  if (type == "Sequence") {
    bool byte_level = false;
    for (auto& inner : list(r, part, "pretokenizers")) {
      if (byte_level)
        refuse(r, "the pre_tokenizer after ByteLevel", text(r, inner, "type"), "nothing after ByteLevel");
      byte_level = read_pre_tokenizer(r, inner);
    }
    return byte_level;
  }
  if (type == "ByteLevel") {  // trim_offsets concerns offsets, which no one asks for here
    if (flag(r, part, "add_prefix_space", true))
      steps.push_back({.kind = PreTokenizerStep::Kind::prefix_space});
    if (flag(r, part, "use_regex", true)) steps.push_back({.regex = std::string(kGpt2Regex)});
    return true;
  }
  if (type == "Split") {
    steps.push_back(
        {.regex = pattern(r, part), .behavior = behavior(r, part), .invert = flag(r, part, "invert", false)});
  } else if (type == "Digits") {
    bool each = flag(r, part, "individual_digits", false);
    steps.push_back(
        {.regex = "\\p{N}", .behavior = each ? SplitBehavior::isolated : SplitBehavior::contiguous});
  } else if (type == "Punctuation") {  // Unicode's and all of ASCII's
    steps.push_back({.regex = R"([\p{P}$+<=>\^`|~])", .behavior = behavior(r, part)});
  } else {
    refuse(r, "the pre_tokenizer", type, "ByteLevel, Digits, Punctuation, Sequence, Split");
  }
  return false;
}

// --- post_processor

void read_template(Reader& r, const json& part) {
  r.out.prefix.clear();
  r.out.suffix.clear();
  bool seen_text = false;
  for (auto& item : list(r, part, "single")) {
    if (auto* sequence = member(item, "Sequence")) {
      if (seen_text || text(r, *sequence, "id") != "A")
        refuse(r, "the template's sequence", text(r, *sequence, "id"), "A, once");
      seen_text = true;
      continue;
    }
    auto* token = member(item, "SpecialToken");
    auto* known = member(part, "special_tokens");
    auto* entry = token && known ? member(*known, text(r, *token, "id")) : nullptr;
    if (!entry)
      fail(ErrorCode::bad_input, "{}: post_processor: a template's token is not in special_tokens", r.where);
    for (auto& id : list(r, *entry, "ids")) {
      if (!id.is_number_integer() || !r.out.vocabulary.contains(id.get<int64_t>()))
        fail(ErrorCode::bad_input, "{}: post_processor: the id {} is not in the vocabulary", r.where,
             shown(id.dump()));
      (seen_text ? r.out.suffix : r.out.prefix).push_back(id.get<int32_t>());
    }
  }
}

void read_post_processor(Reader& r, const json& part) {
  auto type = text(r, part, "type");
  if (type == "ByteLevel") return;  // changes offsets only
  if (type == "TemplateProcessing") return read_template(r, part);
  if (type != "Sequence")
    refuse(r, "the post_processor", type, "ByteLevel, Sequence, TemplateProcessing, null");
  for (auto& inner : list(r, part, "processors")) read_post_processor(r, inner);
}

// --- decoder

void check_decoder(const Reader& r, const json& part) {
  auto type = text(r, part, "type");
  if (type == "ByteLevel") return;
  if (type != "Sequence") refuse(r, "the decoder", type, "ByteLevel, Sequence");
  for (auto& inner : list(r, part, "decoders")) check_decoder(r, inner);
}

// --- model

void read_model(Reader& r, const json& model) {
  auto type = text(r, model, "type", "BPE");
  if (type != "BPE") refuse(r, "the model", type, "BPE");
  if (flag(r, model, "byte_fallback", false))
    refuse(r, "byte_fallback", "true", "false, with the byte level");
  for (auto key : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (auto value = text(r, model, key); !value.empty()) refuse(r, key, value, "an empty one");
  if (auto* dropout = member(model, "dropout");
      dropout && (!dropout->is_number() || dropout->get<double>() != 0))
    refuse(r, "dropout", dropout->dump(), "0, null");
  r.out.bpe.ignore_merges = flag(r, model, "ignore_merges", false);
  r.out.bpe.fuse_unknown = flag(r, model, "fuse_unk", false);
  auto unknown = text(r, model, "unk_token");
  if (unknown.empty()) return;
  r.out.bpe.unknown = r.out.vocabulary.find_text(unknown);
  if (!r.out.bpe.unknown)
    fail(ErrorCode::bad_input, "{}: unk_token '{}' is not in model.vocab", r.where, shown(unknown));
}

// --- added_tokens

AddedToken read_added_token(const Reader& r, const json& entry) {
  auto* id = member(entry, "id");
  if (!id || !id->is_number_integer() || id->get<int64_t>() < 0 || id->get<int64_t>() >= INT32_MAX)
    fail(ErrorCode::bad_input, "{}: added_tokens: an entry without an id", r.where);
  bool special = flag(r, entry, "special", false);
  return {.id = id->get<int32_t>(),
          .content = text(r, entry, "content"),
          .special = special,
          .single_word = flag(r, entry, "single_word", false),
          .lstrip = flag(r, entry, "lstrip", false),
          .rstrip = flag(r, entry, "rstrip", false),
          .normalized = flag(r, entry, "normalized", !special)};
}

void read_added_tokens(Reader& r, const json& root, Vocabulary& vocabulary) {
  if (!member(root, "added_tokens")) return;
  std::unordered_map<std::string, int32_t> seen;
  for (auto& entry : list(r, root, "added_tokens")) {
    auto token = read_added_token(r, entry);
    if (token.content.empty()) continue;
    check_added_token(token, r.where);
    auto [known, fresh] = seen.emplace(token.content, token.id);
    if (!fresh && known->second == token.id) continue;
    if (!fresh)
      fail(ErrorCode::bad_input, "{}: the added token '{}' has the ids {} and {}", r.where,
           shown(token.content), known->second, token.id);
    vocabulary.add_added(token.id, token.content);
    r.out.added_tokens.push_back(std::move(token));
  }
}

/// An added token may stand in the vocabulary too, with the same id.
void check_added_ids(const Reader& r) {
  for (auto& token : r.out.added_tokens) {
    std::string bytes;
    if (!append_byte_level(token.content, bytes)) bytes = token.content;
    auto in_model = r.out.vocabulary.find_text(token.content);
    if ((in_model && *in_model != token.id) || r.out.vocabulary.bytes(token.id) != bytes)
      fail(ErrorCode::bad_input, "{}: the added token '{}' has the id {}, which model.vocab gives to another",
           r.where, shown(token.content), token.id);
  }
}

// --- tokenizer_config.json

/// A token by its text, which stands alone or as an entry's "content".
std::optional<int32_t> configured_token(const Reader& r, const json& config, std::string_view key) {
  auto* value = member(config, key);
  if (!value) return std::nullopt;
  if (value->is_object()) return r.id_of(text(r, *value, "content"));
  return r.id_of(text(r, config, key));
}

/// The class LlamaTokenizer rebuilds the template from add_bos_token and add_eos_token, whatever
/// tokenizer.json says (transformers, tokenization_llama_fast.py); the others leave it as it is.
void read_llama_template(Reader& r, const json& config) {
  auto add = [&](std::string_view which, bool otherwise, std::optional<int32_t> id,
                 std::vector<int32_t>& ids) {
    ids.clear();
    if (!flag(r, config, fmt::format("add_{}_token", which), otherwise)) return;
    if (!id)
      fail(ErrorCode::bad_input, "{}: add_{}_token is set, and {}_token is not in the vocabulary", r.where,
           which, which);
    ids.push_back(*id);
  };
  add("bos", true, r.out.bos, r.out.prefix);
  add("eos", false, r.out.eos, r.out.suffix);
}

void read_config(Reader& r, const json& config) {
  r.out.bos = configured_token(r, config, "bos_token");
  r.out.eos = configured_token(r, config, "eos_token");
  r.out.pad = configured_token(r, config, "pad_token");
  auto name = text(r, config, "tokenizer_class");
  if (name == "LlamaTokenizer" || name == "LlamaTokenizerFast") read_llama_template(r, config);
}

void read_parts(Reader& r, const json& root) {
  read_model(r, root.at("model"));
  if (auto* part = member(root, "normalizer")) read_normalizer(r, *part);
  auto* pre_tokenizer = member(root, "pre_tokenizer");
  if (!pre_tokenizer || !read_pre_tokenizer(r, *pre_tokenizer))
    fail(ErrorCode::unsupported,
         "{}: the pre_tokenizer does not end in ByteLevel; only byte-level BPE is supported", r.where);
  if (auto* part = member(root, "post_processor")) read_post_processor(r, *part);
  if (auto* part = member(root, "decoder")) check_decoder(r, *part);
}

}  // namespace

void check_added_token(const AddedToken& token, std::string_view where) {
  if (token.content.size() > AddedTokens::kLongest)
    fail(ErrorCode::unsupported, "{}: the added token {} has {} bytes; at most {} are supported", where,
         token.id, token.content.size(), AddedTokens::kLongest);
  if (!is_valid_utf8(token.content))
    fail(ErrorCode::bad_input, "{}: the added token {} is not UTF-8", where, token.id);
}

TokenizerDefinition read_tokenizer_json(std::string_view text, std::string_view where,
                                        std::optional<std::string_view> config) {
  auto parsed = parse_tokenizer_json(text, where);
  if (!parsed.has_vocabulary)
    fail(ErrorCode::bad_input,
         "{}: no model.vocab of tokens and ids: this is not the tokenizer.json of a BPE model", where);
  if (!parsed.has_merges) fail(ErrorCode::bad_input, "{}: no list model.merges", where);
  Reader r{where, {}};
  r.out.vocabulary = std::move(parsed.vocabulary);
  r.out.merges = std::move(parsed.merges);
  read_added_tokens(r, parsed.rest, r.out.vocabulary);
  r.out.vocabulary.finish(where);
  check_added_ids(r);
  read_parts(r, parsed.rest);
  if (config) read_config(r, json(parse_json(*config, fmt::format("{} (tokenizer_config.json)", where))));
  return std::move(r.out);
}

}  // namespace retort
