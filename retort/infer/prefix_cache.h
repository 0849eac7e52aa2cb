// PrefixCache: full pages of keys and values found again by the tokens they were computed from, so that a
// prefix shared by requests is computed once. Pages that nobody holds stay until their room is needed.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "retort/infer/page_pool.h"
#include "retort/kernels/attention.h"

namespace retort {

/// The hash of a page: of its tokens and of the hash of the page before it (0 for the first).
uint64_t page_hash(uint64_t previous, std::span<const int32_t> tokens);

/// A page is known by the page before it and its own tokens; the hash only finds candidates, so a collision
/// costs a comparison and never a wrong page. Whoever holds a page must hold the pages before it too; then a
/// page is never evicted before those that follow it.
class PrefixCache {
 public:
  static constexpr int32_t kNone = -1;
  using PageTokens = std::span<const int32_t, kernels::kPageTokens>;

  explicit PrefixCache(int64_t n_pages);

  /// The known page with these tokens behind `previous` (kNone: at the start), or kNone. Does not hold it.
  int32_t find(int32_t previous, uint64_t hash, PageTokens tokens) const;
  /// Makes the contents of a held page known. If another page is known with the same, the holder changes
  /// over to that one, which is returned.
  int32_t insert(int32_t page, int32_t previous, uint64_t hash, PageTokens tokens);

  /// A page to write to, held once: a free one, or the known one that was unused for longest; kNone if all
  /// are held.
  int32_t take();
  void retain(int32_t page);
  /// Release a sequence's pages from the last to the first.
  void release(int32_t page);

  int64_t n_pages() const { return pool_.n_pages(); }
  int64_t n_free() const { return pool_.n_free(); }
  /// Known pages that nobody holds.
  int64_t n_unused() const { return n_unused_; }
  /// Pages that `take` could give.
  int64_t n_available() const { return n_free() + n_unused_; }
  int64_t n_held() const { return n_pages() - n_available(); }
  bool held(int32_t page) const { return pool_.held(page); }
  /// Forgets all that nobody holds.
  void clear_unused();

 private:
  struct Entry {
    bool known = false;
    int32_t previous = kNone;  // the page before it in its sequences
    int32_t followers = 0;     // known pages that have this one before them
    uint64_t hash = 0;
    int32_t next_in_bucket = kNone;
    int32_t older = kNone, newer = kNone;  // the list of unused pages
    std::array<int32_t, kernels::kPageTokens> tokens{};
  };

  Entry& at(int32_t page) { return entries_[static_cast<size_t>(page)]; }
  const Entry& at(int32_t page) const { return entries_[static_cast<size_t>(page)]; }
  int32_t& bucket(uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }
  void append_unused(int32_t page);
  void remove_unused(int32_t page);
  void evict_oldest();

  PagePool pool_;
  std::vector<Entry> entries_;    // per page
  std::vector<int32_t> buckets_;  // first page of each chain; a power of two
  int32_t oldest_ = kNone, newest_ = kNone;
  int64_t n_unused_ = 0;
};

}  // namespace retort
