#include "retort/text/vocabulary.h"

#include <algorithm>
#include <bit>

#include "retort/base/error.h"
#include "retort/text/byte_level.h"
#include "retort/text/hash.h"
#include "retort/text/shown.h"

namespace retort {
namespace {

// Ids may leave gaps, but not so that a small file asks for a large table.
constexpr uint64_t kSpareIds = 4096;
constexpr uint64_t kMostIdsPerToken = 4;
constexpr size_t kLongestToken = 1 << 20;

}  // namespace

void Vocabulary::reserve(size_t tokens, size_t bytes) {
  ids_.reserve(tokens);
  tokens_.reserve(tokens);
  bytes_.reserve(bytes);
}

void Vocabulary::append(int64_t id, std::string_view text, Kind kind) {
  auto offset = bytes_.size();
  if (!append_byte_level(text, bytes_)) {
    bytes_ += text;
    if (kind == Kind::byte_level) kind = Kind::literal;
  }
  auto length = std::min(bytes_.size() - offset, kLongestToken + 1);  // finish() refuses the longer ones
  ids_.push_back(id);
  tokens_.push_back({offset, static_cast<uint32_t>(length), kind});
}

void Vocabulary::add(int64_t id, std::string_view text) {
  append(id, text, Kind::byte_level);
}
void Vocabulary::add_added(int64_t id, std::string_view text) {
  append(id, text, Kind::added);
}

void Vocabulary::finish(std::string_view where) {
  order_by_id(where);
  build_index(where);
}

void Vocabulary::order_by_id(std::string_view where) {
  auto lowest = ids_.empty() ? 0 : *std::min_element(ids_.begin(), ids_.end());
  if (lowest < 0) fail(ErrorCode::bad_input, "{}: token id {} is negative", where, lowest);
  auto limit = ids_.size() * kMostIdsPerToken + kSpareIds;
  auto highest = ids_.empty() ? -1 : *std::max_element(ids_.begin(), ids_.end());
  if (highest >= INT32_MAX || uint64_t(highest + 1) > limit)
    fail(ErrorCode::bad_input, "{}: token id {} is too high for a vocabulary of {} tokens", where, highest,
         ids_.size());
  std::vector<Token> ordered(size_t(highest + 1));
  for (size_t i = 0; i < ids_.size(); ++i) {
    auto& token = tokens_[i];
    if (token.length > kLongestToken)
      fail(ErrorCode::bad_input, "{}: token {} is longer than {} bytes", where, ids_[i], kLongestToken);
    auto& place = ordered[size_t(ids_[i])];
    if (place.kind != Kind::absent && token.kind == Kind::added) continue;
    if (place.kind != Kind::absent)
      fail(ErrorCode::bad_input, "{}: two tokens have the id {}", where, ids_[i]);
    place = token;
  }
  tokens_ = std::move(ordered);
  ids_ = {};
}

void Vocabulary::build_index(std::string_view where) {
  seed_ = random_seed();
  slots_.assign(std::bit_ceil(tokens_.size() * 2 + 1), -1);
  auto mask = slots_.size() - 1;
  for (int32_t id = 0; id < size(); ++id) {
    auto kind = tokens_[size_t(id)].kind;
    bool unique = true;
    if (kind == Kind::literal) {
      unique = literals_.emplace(bytes(id), id).second;
    } else if (kind == Kind::byte_level) {
      auto slot = hash_bytes(bytes(id), seed_) & mask;
      for (; slots_[slot] >= 0 && unique; slot = (slot + 1) & mask) unique = bytes(slots_[slot]) != bytes(id);
      slots_[slot] = id;
    }
    if (!unique)
      fail(ErrorCode::bad_input, "{}: the token '{}' stands twice", where, shown(to_byte_level(bytes(id))));
  }
}

std::string_view Vocabulary::bytes(int64_t id) const {
  if (id < 0 || id >= size()) return {};
  auto& token = tokens_[size_t(id)];
  return std::string_view(bytes_).substr(token.offset, token.length);
}

std::string Vocabulary::text(int64_t id) const {
  bool literal = contains(id) && tokens_[size_t(id)].kind == Kind::literal;
  return literal ? std::string(bytes(id)) : to_byte_level(bytes(id));
}

int32_t Vocabulary::find(std::string_view wanted) const {
  auto mask = slots_.size() - 1;
  for (auto slot = hash_bytes(wanted, seed_) & mask; slots_[slot] >= 0; slot = (slot + 1) & mask)
    if (bytes(slots_[slot]) == wanted) return slots_[slot];
  return -1;
}

std::optional<int32_t> Vocabulary::find_text(std::string_view text) const {
  std::string as_bytes;
  if (append_byte_level(text, as_bytes)) {
    auto id = find(as_bytes);
    return id < 0 ? std::nullopt : std::optional(id);
  }
  auto literal = literals_.find(text);
  return literal == literals_.end() ? std::nullopt : std::optional(literal->second);
}

}  // namespace retort
