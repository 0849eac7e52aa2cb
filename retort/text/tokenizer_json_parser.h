// Parses tokenizer.json. The vocabulary and the merges, which are nearly all of it, go straight to their
// tables; the rest becomes a small tree. (Internal to tokenizer_json.cc: it brings in nlohmann's header.)
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "retort/text/bpe.h"
#include "retort/text/vocabulary.h"

namespace retort {

struct ParsedTokenizerJson {
  nlohmann::json rest;    // without model.vocab and model.merges
  Vocabulary vocabulary;  // not finished
  MergeList merges;
  bool has_vocabulary = false, has_merges = false;
};

/// Throws bad_input "<where>: line 3, column 9: ...".
ParsedTokenizerJson parse_tokenizer_json(std::string_view text, std::string_view where);

}  // namespace retort
