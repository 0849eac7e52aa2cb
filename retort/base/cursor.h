// A bounds-checked cursor over untrusted bytes (little-endian), whose errors name the file and the offset.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "retort/base/error.h"

namespace retort {

class ByteCursor {
 public:
  /// `where` names the file in errors.
  ByteCursor(std::span<const std::byte> bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  uint64_t offset() const { return offset_; }
  uint64_t size() const { return bytes_.size(); }
  uint64_t remaining() const { return bytes_.size() - offset_; }
  const std::string& where() const { return where_; }

  /// The next `n` bytes; `what` says in the error what they were to be.
  std::span<const std::byte> take(uint64_t n, std::string_view what) {
    if (n > remaining())
      fail(ErrorCode::bad_input,
           "{}: offset {}: {} needs {} bytes, {} are left: the file is truncated or corrupt", where_, offset_,
           what, n, remaining());
    auto part = bytes_.subspan(offset_, n);
    offset_ += n;
    return part;
  }

  template <typename T>
  T read(std::string_view what) {
    static_assert(std::is_trivially_copyable_v<T> && std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  std::string where_;
  uint64_t offset_ = 0;
};

}  // namespace retort
