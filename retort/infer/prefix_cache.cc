#include "retort/infer/prefix_cache.h"

#include <algorithm>
#include <bit>

#include "retort/base/check.h"
#include "retort/base/random.h"

namespace retort {

uint64_t page_hash(uint64_t previous, std::span<const int32_t> tokens) {
  uint64_t hash = splitmix64(previous);
  for (int32_t token : tokens) hash = splitmix64(hash ^ static_cast<uint32_t>(token));
  return hash;
}

PrefixCache::PrefixCache(int64_t n_pages)
    : pool_(n_pages),
      entries_(static_cast<size_t>(n_pages)),
      buckets_(std::bit_ceil(static_cast<size_t>(n_pages)), kNone) {}

int32_t PrefixCache::find(int32_t previous, uint64_t hash, PageTokens tokens) const {
  int32_t page = buckets_[hash & (buckets_.size() - 1)];
  for (; page != kNone; page = at(page).next_in_bucket) {
    const Entry& entry = at(page);
    if (entry.hash == hash && entry.previous == previous && std::ranges::equal(entry.tokens, tokens))
      return page;
  }
  return kNone;
}

int32_t PrefixCache::insert(int32_t page, int32_t previous, uint64_t hash, PageTokens tokens) {
  RETORT_CHECK(held(page) && !at(page).known);
  RETORT_CHECK(previous == kNone || at(previous).known);
  int32_t same = find(previous, hash, tokens);
  if (same != kNone) {
    retain(same);
    release(page);
    return same;
  }
  Entry& entry = at(page);
  entry.known = true;
  entry.previous = previous;
  entry.followers = 0;
  entry.hash = hash;
  std::ranges::copy(tokens, entry.tokens.begin());
  entry.next_in_bucket = bucket(hash);
  bucket(hash) = page;
  if (previous != kNone) ++at(previous).followers;
  return page;
}

int32_t PrefixCache::take() {
  int32_t page = pool_.take();
  if (page != kNone || oldest_ == kNone) return page;
  evict_oldest();
  return pool_.take();
}

void PrefixCache::retain(int32_t page) {
  if (!held(page)) remove_unused(page);
  pool_.retain(page);
}

void PrefixCache::release(int32_t page) {
  if (!pool_.release(page)) return;
  if (at(page).known)
    append_unused(page);
  else
    pool_.give_back(page);
}

void PrefixCache::clear_unused() {
  while (oldest_ != kNone) evict_oldest();
}

void PrefixCache::append_unused(int32_t page) {
  at(page).older = newest_;
  at(page).newer = kNone;
  (newest_ == kNone ? oldest_ : at(newest_).newer) = page;
  newest_ = page;
  ++n_unused_;
}

void PrefixCache::remove_unused(int32_t page) {
  Entry& entry = at(page);
  (entry.older == kNone ? oldest_ : at(entry.older).newer) = entry.newer;
  (entry.newer == kNone ? newest_ : at(entry.newer).older) = entry.older;
  --n_unused_;
}

void PrefixCache::evict_oldest() {
  int32_t page = oldest_;
  Entry& entry = at(page);
  RETORT_CHECK(entry.known && entry.followers == 0);
  remove_unused(page);
  int32_t* link = &bucket(entry.hash);
  while (*link != page) link = &at(*link).next_in_bucket;
  *link = entry.next_in_bucket;
  if (entry.previous != kNone) --at(entry.previous).followers;
  entry.known = false;
  pool_.give_back(page);
}

}  // namespace retort
