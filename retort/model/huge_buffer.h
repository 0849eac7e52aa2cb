// HugeBuffer: anonymous memory on huge pages where the system has them: fewer faults while it fills, fewer
// misses after.
#pragma once

#include <cstddef>

namespace retort {

class HugeBuffer {
 public:
  /// Throws Error resource that ends with what to do without it: "run without repacking (--no-repack)".
  HugeBuffer(size_t bytes, const char* instead);
  ~HugeBuffer();
  HugeBuffer(const HugeBuffer&) = delete;
  HugeBuffer& operator=(const HugeBuffer&) = delete;

  std::byte* data() const;

 private:
  size_t size_;
  void* map_;
};

}  // namespace retort
