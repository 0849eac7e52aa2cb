#include "retort/model/huge_buffer.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"

namespace retort {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

HugeBuffer::HugeBuffer(size_t bytes, const char* instead) : size_(round_up(bytes, kHugePage) + kHugePage) {
  map_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map_ == MAP_FAILED)
    fail(ErrorCode::resource, "repacking needs {} bytes of memory: {}; {}", bytes, std::strerror(errno),
         instead);
  ::madvise(map_, size_, MADV_HUGEPAGE);
}

HugeBuffer::~HugeBuffer() {
  ::munmap(map_, size_);
}

std::byte* HugeBuffer::data() const {
  return reinterpret_cast<std::byte*>(round_up(reinterpret_cast<uintptr_t>(map_), uintptr_t{kHugePage}));
}

}  // namespace retort
