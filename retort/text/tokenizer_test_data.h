// A small tokenizer.json for tests: the 256 bytes, a few merges of English, two added tokens.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "retort/text/byte_level.h"

namespace retort::test {

/// Byte b has the id b, merge number i the id 256 + i; <|end|> (special) and <think> follow.
inline nlohmann::json small_tokenizer() {
  std::vector<std::string> merges = {"h e", "l l",   "he ll", "hell o", "Ġ w",
                                     "o r", "Ġw or", "l d",   "Ġwor ld"};
  nlohmann::json vocab = nlohmann::json::object();
  for (int b = 0; b < 256; ++b) {
    char byte = static_cast<char>(b);
    vocab[to_byte_level({&byte, 1})] = b;
  }
  int id = 256;
  for (auto merge : merges) vocab[merge.erase(merge.find(' '), 1)] = id++;
  auto added = [](int number, std::string_view content, bool special) {
    return nlohmann::json{{"id", number},         {"content", content}, {"special", special},
                          {"single_word", false}, {"lstrip", false},    {"rstrip", false},
                          {"normalized", false}};
  };
  return {{"version", "1.0"},
          {"added_tokens", {added(id, "<|end|>", true), added(id + 1, "<think>", false)}},
          {"normalizer", {{"type", "NFC"}}},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
          {"post_processor", nullptr},
          {"decoder", {{"type", "ByteLevel"}}},
          {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}}}};
}

constexpr int kHello = 259, kWorld = 264, kEnd = 265, kThink = 266;  // of small_tokenizer

}  // namespace retort::test
