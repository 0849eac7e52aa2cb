// Checkpoint: the tensors of a model and the texts beside them, whatever files they came in. Opening reads
// headers only; weights are mapped and become resident as they are touched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "retort/formats/gguf.h"
#include "retort/formats/stored_tensor.h"

namespace retort {

/// Whose tensor names and whose row order the weights have.
enum class Layout { hugging_face, gguf };

/// A value: copies share the mappings, which live as long as the last copy (or `owner`). Safe to use from
/// many threads. The sizes of all files are checked against their headers at `open`. If another program
/// truncates a file that is mapped here, touching the lost pages ends the process with SIGBUS: replace model
/// files by renaming over them, as every writer in this room does, never in place.
class Checkpoint {
 public:
  /// `path` is one of
  ///   a .gguf file, or any one shard of a split one (name-00001-of-00003.gguf);
  ///   a folder with model.safetensors, or model.safetensors.index.json and its shards;
  ///   a single .safetensors file, with config.json and the other texts beside it.
  /// Throws Error naming the file, the place and the number.
  static Checkpoint open(const std::filesystem::path& path);

  Layout layout() const;
  /// What `open` was given.
  const std::filesystem::path& path() const;
  /// The files that hold tensors, in shard order.
  std::span<const std::filesystem::path> files() const;

  /// All tensors in the order of their names.
  std::span<const StoredTensor> tensors() const;
  /// Bytes of all tensors.
  uint64_t tensor_bytes() const;

  /// The tensor of that name, of any type; null if there is none.
  const StoredTensor* find_stored(std::string_view name) const;
  /// The tensor of that name, if there is one. Throws Error unsupported if it is of a type that this build
  /// cannot compute with.
  std::optional<TensorView> find(std::string_view name) const;
  /// As find; throws Error not_found that lists the nearest names.
  TensorView get(std::string_view name) const;

  /// Texts beside Hugging Face weights, by file name: "config.json", "generation_config.json",
  /// "tokenizer.json", "tokenizer_config.json", "chat_template.jinja". Read at each call; absent if there is
  /// no such file or the layout is gguf. Throws Error resource for more than 64 MiB.
  std::optional<std::string> text(std::string_view file_name) const;

  /// GGUF metadata (of the first shard, which holds the model's); empty for Hugging Face layouts.
  const GgufMetadata& metadata() const;

  /// Tells the kernel that the tensor will be read soon.
  void prefetch(const TensorView& view) const;
  /// Drops the tensor's pages from this process (whole pages inside it); they are read again if touched.
  /// Both do nothing for bytes that are not in this checkpoint's mappings.
  void release(const TensorView& view) const;

  /// Keeps the mappings alive.
  std::shared_ptr<const void> owner() const { return state_; }

  struct State;

 private:
  explicit Checkpoint(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// A checksum of all tensors' names and bytes: tells weights apart, whatever their file is called. Reads them
/// all.
std::string weights_checksum(const Checkpoint& checkpoint);

}  // namespace retort
