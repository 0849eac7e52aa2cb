#include "retort/formats/checkpoint.h"

#include <algorithm>

#include "retort/base/check.h"
#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/formats/checkpoint_parts.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxText = uint64_t{64} << 20;

CheckpointParts open_parts(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    fail(ErrorCode::not_found, "{}: no such file or folder", path.string());
  if (error) fail(ErrorCode::bad_input, "{}: cannot open: {}", path.string(), error.message());
  if (fs::is_directory(status)) return open_safetensors_folder(path);
  if (path.extension() == ".gguf") return open_gguf(path);
  if (path.extension() == ".safetensors") return open_safetensors(path);
  fail(ErrorCode::unsupported,
       "{}: not a checkpoint: expected a .gguf file, a .safetensors file, or a folder with model.safetensors",
       path.string());
}

}  // namespace

struct Checkpoint::State {
  fs::path path;
  CheckpointParts parts;
  uint64_t tensor_bytes = 0;

  const std::string where(const StoredTensor& tensor) const { return parts.files[tensor.file].string(); }
  /// The mapping that the bytes lie in, if any.
  const MappedFile* map_of(std::span<const std::byte> bytes) const {
    for (const auto& map : parts.maps) {
      const auto all = map.bytes();
      if (bytes.data() >= all.data() && bytes.data() + bytes.size() <= all.data() + all.size()) return &map;
    }
    return nullptr;
  }
};

Checkpoint Checkpoint::open(const fs::path& path) {
  auto state = std::make_shared<State>();
  state->path = path;
  state->parts = open_parts(path);
  auto& tensors = state->parts.tensors;
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (size_t i = 1; i < tensors.size(); ++i)
    if (tensors[i - 1].name == tensors[i].name)
      fail(ErrorCode::bad_input, "{}: tensor '{}' is also in {}", state->where(tensors[i]),
           printable(tensors[i].name), state->where(tensors[i - 1]));
  for (const auto& tensor : tensors) state->tensor_bytes += tensor.bytes.size();
  return Checkpoint(std::move(state));
}

Layout Checkpoint::layout() const {
  return state_->parts.layout;
}
const fs::path& Checkpoint::path() const {
  return state_->path;
}
std::span<const fs::path> Checkpoint::files() const {
  return state_->parts.files;
}
std::span<const StoredTensor> Checkpoint::tensors() const {
  return state_->parts.tensors;
}
uint64_t Checkpoint::tensor_bytes() const {
  return state_->tensor_bytes;
}
const GgufMetadata& Checkpoint::metadata() const {
  return state_->parts.metadata;
}

const StoredTensor* Checkpoint::find_stored(std::string_view name) const {
  const auto& tensors = state_->parts.tensors;
  auto at = std::lower_bound(tensors.begin(), tensors.end(), name,
                             [](const StoredTensor& tensor, std::string_view n) { return tensor.name < n; });
  return at != tensors.end() && at->name == name ? &*at : nullptr;
}

std::optional<TensorView> Checkpoint::find(std::string_view name) const {
  const StoredTensor* tensor = find_stored(name);
  if (tensor == nullptr) return std::nullopt;
  return view_of(*tensor, state_->where(*tensor));
}

TensorView Checkpoint::get(std::string_view name) const {
  if (auto view = find(name)) return *view;
  const std::string near = nearest_names(tensors(), name);
  fail(ErrorCode::not_found, "{}: no tensor '{}'; {}", path().string(), printable(name),
       near.empty() ? "it has no tensors at all" : "nearest names: " + near);
}

std::optional<std::string> Checkpoint::text(std::string_view file_name) const {
  RETORT_CHECK(file_name.find('/') == std::string_view::npos);
  if (layout() == Layout::gguf) return std::nullopt;
  try {
    return read_file(state_->parts.folder / file_name, kMaxText);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return std::nullopt;
    throw;
  }
}

void Checkpoint::prefetch(const TensorView& view) const {
  if (const MappedFile* map = state_->map_of(view.span())) map->prefetch(view.span());
}

void Checkpoint::release(const TensorView& view) const {
  if (const MappedFile* map = state_->map_of(view.span())) map->release(view.span());
}

std::string weights_checksum(const Checkpoint& checkpoint) {
  Checksum sum;
  for (const StoredTensor& tensor : checkpoint.tensors()) {
    sum.add(tensor.name);
    sum.add(tensor.bytes);
  }
  return sum.hex();
}

}  // namespace retort
