#include "retort/infer/page_pool.h"

#include "retort/base/check.h"

namespace retort {

PagePool::PagePool(int64_t n_pages) : holders_(static_cast<size_t>(n_pages), 0) {
  RETORT_CHECK(n_pages > 0 && n_pages <= INT32_MAX);
  free_.reserve(holders_.size());
  for (int64_t page = n_pages - 1; page >= 0; --page) free_.push_back(static_cast<int32_t>(page));
}

int32_t PagePool::take() {
  if (free_.empty()) return -1;
  int32_t page = free_.back();
  free_.pop_back();
  holders_[static_cast<size_t>(page)] = 1;
  return page;
}

void PagePool::retain(int32_t page) {
  ++holders_[static_cast<size_t>(page)];
}

bool PagePool::release(int32_t page) {
  int32_t& holders = holders_[static_cast<size_t>(page)];
  RETORT_CHECK(holders > 0);
  return --holders == 0;
}

void PagePool::give_back(int32_t page) {
  RETORT_CHECK(!held(page) && free_.size() < holders_.size());
  free_.push_back(page);
}

}  // namespace retort
