#include "retort/base/arena.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "retort/base/arithmetic.h"

namespace retort {
namespace {

constexpr size_t kFirstBlock = size_t{1} << 20;

}  // namespace

Arena::~Arena() {
  for (auto& block : blocks_) std::free(block.data);
}

void Arena::add_block(size_t at_least) {
  size_t size = std::max({at_least, kFirstBlock, blocks_.empty() ? 0 : 2 * blocks_.back().size});
  size = round_up(size, kAlignment);
  auto* data = static_cast<std::byte*>(std::aligned_alloc(kAlignment, size));
  if (data == nullptr) throw std::bad_alloc();
  blocks_.push_back({data, size});
}

std::byte* Arena::allocate(size_t bytes) {
  bytes = round_up(bytes, kAlignment) + kAlignment;
  while (current_ < blocks_.size() && offset_ + bytes > blocks_[current_].size) {
    ++current_;
    offset_ = 0;
  }
  if (current_ == blocks_.size()) {
    add_block(bytes);
    offset_ = 0;
  }
  std::byte* result = blocks_[current_].data + offset_;
  offset_ += bytes;
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  return result;
}

void Arena::reset() {
  if (blocks_.size() > 1) {
    for (auto& block : blocks_) std::free(block.data);
    blocks_.clear();
    add_block(peak_ + peak_ / 8);
  }
  current_ = offset_ = used_ = 0;
}

}  // namespace retort
