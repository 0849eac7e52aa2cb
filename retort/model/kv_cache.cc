#include "retort/model/kv_cache.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "retort/base/check.h"
#include "retort/base/error.h"

namespace retort {

KvCache::KvCache(kernels::KvLayout layout, int num_layers, int64_t n_pages)
    : layout_(layout), num_layers_(num_layers), n_pages_(n_pages) {
  RETORT_CHECK(num_layers > 0 && n_pages > 0);
  void* map =
      ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED)
    fail(ErrorCode::resource,
         "key-value cache: {} pages of {} bytes cannot be reserved: {}; ask for less context", n_pages,
         page_bytes(), std::strerror(errno));
  data_ = static_cast<std::byte*>(map);
}

KvCache::~KvCache() {
  ::munmap(data_, bytes());
}

}  // namespace retort
