// model.safetensors.index.json: which shard holds which tensor. Read in one pass, without a tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retort {

struct SafetensorsIndex {
  std::vector<std::string> shards;                           // file names, sorted
  std::vector<std::pair<std::string, uint32_t>> weight_map;  // tensor name and index into shards, by name
};

/// Throws Error for file names that could leave the folder, for duplicates, and for anything that is not
/// {"weight_map": {"tensor": "file.safetensors"}, ...}.
SafetensorsIndex parse_safetensors_index(std::string_view text, std::string_view where);

}  // namespace retort
