// GGUF metadata: keys and typed values as views into the file's bytes. Nothing is copied: a vocabulary of
// 150,000 tokens costs one entry. Source: the GGUF specification (ggml, docs/gguf.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/check.h"

namespace retort {

/// The value types of GGUF, by their number in the file.
enum class GgufType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

std::string_view name(GgufType type);
/// Bytes of a value of fixed size; 0 for string and array.
size_t fixed_bytes(GgufType type);

/// The strings of a string array, in order: `for (std::string_view s : array.strings())`.
class GgufStrings {
 public:
  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const std::byte* at) : at_(at) {}
    std::string_view operator*() const {
      return {reinterpret_cast<const char*>(at_) + sizeof(uint64_t), static_cast<size_t>(length())};
    }
    Iterator& operator++() {
      at_ += sizeof(uint64_t) + length();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator&) const = default;

   private:
    uint64_t length() const {
      uint64_t n = 0;
      std::memcpy(&n, at_, sizeof(n));
      return n;
    }
    const std::byte* at_ = nullptr;
  };

  GgufStrings(std::span<const std::byte> bytes, uint64_t size) : bytes_(bytes), size_(size) {}
  uint64_t size() const { return size_; }
  Iterator begin() const { return Iterator(bytes_.data()); }
  Iterator end() const { return Iterator(bytes_.data() + bytes_.size()); }

 private:
  std::span<const std::byte> bytes_;  // checked when the file was opened
  uint64_t size_;
};

/// An array of values of one type. Elements are not aligned in the file, so they are read one by one.
struct GgufArray {
  GgufType element = GgufType::u8;
  uint64_t size = 0;
  std::span<const std::byte> bytes;  // the elements

  /// Element i of an array of numbers or booleans, converted to T as C++ does.
  template <typename T>
  T number(uint64_t i) const;
  /// All elements of an array of numbers or booleans.
  template <typename T>
  std::vector<T> numbers() const {
    std::vector<T> all(static_cast<size_t>(size));
    for (uint64_t i = 0; i < size; ++i) all[static_cast<size_t>(i)] = number<T>(i);
    return all;
  }
  bool is_numeric() const { return fixed_bytes(element) > 0; }
  bool is_strings() const { return element == GgufType::string; }
  GgufStrings strings() const {
    RETORT_CHECK(is_strings());
    return {bytes, size};
  }
};

struct GgufEntry {
  std::string_view key;
  GgufType type = GgufType::u8;
  std::span<const std::byte> bytes;  // of the value; of a string or an array without its length and type
  GgufType element = GgufType::u8;   // arrays only
  uint64_t size = 0;                 // arrays only: number of elements
};

class GgufMetadata {
 public:
  GgufMetadata() = default;
  /// `where` names the file in errors. Throws Error bad_input for a key that stands twice.
  GgufMetadata(std::vector<GgufEntry> entries, std::string where);

  /// In the order of the file.
  std::span<const GgufEntry> entries() const { return entries_; }
  const GgufEntry* find_entry(std::string_view key) const;

  /// The value, if the key is there; T is uint64_t, int64_t, double, bool, std::string_view or GgufArray.
  /// Integers of any width and sign convert if the value fits, and to double. Throws Error bad_input
  /// "FILE: key 'llama.block_count' is a string, expected an unsigned integer" otherwise.
  template <typename T>
  std::optional<T> find(std::string_view key) const;
  /// As find; throws Error bad_input if the key is missing.
  template <typename T>
  T get(std::string_view key) const {
    auto value = find<T>(key);
    if (!value) missing(key);
    return *value;
  }
  /// A string array; throws if the key holds something else.
  std::optional<GgufStrings> find_strings(std::string_view key) const;

  const std::string& where() const { return where_; }

 private:
  [[noreturn]] void missing(std::string_view key) const;
  std::vector<GgufEntry> entries_;
  std::vector<uint32_t> by_key_;  // indices into entries_
  std::string where_;
};

/// The value as text for listings: numbers and strings as they are, arrays as "[2, 5, 8, ... 151936 values]".
std::string to_text(const GgufEntry& entry, size_t max_length = 80);

}  // namespace retort
