// The pre-tokenizers that GGUF files name in `tokenizer.ggml.pre`, with what else the name implies.
#pragma once

#include <string_view>
#include <vector>

#include "retort/text/pretokenizer.h"

namespace retort {

struct NamedPreTokenizer {
  std::string_view name;
  bool nfc;                               // the family's tokenizer.json normalizes
  bool ignore_merges;                     // and says so
  bool add_bos;                           // unless the file says otherwise
  std::vector<std::string_view> regexes;  // isolated splits, one after another
};

const std::vector<NamedPreTokenizer>& named_pretokenizers();

/// Throws unsupported ("<where>: ...") for a name that is not in the table, listing those that are.
const NamedPreTokenizer& named_pretokenizer(std::string_view name, std::string_view where);

std::vector<PreTokenizerStep> steps_of(const NamedPreTokenizer& row);

/// Whether a regex is one of the table's: known to take time in proportion to the text.
bool is_published(std::string_view regex);

/// The first name whose steps these are, or "custom".
std::string_view name_of(const std::vector<PreTokenizerStep>& steps);

}  // namespace retort
