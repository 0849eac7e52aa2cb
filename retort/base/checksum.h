// Checksum: tells whether bytes are the ones that were written (XXH3, 128 bits, of the xxHash specification).
// Not a signature: it finds accidents, not forgeries.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace retort {

class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  /// 32 hexadecimal digits of all bytes so far.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline std::string checksum_of(std::string_view text) {
  Checksum sum;
  sum.add(text);
  return sum.hex();
}

}  // namespace retort
