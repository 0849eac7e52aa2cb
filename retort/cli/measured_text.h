// The text that pruning measures a model on: the user's, or generated problems with their gold answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/cli/interrupts.h"
#include "retort/cli/session.h"

namespace retort::cli {

struct MeasuredText {
  std::string name;  // "generated problems", or the file's name
  std::vector<std::vector<int32_t>> documents;
  int64_t tokens = 0;

  std::vector<std::span<const int32_t>> spans() const { return {documents.begin(), documents.end()}; }
};

/// About `tokens` tokens in documents of up to 512, or the model's context if that is shorter: the beginning
/// of `file` (a text, or JSON lines with texts or chats), or problems of all families and levels. Throws
/// Error as read_text_lessons does.
MeasuredText measured_text(Session& session, const std::optional<std::string>& file, int64_t tokens,
                           Interrupts& interrupts);

}  // namespace retort::cli
