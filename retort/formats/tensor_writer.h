// What the writers of checkpoints share: a list of tensors known in advance, whose bytes then arrive in any
// order and in parts. Nothing is held in memory but the list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/formats/output_file.h"
#include "retort/tensor/dtype.h"
#include "retort/tensor/shape.h"

namespace retort {

/// A tensor to be written.
struct TensorSpec {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  /// As the format names it, where no dtype has that name; then `dtype` only says how wide an element is.
  std::string_view type = {};
};

/// Bytes of such a tensor. Throws Error bad_input for rows that are not whole blocks or extents below 1.
uint64_t checked_bytes(const TensorSpec& spec);

class TensorWriter {
 public:
  /// Writes part of a tensor's bytes, from byte `offset` of the tensor on; every byte once. Any thread.
  /// Throws Error bad_input for an unknown name or bytes beyond the tensor's end, resource for a full disk.
  void write(std::string_view name, std::span<const std::byte> bytes, uint64_t offset = 0);
  /// Puts the file under its name. Throws Error bad_input if a tensor's bytes are not complete.
  void finish();

 protected:
  struct Place {
    uint64_t offset = 0, bytes = 0, written = 0;
  };
  /// Opens the file, writes the header; `places` are absolute.
  void start(const std::filesystem::path& path, std::span<const std::byte> header,
             std::map<std::string, Place, std::less<>> places, uint64_t file_size);
  ~TensorWriter() = default;

 private:
  std::unique_ptr<OutputFile> file_;
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace retort
