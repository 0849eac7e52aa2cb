#include "retort/infer/model_text.h"

#include <nlohmann/json.hpp>

#include "retort/base/error.h"

namespace retort {
namespace {

std::optional<int32_t> token_id(const GgufMetadata& metadata, std::string_view key) {
  auto id = metadata.find<int64_t>(key);
  // One that is out of range is refused where the vocabulary is known.
  return id && *id >= 0 && *id <= INT32_MAX ? std::optional(static_cast<int32_t>(*id)) : std::nullopt;
}

std::vector<std::string_view> strings_of(const GgufMetadata& metadata, std::string_view key) {
  auto strings = metadata.find_strings(key);
  if (!strings) return {};
  return {strings->begin(), strings->end()};
}

VocabularySpec vocabulary_of(const GgufMetadata& metadata) {
  VocabularySpec spec{.where = metadata.where(),
                      .model = std::string(metadata.get<std::string_view>("tokenizer.ggml.model")),
                      .pre = std::string(metadata.find<std::string_view>("tokenizer.ggml.pre").value_or("")),
                      .tokens = strings_of(metadata, "tokenizer.ggml.tokens"),
                      .token_types = {},
                      .merges = strings_of(metadata, "tokenizer.ggml.merges"),
                      .bos_token_id = token_id(metadata, "tokenizer.ggml.bos_token_id"),
                      .eos_token_id = token_id(metadata, "tokenizer.ggml.eos_token_id"),
                      .padding_token_id = token_id(metadata, "tokenizer.ggml.padding_token_id"),
                      .unknown_token_id = token_id(metadata, "tokenizer.ggml.unknown_token_id"),
                      .add_bos_token = metadata.find<bool>("tokenizer.ggml.add_bos_token"),
                      .add_eos_token = metadata.find<bool>("tokenizer.ggml.add_eos_token"),
                      .add_space_prefix = metadata.find<bool>("tokenizer.ggml.add_space_prefix")};
  auto types = metadata.find<GgufArray>("tokenizer.ggml.token_type");
  if (types && types->is_numeric()) spec.token_types = types->numbers<int32_t>();
  return spec;
}

std::optional<std::string> token_text(const Tokenizer& tokenizer, std::optional<int32_t> id) {
  if (!id) return std::nullopt;
  return std::string(tokenizer.piece(*id));
}

ChatTemplateSource gguf_template(const GgufMetadata& metadata, const Tokenizer& tokenizer) {
  ChatTemplateSource source;
  constexpr std::string_view kKey =
      "tokenizer.chat_template";  // further ones are "tokenizer.chat_template.NAME"
  for (const GgufEntry& entry : metadata.entries()) {
    if (!entry.key.starts_with(kKey) || entry.type != GgufType::string) continue;
    std::string_view name = entry.key.substr(kKey.size());
    if (!name.empty() && name[0] != '.') continue;
    source.templates.emplace_back(name.empty() ? "default" : name.substr(1),
                                  metadata.get<std::string_view>(entry.key));
  }
  source.bos_token = token_text(tokenizer, tokenizer.bos_id());
  source.eos_token = token_text(tokenizer, tokenizer.eos_id());
  return source;
}

ChatTemplateSource folder_template(const Checkpoint& checkpoint) {
  ChatTemplateSource source;
  if (auto text = checkpoint.text("tokenizer_config.json"))
    source = ChatTemplateSource::from_tokenizer_config(parse_json(*text, "tokenizer_config.json"),
                                                       "tokenizer_config.json");
  // A file of its own is the newer custom, and wins.
  if (auto text = checkpoint.text("chat_template.jinja")) {
    std::erase_if(source.templates, [](const auto& row) { return row.first == "default"; });
    source.templates.emplace_back("default", *text);
  }
  return source;
}

}  // namespace

Tokenizer load_tokenizer(const Checkpoint& checkpoint) {
  if (checkpoint.layout() == Layout::gguf)
    return Tokenizer::from_vocabulary(vocabulary_of(checkpoint.metadata()));
  auto json = checkpoint.text("tokenizer.json");
  if (!json)
    fail(ErrorCode::not_found,
         "{}: no tokenizer.json beside the weights; copy it from where the model came from",
         checkpoint.path().string());
  auto config = checkpoint.text("tokenizer_config.json");
  return Tokenizer::from_json(*json, "tokenizer.json",
                              config ? std::optional<std::string_view>(*config) : std::nullopt);
}

ChatTemplate load_chat_template(const Checkpoint& checkpoint, const Tokenizer& tokenizer) {
  std::string where = checkpoint.path().string();
  ChatTemplateSource source = checkpoint.layout() == Layout::gguf
                                  ? gguf_template(checkpoint.metadata(), tokenizer)
                                  : folder_template(checkpoint);
  if (source.templates.empty())
    source.templates.emplace_back("default",
                                  default_chat_template(tokenizer.id_of("<|im_start|>").has_value(),
                                                        tokenizer.id_of("<|im_end|>").has_value(), where));
  return ChatTemplate(source, where);
}

}  // namespace retort
