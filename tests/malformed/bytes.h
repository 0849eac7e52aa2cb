// Little-endian bytes, GGUF and safetensors files put together by hand, right or wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retort::malformed {

void write_file(const std::filesystem::path& path, std::string_view bytes);

template <typename T>
std::string le(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}
/// A GGUF string.
std::string text(std::string_view s);

// GGUF values with their type before them.
std::string u32(uint32_t value);
std::string i32(int32_t value);
std::string u64(uint64_t value);
std::string f32(float value);
std::string boolean(uint8_t value);
std::string string(std::string_view value);
/// An array of `count` elements of the type of that number, whatever `elements` holds.
std::string array(uint32_t type, uint64_t count, std::string_view elements);

/// A GGUF file; every part may be wrong.
struct Gguf {
  std::string magic = "GGUF";
  uint32_t version = 3;
  std::optional<uint64_t> n_tensors, n_fields;  // as stated; absent: as they are
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> tensors;
  uint64_t data_bytes = 0;

  /// Replaces the field of that key or adds it.
  Gguf& set(std::string_view key, std::string value);
  Gguf& remove(std::string_view key);
  /// Extents in the order of the file: innermost first.
  Gguf& tensor(std::string_view name, const std::vector<uint64_t>& extents, uint32_t type, uint64_t offset);
  std::string bytes() const;
  /// Where the tensors' bytes start.
  size_t data_offset() const;

 private:
  std::string header() const;
};

/// The metadata of a one-layer llama, and no tensors.
Gguf llama();
/// The same with one tensor of 32 bytes.
Gguf llama_with_tensor();

/// A safetensors file with that header and `data_bytes` zeros; `stated_length` replaces the header's length.
std::string safetensors(std::string_view header, uint64_t data_bytes,
                        std::optional<uint64_t> stated_length = {});

}  // namespace retort::malformed
