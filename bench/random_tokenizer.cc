#include "bench/random_tokenizer.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "retort/base/error.h"

namespace retort {
namespace {

// Qwen2's pre-tokenizer, as its published tokenizer.json states it.
constexpr const char* kQwen2Regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr const char* kSpecials[] = {"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"};
constexpr int64_t kSpecialCount = 5;

// ChatML with R1's customs: the thought is opened for the model, and dropped from the history.
constexpr const char* kTemplate =
    "{% for message in messages %}{% set content = message['content'] %}"
    "{% if message['role'] == 'assistant' and '</think>' in content %}"
    "{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + content + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}";

std::string utf8(int code) {
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
}

/// GPT-2's printable stand-ins of the 256 bytes, in its order: visible Latin-1 first, the others from U+0100.
std::vector<std::string> byte_alphabet() {
  std::vector<std::string> visible, others;
  auto is_visible = [](int b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  };
  for (int b = 0; b < 256; ++b)
    if (is_visible(b)) visible.push_back(utf8(b));
  for (int b = 0; b < 256; ++b)
    if (!is_visible(b)) others.push_back(utf8(256 + static_cast<int>(others.size())));
  visible.insert(visible.end(), others.begin(), others.end());
  return visible;
}

/// The first `room` tokens of a published vocabulary and the merges that make them.
void take_published(const std::string& text, int64_t room, RandomTokenizer& out) {
  Json json = parse_json(text, "tokenizer.json");
  std::unordered_map<std::string, int64_t> ids;
  const Json& vocab = json.at("model").at("vocab");
  out.tokens.resize(static_cast<size_t>(std::min<int64_t>(room, static_cast<int64_t>(vocab.size()))));
  for (const auto& [token, id] : vocab.items()) {
    auto i = id.get<int64_t>();
    if (i < 0 || i >= static_cast<int64_t>(out.tokens.size())) continue;
    out.tokens[static_cast<size_t>(i)] = token;
    ids[token] = i;
  }
  for (const Json& merge : json.at("model").at("merges")) {
    std::string pair = merge.is_string()
                           ? merge.get<std::string>()
                           : merge.at(0).get<std::string>() + " " + merge.at(1).get<std::string>();
    std::string joined = pair;
    joined.erase(joined.find(' '), 1);
    if (ids.contains(joined)) out.merges.push_back(pair);
  }
}

}  // namespace

RandomTokenizer make_random_tokenizer(const std::optional<std::string>& text, int64_t vocab_size) {
  RandomTokenizer t;
  t.chat_template = kTemplate;
  if (vocab_size < 512)
    fail(ErrorCode::bad_input, "a vocabulary of {} has no room for a tokenizer; at least 512", vocab_size);
  if (text)
    take_published(*text, vocab_size - kSpecialCount, t);
  else
    t.tokens = byte_alphabet();
  t.types.assign(t.tokens.size(), 1);
  for (const char* special : kSpecials) {
    t.types.push_back(special[1] == '|' ? 3 : 4);
    t.tokens.push_back(special);
  }
  t.pad = static_cast<int32_t>(t.tokens.size()) - 5;
  t.eos = t.pad + 2;
  while (static_cast<int64_t>(t.tokens.size()) < vocab_size) {
    t.tokens.push_back(fmt::format("[PAD{}]", t.tokens.size()));
    t.types.push_back(5);
  }
  return t;
}

std::string RandomTokenizer::tokenizer_json() const {
  Json added = Json::array(), vocab = Json::object();
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (types[i] == 1) {
      vocab[tokens[i]] = i;
    } else if (types[i] != 5) {
      added.push_back({{"id", i},
                       {"content", tokens[i]},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", types[i] == 3}});
    }
  }
  Json split = {
      {"type", "Split"}, {"pattern", {{"Regex", kQwen2Regex}}}, {"behavior", "Isolated"}, {"invert", false}};
  Json bytes = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}, {"use_regex", false}};
  Json json = {{"version", "1.0"},
               {"truncation", nullptr},
               {"padding", nullptr},
               {"added_tokens", added},
               {"normalizer", {{"type", "NFC"}}},
               {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", Json::array({split, bytes})}}},
               {"post_processor", bytes},
               {"decoder", bytes},
               {"model",
                {{"type", "BPE"},
                 {"dropout", nullptr},
                 {"unk_token", nullptr},
                 {"byte_fallback", false},
                 {"vocab", vocab},
                 {"merges", merges}}}};
  return json.dump(1);
}

std::string RandomTokenizer::tokenizer_config_json() const {
  Json json = {{"tokenizer_class", "Qwen2Tokenizer"},
               {"add_bos_token", false},
               {"eos_token", tokens[static_cast<size_t>(eos)]},
               {"pad_token", tokens[static_cast<size_t>(pad)]},
               {"chat_template", chat_template}};
  return json.dump(1);
}

void RandomTokenizer::add_to(GgufFields& fields) const {
  fields.set_string("tokenizer.ggml.model", "gpt2");
  fields.set_string("tokenizer.ggml.pre", "qwen2");
  fields.set_strings("tokenizer.ggml.tokens", tokens);
  fields.set_i32s("tokenizer.ggml.token_type", types);
  fields.set_strings("tokenizer.ggml.merges", merges);
  fields.set_u32("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(eos));
  fields.set_u32("tokenizer.ggml.padding_token_id", static_cast<uint32_t>(pad));
  fields.set_bool("tokenizer.ggml.add_bos_token", false);
  fields.set_string("tokenizer.chat_template", chat_template);
}

}  // namespace retort
