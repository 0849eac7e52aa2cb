// What a model is calibrated on: a text file or chats in JSON lines, as documents of tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "retort/text/chat_template.h"
#include "retort/text/tokenizer.h"

namespace retort::compress {

struct CalibrationLimits {
  int64_t tokens = 16384;   // in all; of more, evenly spaced documents are taken
  int64_t document = 1024;  // tokens; longer texts are cut
};

struct CalibrationText {
  std::vector<std::vector<int32_t>> documents;  // none empty
  std::string description;                      // "calibration.txt, 16384 tokens in 16 documents"
  int64_t tokens() const;
};

/// NAME.jsonl: a chat a line, {"messages": [{"role", "content"}, ...]}, rendered by `chat_template` (null if
/// the model has none). Any other file is plain text. Throws Error not_found, or bad_input for a file without
/// text, with a line that is no chat, or of which this tokenizer makes fragments of characters.
CalibrationText read_calibration_text(const std::filesystem::path& file, const Tokenizer& tokenizer,
                                      const ChatTemplate* chat_template, CalibrationLimits limits = {});

/// Documents from elsewhere, cut and thinned out to the limits. `name` is what the description calls them.
CalibrationText calibration_text(std::string_view name, std::vector<std::vector<int32_t>> documents,
                                 CalibrationLimits limits = {});

}  // namespace retort::compress
