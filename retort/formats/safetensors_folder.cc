// Opens a Hugging Face checkpoint: model.safetensors, or the shards that model.safetensors.index.json names.
#include <algorithm>
#include <string>

#include "retort/base/error.h"
#include "retort/formats/checkpoint_parts.h"
#include "retort/formats/printable.h"
#include "retort/formats/safetensors.h"
#include "retort/formats/safetensors_index.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr uint64_t kMaxIndex = uint64_t{256} << 20;

void add_file(const fs::path& path, CheckpointParts& parts) {
  MappedFile map(path);
  SafetensorsFile file = parse_safetensors(map.bytes(), path.string());
  for (auto& tensor : file.tensors) {
    tensor.file = parts.files.size();
    parts.tensors.push_back(std::move(tensor));
  }
  parts.maps.push_back(std::move(map));
  parts.files.push_back(path);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  // A link that leads nowhere or in a circle is there: opening it says what is wrong.
  return fs::symlink_status(path, error).type() != fs::file_type::not_found && !error;
}

/// Says what the folder has instead of safetensors.
[[noreturn]] void nothing_to_open(const fs::path& folder) {
  std::error_code error;
  std::string hint = "give a folder with these files, a .safetensors or a .gguf file";
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (++seen > 1000) break;
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".gguf")) hint = "it has '" + printable(name) + "': give that file";
    if (name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth"))
      hint = "pickled weights ('" + printable(name) + "') are not read: convert them to safetensors";
  }
  fail(ErrorCode::not_found, "{}: no {} and no {}; {}", folder.string(), kSingle, kIndex, hint);
}

/// Every tensor of the index must be in the file that the index names; others are not part of the model.
void keep_indexed(const SafetensorsIndex& index, CheckpointParts& parts, std::string_view where) {
  std::sort(parts.tensors.begin(), parts.tensors.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<StoredTensor> kept;
  kept.reserve(index.weight_map.size());
  size_t at = 0;
  for (const auto& [name, shard] : index.weight_map) {
    while (at < parts.tensors.size() && parts.tensors[at].name < name) ++at;
    if (at == parts.tensors.size() || parts.tensors[at].name != name)
      fail(ErrorCode::bad_input, "{}: weight_map: tensor '{}' is not in '{}'", where, printable(name),
           printable(index.shards[shard]));
    if (at + 1 < parts.tensors.size() && parts.tensors[at + 1].name == name)
      fail(ErrorCode::bad_input, "{}: tensor '{}' is in two files, '{}' and '{}'", where, printable(name),
           parts.files[parts.tensors[at].file].filename().string(),
           parts.files[parts.tensors[at + 1].file].filename().string());
    if (parts.tensors[at].file != shard)
      fail(ErrorCode::bad_input, "{}: weight_map: tensor '{}' is in '{}', not in '{}'", where,
           printable(name), printable(index.shards[parts.tensors[at].file]), printable(index.shards[shard]));
    kept.push_back(std::move(parts.tensors[at++]));
  }
  parts.tensors = std::move(kept);
}

CheckpointParts open_sharded(const fs::path& folder) {
  const fs::path path = folder / kIndex;
  const SafetensorsIndex index = parse_safetensors_index(read_file(path, kMaxIndex), path.string());
  CheckpointParts parts;
  for (const auto& shard : index.shards) {
    if (!is_there(folder / shard))
      fail(ErrorCode::not_found, "{}: the file '{}' that weight_map names is missing", path.string(),
           printable(shard));
    add_file(folder / shard, parts);
  }
  keep_indexed(index, parts, path.string());
  return parts;
}

}  // namespace

CheckpointParts open_safetensors(const fs::path& path) {
  CheckpointParts parts;
  add_file(path, parts);
  parts.folder = path.parent_path();
  return parts;
}

CheckpointParts open_safetensors_folder(const fs::path& folder) {
  CheckpointParts parts;
  if (is_there(folder / kSingle))
    add_file(folder / kSingle, parts);
  else if (is_there(folder / kIndex))
    parts = open_sharded(folder);
  else
    nothing_to_open(folder);
  parts.folder = folder;
  return parts;
}

}  // namespace retort
