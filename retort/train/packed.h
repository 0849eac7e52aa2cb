// Values as bytes and back, between processes of one build on machines of one kind.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "retort/base/check.h"

namespace retort::train {

class Packer {
 public:
  template <typename T>
  void add(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <typename T>
  void add_list(const std::vector<T>& list) {
    static_assert(std::is_trivially_copyable_v<T>);
    add(list.size());
    bytes_.append(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(T));
  }
  void add_text(std::string_view text) {
    add(text.size());
    bytes_ += text;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads in the order in which it was packed.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, next(sizeof value).data(), sizeof value);
    return value;
  }
  template <typename T>
  std::vector<T> get_list() {
    std::vector<T> list(get<size_t>());
    if (!list.empty())
      std::memcpy(list.data(), next(list.size() * sizeof(T)).data(), list.size() * sizeof(T));
    return list;
  }
  bool done() const { return bytes_.empty(); }
  std::string get_text() { return std::string(next(get<size_t>())); }

 private:
  std::string_view next(size_t n) {
    RETORT_CHECK(n <= bytes_.size());
    std::string_view part = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return part;
  }
  std::string_view bytes_;
};

}  // namespace retort::train
