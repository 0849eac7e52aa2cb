// What opening a checkpoint of either layout yields; Checkpoint puts the common lookup over it.
#pragma once

#include <filesystem>
#include <vector>

#include "retort/base/file.h"
#include "retort/formats/checkpoint.h"

namespace retort {

/// More shards than any checkpoint has; each is one mapping.
inline constexpr uint64_t kMaxShards = 4096;

struct CheckpointParts {
  Layout layout = Layout::hugging_face;
  std::filesystem::path folder;  // of the texts
  std::vector<MappedFile> maps;
  std::vector<std::filesystem::path> files;  // of the maps
  std::vector<StoredTensor> tensors;         // in any order; names may still stand twice in different files
  GgufMetadata metadata;
};

/// A .gguf file or any shard of a split one.
CheckpointParts open_gguf(const std::filesystem::path& path);
/// A folder with model.safetensors or model.safetensors.index.json.
CheckpointParts open_safetensors_folder(const std::filesystem::path& folder);
/// One .safetensors file.
CheckpointParts open_safetensors(const std::filesystem::path& path);

}  // namespace retort
