// Writes GGUF version 3 files: metadata of every type, then tensors in the given order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/formats/gguf_metadata.h"
#include "retort/formats/tensor_writer.h"

namespace retort {

/// Metadata in the making, encoded as it is added. Keys are written in the order of the calls; the caller
/// gives each once.
class GgufFields {
 public:
  void set_u32(std::string_view key, uint32_t value) {
    set_number(key, GgufType::u32, &value, sizeof(value));
  }
  void set_i32(std::string_view key, int32_t value) { set_number(key, GgufType::i32, &value, sizeof(value)); }
  void set_u64(std::string_view key, uint64_t value) {
    set_number(key, GgufType::u64, &value, sizeof(value));
  }
  void set_i64(std::string_view key, int64_t value) { set_number(key, GgufType::i64, &value, sizeof(value)); }
  void set_u16(std::string_view key, uint16_t value) {
    set_number(key, GgufType::u16, &value, sizeof(value));
  }
  void set_f32(std::string_view key, float value) { set_number(key, GgufType::f32, &value, sizeof(value)); }
  void set_f64(std::string_view key, double value) { set_number(key, GgufType::f64, &value, sizeof(value)); }
  void set_bool(std::string_view key, bool value) { set_number(key, GgufType::boolean, &value, 1); }
  void set_string(std::string_view key, std::string_view value);
  void set_strings(std::string_view key, std::span<const std::string> values);
  void set_i32s(std::string_view key, std::span<const int32_t> values);
  void set_f32s(std::string_view key, std::span<const float> values);
  /// Any value as it lies in a file, e.g. an entry of another one; of a string or an array without its
  /// length.
  void set(const GgufEntry& entry);

  uint64_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }

 private:
  void start(std::string_view key, GgufType type);
  void set_number(std::string_view key, GgufType type, const void* value, size_t size);
  std::string bytes_;
  uint64_t count_ = 0;
};

class GgufWriter : public TensorWriter {
 public:
  /// An alignment other than 32 is written as general.alignment. Shapes are row-major as everywhere here; the
  /// file lists them reversed. Throws Error unsupported for a type that GGUF has no number for.
  GgufWriter(const std::filesystem::path& path, const GgufFields& fields,
             const std::vector<TensorSpec>& tensors, uint32_t alignment = 32);
};

}  // namespace retort
