#include "retort/text/bpe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>

#include "retort/base/error.h"
#include "retort/text/byte_level.h"
#include "retort/text/hash.h"
#include "retort/text/shown.h"

namespace retort {
namespace {

constexpr uint64_t kFree = ~uint64_t{0};
constexpr uint32_t kNoMerge = UINT32_MAX;
constexpr size_t kShort = 48;  // bytes of a word up to which a scan for the lowest rank beats a queue

uint64_t pair_of(int32_t left, int32_t right) {
  return uint64_t(uint32_t(left)) << 32 | uint32_t(right);
}

}  // namespace

void MergeList::reserve(size_t merges, size_t bytes) {
  merges_.reserve(merges);
  bytes_.reserve(bytes);
}

void MergeList::add(std::string_view left, std::string_view right) {
  auto offset = bytes_.size();
  bool reachable = append_byte_level(left, bytes_);
  auto middle = bytes_.size();
  reachable = reachable && append_byte_level(right, bytes_);
  auto end = bytes_.size();
  reachable = reachable && middle > offset && end > middle && end - offset < INT32_MAX;
  if (!reachable) bytes_.resize(offset);
  merges_.push_back({offset, reachable ? static_cast<uint32_t>(middle - offset) : 0,
                     reachable ? static_cast<uint32_t>(end - middle) : 0});
}

void MergeList::add_line(std::string_view line, std::string_view where) {
  auto space = line.find(' ');
  if (space == line.npos || line.find(' ', space + 1) != line.npos)
    fail(ErrorCode::bad_input, "{}: merge {} is '{}', not two tokens with a space between", where, size(),
         shown(line));
  add(line.substr(0, space), line.substr(space + 1));
}

std::string_view MergeList::left(uint32_t rank) const {
  return std::string_view(bytes_).substr(merges_[rank].offset, merges_[rank].left);
}
std::string_view MergeList::right(uint32_t rank) const {
  return std::string_view(bytes_).substr(merges_[rank].offset + merges_[rank].left, merges_[rank].right);
}
std::string_view MergeList::both(uint32_t rank) const {
  return std::string_view(bytes_).substr(merges_[rank].offset, merges_[rank].left + merges_[rank].right);
}

Bpe::Bpe(const Vocabulary& vocabulary, const MergeList& merges, BpeOptions options, std::string_view where)
    : vocabulary_(vocabulary),
      options_(options),
      byte_ids_(256, -1),
      seed_(random_seed()),
      whole_(size_t(vocabulary.size())) {
  for (int b = 0; b < 256; ++b) {
    char byte = static_cast<char>(b);
    byte_ids_[size_t(b)] = vocabulary_.find({&byte, 1});
  }
  slots_.assign(std::bit_ceil(size_t{merges.size()} * 2 + 1), {kFree, kNoMerge, -1});
  for (uint32_t rank = 0; rank < merges.size(); ++rank) {
    if (!merges.reachable(rank)) continue;
    auto left = vocabulary_.find(merges.left(rank));
    auto right = vocabulary_.find(merges.right(rank));
    auto merged = vocabulary_.find(merges.both(rank));
    if (left < 0 || right < 0 || merged < 0)
      fail(ErrorCode::bad_input, "{}: merge {} ('{} {}') names a token that is not in the vocabulary", where,
           rank, shown(to_byte_level(merges.left(rank))), shown(to_byte_level(merges.right(rank))));
    add_merge(pair_of(left, right), rank, merged);
  }
}

/// A pair that stands twice has its last rank, as in the reference.
void Bpe::add_merge(uint64_t pair, uint32_t rank, int32_t merged) {
  auto mask = slots_.size() - 1;
  auto slot = hash_word(pair, seed_) & mask;
  while (slots_[slot].pair != kFree && slots_[slot].pair != pair) slot = (slot + 1) & mask;
  slots_[slot] = {pair, rank, merged};
}

const Bpe::Merge* Bpe::find(int32_t left, int32_t right) const {
  auto mask = slots_.size() - 1;
  auto pair = pair_of(left, right);
  for (auto slot = hash_word(pair, seed_) & mask; slots_[slot].pair != kFree; slot = (slot + 1) & mask)
    if (slots_[slot].pair == pair) return &slots_[slot];
  return nullptr;
}

void Bpe::encode(std::string_view word, std::vector<int32_t>& ids) const {
  auto whole = word.size() > 1 ? vocabulary_.find(word) : -1;
  auto known = whole < 0 ? Whole::other : whole_[size_t(whole)].load(std::memory_order_relaxed);
  if (whole >= 0 && (options_.ignore_merges || known == Whole::itself)) {
    ids.push_back(whole);
    return;
  }
  auto before = ids.size();
  word.size() <= kShort ? encode_short(word, ids) : encode_by_queue(word, ids);
  if (known == Whole::unknown) {
    bool itself = ids.size() == before + 1 && ids.back() == whole;
    whole_[size_t(whole)].store(itself ? Whole::itself : Whole::other, std::memory_order_relaxed);
  }
}

/// Calls push for the token of each byte.
template <typename Push>
void Bpe::start(std::string_view word, Push push) const {
  bool in_unknown = false;
  for (char b : word) {
    auto id = byte_ids_[uint8_t(b)];
    bool unknown = id < 0;
    if (unknown && options_.unknown && !(in_unknown && options_.fuse_unknown)) push(*options_.unknown);
    if (!unknown) push(id);
    in_unknown = unknown;
  }
}

void Bpe::encode_short(std::string_view word, std::vector<int32_t>& ids) const {
  std::array<int32_t, kShort> id;
  std::array<uint32_t, kShort> rank;  // of the pair that begins here
  std::array<int32_t, kShort> merged;
  size_t n = 0;
  start(word, [&](int32_t token) { id[n++] = token; });
  auto look_up = [&](size_t i) {
    auto* merge = i + 1 < n ? find(id[i], id[i + 1]) : nullptr;
    rank[i] = merge ? merge->rank : kNoMerge;
    merged[i] = merge ? merge->merged : -1;
  };
  for (size_t i = 0; i < n; ++i) look_up(i);
  while (n > 1) {
    auto best = size_t(std::min_element(rank.begin(), rank.begin() + n) - rank.begin());
    if (rank[best] == kNoMerge) break;
    id[best] = merged[best];
    --n;
    std::copy(id.begin() + best + 2, id.begin() + n + 1, id.begin() + best + 1);
    std::copy(rank.begin() + best + 2, rank.begin() + n + 1, rank.begin() + best + 1);
    std::copy(merged.begin() + best + 2, merged.begin() + n + 1, merged.begin() + best + 1);
    look_up(best);
    if (best > 0) look_up(best - 1);
  }
  ids.insert(ids.end(), id.begin(), id.begin() + n);
}

void Bpe::encode_by_queue(std::string_view word, std::vector<int32_t>& ids) const {
  struct Symbol {
    int32_t id;              // -1 once merged into its left neighbour
    int32_t previous, next;  // -1 at the ends
  };
  struct Candidate {
    uint32_t rank;
    int32_t at;
    int32_t merged;
    bool operator<(const Candidate& o) const { return rank != o.rank ? rank > o.rank : at > o.at; }
  };
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  start(word, [&](int32_t token) {
    auto i = static_cast<int32_t>(symbols.size());
    symbols.push_back({token, i - 1, i + 1});
  });
  if (symbols.empty()) return;
  symbols.back().next = -1;

  std::vector<Candidate> storage;
  storage.reserve(symbols.size());
  std::priority_queue queue(std::less<Candidate>{}, std::move(storage));
  auto offer = [&](int32_t at) {
    if (at < 0 || symbols[size_t(at)].next < 0) return;
    auto& left = symbols[size_t(at)];
    if (auto* merge = find(left.id, symbols[size_t(left.next)].id))
      queue.push({merge->rank, at, merge->merged});
  };
  for (int32_t i = 0; i < static_cast<int32_t>(symbols.size()); ++i) offer(i);

  while (!queue.empty()) {
    auto top = queue.top();
    queue.pop();
    auto& left = symbols[size_t(top.at)];
    if (left.id < 0 || left.next < 0) continue;
    auto& right = symbols[size_t(left.next)];
    auto* merge = find(left.id, right.id);
    if (!merge || merge->merged != top.merged) continue;  // a neighbour has changed since
    left.id = top.merged;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) symbols[size_t(left.next)].previous = top.at;
    offer(left.previous);
    offer(top.at);
  }
  for (auto& symbol : symbols)
    if (symbol.id >= 0) ids.push_back(symbol.id);
}

}  // namespace retort
