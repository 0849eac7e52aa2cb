// Texts on which two models' predictions are compared: generated problems held out from training, with their
// gold thoughts, or a file of the user's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "retort/compress/divergence.h"
#include "retort/infer/loaded_model.h"

namespace retort::cli {

struct HeldOutTextOptions {
  std::optional<std::string> file;  // a text, or JSON lines with texts or chats
  int64_t tokens = 16384;           // about so many, from the beginning
  int64_t max_length = 512;         // of a piece
  std::vector<int64_t> levels{1, 2};
  uint64_t seed = 1;
};

struct HeldOutTexts {
  std::vector<compress::HeldOutDocument> documents;
  std::string about;  // "120 generated problems ...", with a checksum of the tokens
};

/// As `model` reads them: its tokenizer, and its chat template where there is one. Of problems only thought
/// and answer are predicted, of chats what the assistant says, of other texts everything. Throws Error
/// bad_input for a file without text.
HeldOutTexts held_out_texts(const LoadedModel& model, const HeldOutTextOptions& options);

}  // namespace retort::cli
