// PagePool: who holds which page of the key-value cache. A page is free, or held by one or more sequences,
// or held by none but kept because the prefix cache knows its contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace retort {

class PagePool {
 public:
  explicit PagePool(int64_t n_pages);

  /// A free page, now held once; -1 if none is free.
  int32_t take();
  /// One holder more.
  void retain(int32_t page);
  /// One holder less; true when it was the last. The page is then kept: `give_back` frees it.
  bool release(int32_t page);
  /// A page that nobody holds becomes free.
  void give_back(int32_t page);

  bool held(int32_t page) const { return holders_[static_cast<size_t>(page)] > 0; }
  int64_t n_pages() const { return static_cast<int64_t>(holders_.size()); }
  int64_t n_free() const { return static_cast<int64_t>(free_.size()); }

 private:
  std::vector<int32_t> holders_;  // per page
  std::vector<int32_t> free_;     // a stack: the page given back last is the warmest
};

}  // namespace retort
