#include "retort/text/trained_tokenizer.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "retort/base/check.h"
#include "retort/base/json.h"
#include "retort/text/byte_level.h"
#include "retort/text/named_pretokenizers.h"

namespace retort {
namespace {

/// Adds at the end. operator[] would look every key up among its predecessors.
void append(Json& object, std::string key, Json value) {
  object.get_ref<Json::object_t&>().Json::object_t::Container::emplace_back(std::move(key), std::move(value));
}

Json added_token(const AddedToken& token) {
  return {{"content", token.content}, {"single_word", token.single_word}, {"lstrip", token.lstrip},
          {"rstrip", token.rstrip},   {"normalized", token.normalized},   {"special", token.special}};
}

Json added_token_list(const TrainedTokenizer& t) {
  Json list = Json::array();
  for (auto& token : t.added_tokens) {
    Json entry = {{"id", token.id}};
    entry.update(added_token(token));
    list.push_back(std::move(entry));
  }
  return list;
}

const std::string& content_of(const TrainedTokenizer& t, int32_t id) {
  auto i = static_cast<size_t>(id - TrainedTokenizer::kBytes) - t.merges.size();
  RETORT_CHECK(i < t.added_tokens.size() && t.added_tokens[i].id == id);
  return t.added_tokens[i].content;
}

Json byte_level() {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}, {"use_regex", false}};
}

Json pre_tokenizer() {
  Json steps = Json::array();
  for (auto& step : steps_of(named_pretokenizer(TrainedTokenizer::kPreTokenizer, "tokenizer training")))
    steps.push_back({{"type", "Split"},
                     {"pattern", {{"Regex", step.regex}}},
                     {"behavior", "Isolated"},
                     {"invert", false}});
  steps.push_back(byte_level());
  return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

Json post_processor(const TrainedTokenizer& t) {
  if (!t.bos) return byte_level();
  auto& bos = content_of(t, *t.bos);
  auto special = [&](int type) { return Json{{"SpecialToken", {{"id", bos}, {"type_id", type}}}}; };
  auto text = [](const char* name, int type) {
    return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  Json known = Json::object();
  known[bos] = {{"id", bos}, {"ids", Json::array({*t.bos})}, {"tokens", Json::array({bos})}};
  return {{"type", "TemplateProcessing"},
          {"single", Json::array({special(0), text("A", 0)})},
          {"pair", Json::array({special(0), text("A", 0), special(1), text("B", 1)})},
          {"special_tokens", std::move(known)}};
}

Json model(const TrainedTokenizer& t) {
  auto pieces = t.pieces();
  for (auto& piece : pieces) piece = to_byte_level(piece);
  Json vocabulary = Json::object(), merges = Json::array();
  for (size_t id = 0; id < pieces.size(); ++id) append(vocabulary, pieces[id], id);
  for (auto& [left, right] : t.merges) merges.push_back(pieces[size_t(left)] + " " + pieces[size_t(right)]);
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", ""},
          {"end_of_word_suffix", ""},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false},
          {"vocab", std::move(vocabulary)},
          {"merges", std::move(merges)}};
}

}  // namespace

int32_t TrainedTokenizer::vocabulary_size() const {
  return kBytes + static_cast<int32_t>(merges.size() + added_tokens.size());
}

std::vector<std::string> TrainedTokenizer::pieces() const {
  std::vector<std::string> all;
  all.reserve(kBytes + merges.size());
  for (int b = 0; b < kBytes; ++b) all.emplace_back(1, static_cast<char>(b));
  for (auto& [left, right] : merges) all.push_back(all[size_t(left)] + all[size_t(right)]);
  return all;
}

std::string write_tokenizer_json(const TrainedTokenizer& t) {
  Json root = {{"version", "1.0"},
               {"truncation", nullptr},
               {"padding", nullptr},
               {"added_tokens", added_token_list(t)},
               {"normalizer", {{"type", "NFC"}}},
               {"pre_tokenizer", pre_tokenizer()},
               {"post_processor", post_processor(t)},
               {"decoder", byte_level()},
               {"model", model(t)}};
  return root.dump(1) + "\n";
}

std::string write_tokenizer_config_json(const TrainedTokenizer& t, std::string_view chat_template,
                                        int64_t model_max_length) {
  Json decoder = Json::object();
  for (auto& token : t.added_tokens) append(decoder, fmt::format("{}", token.id), added_token(token));
  Json root = {{"add_bos_token", t.bos.has_value()},
               {"add_eos_token", false},
               {"added_tokens_decoder", std::move(decoder)}};
  auto name = [&](const char* key, std::optional<int32_t> id) {
    if (id) root[key] = content_of(t, *id);
  };
  name("bos_token", t.bos);
  name("eos_token", t.eos);
  name("pad_token", t.pad);
  if (!chat_template.empty()) root["chat_template"] = chat_template;
  root["clean_up_tokenization_spaces"] = false;
  root["model_max_length"] = model_max_length;
  root["tokenizer_class"] = "PreTrainedTokenizerFast";
  return root.dump(1) + "\n";
}

}  // namespace retort
