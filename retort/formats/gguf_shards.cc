// Opens a GGUF file or all shards of a split one. Source: llama.cpp's gguf-split: keys split.no (from 0),
// split.count, split.tensors.count, and names PREFIX-00001-of-00003.gguf.
#include <fmt/format.h>

#include <optional>
#include <string>

#include "retort/base/error.h"
#include "retort/formats/checkpoint_parts.h"
#include "retort/formats/gguf.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

/// What a file says about its place among the shards; count 0: not split.
struct Split {
  uint64_t number = 0, count = 0;
};

Split split_of(const GgufMetadata& metadata) {
  Split split{metadata.find<uint64_t>("split.no").value_or(0),
              metadata.find<uint64_t>("split.count").value_or(0)};
  if (split.count > kMaxShards || (split.count > 0 && split.number >= split.count))
    fail(ErrorCode::bad_input, "{}: split.no {} of split.count {} is not a shard of at most {}",
         metadata.where(), split.number, split.count, kMaxShards);
  return split;
}

std::string shard_suffix(Split split) {
  return fmt::format("-{:05}-of-{:05}.gguf", split.number + 1, split.count);
}

/// "DIR/NAME" of DIR/NAME-00002-of-00003.gguf.
std::string shard_prefix(const fs::path& path, Split split) {
  const std::string text = path.string(), suffix = shard_suffix(split);
  if (!text.ends_with(suffix))
    fail(ErrorCode::bad_input, "{}: it is shard {} of {}, so its name should end in '{}'", text,
         split.number + 1, split.count, suffix);
  return text.substr(0, text.size() - suffix.size());
}

/// Maps and reads one file; its tensors join the parts.
GgufFile add_file(const fs::path& path, CheckpointParts& parts) {
  MappedFile map(path);
  GgufFile file = parse_gguf(map.bytes(), path.string());
  for (auto& tensor : file.tensors) {
    tensor.file = parts.files.size();
    parts.tensors.push_back(std::move(tensor));
  }
  file.tensors.clear();
  parts.maps.push_back(std::move(map));
  parts.files.push_back(path);
  return file;
}

MappedFile shard_or_missing(const fs::path& path, Split split) {
  try {
    return MappedFile(path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    fail(ErrorCode::not_found, "{}: shard {} of {} is missing", path.string(), split.number + 1, split.count);
  }
}

CheckpointParts open_split(const fs::path& path, Split given) {
  const std::string prefix = shard_prefix(path, given);
  CheckpointParts parts;
  // Names first: a missing shard is told before anything is read.
  for (uint64_t i = 0; i < given.count; ++i)
    shard_or_missing(prefix + shard_suffix({i, given.count}), {i, given.count});
  for (uint64_t i = 0; i < given.count; ++i) {
    GgufFile file = add_file(prefix + shard_suffix({i, given.count}), parts);
    const Split split = split_of(file.metadata);
    if (split.number != i || split.count != given.count)
      fail(ErrorCode::bad_input, "{}: it says it is shard {} of {}, its name says {} of {}",
           file.metadata.where(), split.number + 1, split.count, i + 1, given.count);
    if (i == 0) parts.metadata = std::move(file.metadata);
  }
  const auto stated = parts.metadata.find<uint64_t>("split.tensors.count");
  if (stated && *stated != parts.tensors.size())
    fail(ErrorCode::bad_input, "{}: split.tensors.count is {}, but the {} shards hold {} tensors",
         parts.metadata.where(), *stated, given.count, parts.tensors.size());
  return parts;
}

}  // namespace

CheckpointParts open_gguf(const fs::path& path) {
  CheckpointParts parts;
  GgufFile file = add_file(path, parts);
  const Split split = split_of(file.metadata);
  if (split.count > 1)
    parts = open_split(path, split);
  else
    parts.metadata = std::move(file.metadata);
  parts.layout = Layout::gguf;
  parts.folder = path.parent_path();
  return parts;
}

}  // namespace retort
