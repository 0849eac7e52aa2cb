// Malformed model files, one per way in which such files have been seen to break readers, and what must be
// said of each. Written byte by byte, without this project's own writers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/error.h"

namespace retort::malformed {

struct Case {
  std::string path;  // what to open, relative to the folder
  ErrorCode code = ErrorCode::bad_input;
  std::vector<std::string> message_parts;  // all occur in the one-line message; empty: the file is good
};

/// Writes every file under `folder`, which must exist and be empty.
std::vector<Case> write_all(const std::filesystem::path& folder);

// The parts of write_all, by what is malformed.
std::vector<Case> write_safetensors_cases(const std::filesystem::path& folder);
std::vector<Case> write_gguf_cases(const std::filesystem::path& folder);
std::vector<Case> write_gguf_config_cases(const std::filesystem::path& folder);
std::vector<Case> write_shard_cases(const std::filesystem::path& folder);
std::vector<Case> write_folder_cases(const std::filesystem::path& folder);
std::vector<Case> write_config_cases(const std::filesystem::path& folder);

}  // namespace retort::malformed
