// KvCache: one pool of pages of keys and values for all layers. Page p holds kPageTokens positions of one
// sequence (or of a prefix that sequences share) in every layer. Who owns which page is the engine's
// business.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/kernels/attention.h"

namespace retort {

class KvCache {
 public:
  /// Reserves address space for n_pages pages; memory becomes resident as pages are written.
  /// Throws Error resource if the reservation is refused.
  KvCache(kernels::KvLayout layout, int num_layers, int64_t n_pages);
  ~KvCache();
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  int64_t n_pages() const { return n_pages_; }
  int num_layers() const { return num_layers_; }
  const kernels::KvLayout& layout() const { return layout_; }
  /// Bytes of one page over all layers.
  size_t page_bytes() const { return layout_.page_bytes() * static_cast<size_t>(num_layers_); }
  size_t bytes() const { return page_bytes() * static_cast<size_t>(n_pages_); }

  /// Where layer `layer` of page 0 starts; page p is p * page_stride() behind it.
  std::byte* layer_base(int layer) const { return data_ + static_cast<size_t>(layer) * layout_.page_bytes(); }
  size_t page_stride() const { return page_bytes(); }

 private:
  kernels::KvLayout layout_;
  int num_layers_;
  int64_t n_pages_;
  std::byte* data_ = nullptr;
};

}  // namespace retort
