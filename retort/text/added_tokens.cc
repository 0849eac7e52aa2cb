#include "retort/text/added_tokens.h"

#include <algorithm>

#include "retort/text/unicode.h"

namespace retort {

void TextSet::add(std::string_view text, int32_t index) {
  int32_t node = 0;
  for (char c : text) {
    auto byte = uint8_t(c);
    auto next = follow(node, byte);
    if (next < 0) {
      next = static_cast<int32_t>(nodes_.size());
      nodes_.emplace_back();
      auto& edges = nodes_[size_t(node)].next;
      edges.insert(std::upper_bound(edges.begin(), edges.end(), std::pair(byte, next)), {byte, next});
    }
    node = next;
  }
  nodes_[size_t(node)].index = index;
  if (!text.empty()) begins_[uint8_t(text[0])] = true;
}

int32_t TextSet::follow(int32_t node, uint8_t byte) const {
  auto& edges = nodes_[size_t(node)].next;
  auto edge = std::lower_bound(edges.begin(), edges.end(), std::pair(byte, int32_t{0}));
  return edge != edges.end() && edge->first == byte ? edge->second : -1;
}

std::optional<TextSet::Match> TextSet::find(std::string_view text, size_t from) const {
  for (size_t begin = from; begin < text.size(); ++begin) {
    if (!begins_[uint8_t(text[begin])]) continue;
    std::optional<Match> longest;
    int32_t node = 0;
    for (size_t i = begin; i < text.size() && (node = follow(node, uint8_t(text[i]))) >= 0; ++i)
      if (auto index = nodes_[size_t(node)].index; index >= 0) longest = Match{{begin, i + 1}, index};
    if (longest) return longest;
  }
  return std::nullopt;
}

void AddedTokens::add(AddedToken token, std::string_view normalized_content) {
  auto index = static_cast<int32_t>(tokens_.size());
  token.normalized ? normalized_.add(normalized_content, index) : raw_.add(token.content, index);
  by_id_[token.id] = tokens_.size();
  by_content_[token.content] = token.id;
  tokens_.push_back(std::move(token));
}

const AddedToken* AddedTokens::find(int32_t id) const {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

std::optional<int32_t> AddedTokens::id_of(std::string_view content) const {
  auto found = by_content_.find(std::string(content));
  return found == by_content_.end() ? std::nullopt : std::optional(found->second);
}

namespace {

bool stands_alone(std::string_view text, TextSpan span) {
  bool word_before = span.begin > 0 && is_word_character(decode_utf8_before(text, span.begin));
  bool word_after = span.end < text.size() && is_word_character(decode_utf8(text.substr(span.end)));
  return !word_before && !word_after;
}

/// Where the white space before `end` begins, not before `from`.
size_t space_before(std::string_view text, size_t from, size_t end) {
  while (end > from && is_white_space(decode_utf8_before(text, end))) {
    do --end;
    while (end > from && (uint8_t(text[end]) & 0xC0) == 0x80);
  }
  return end;
}

size_t space_after(std::string_view text, size_t begin) {
  while (begin < text.size() && is_white_space(decode_utf8(text.substr(begin))))
    begin += utf8_step(text.substr(begin)).length;
  return begin;
}

/// The first match from `from` on that lies in one of the spans; those behind it are left in `trusted`.
std::optional<TextSet::Match> find_trusted(const TextSet& set, std::string_view text, size_t from,
                                           std::span<const TextSpan>& trusted) {
  for (; !trusted.empty(); trusted = trusted.subspan(1)) {
    auto [begin, end] = trusted.front();
    if (auto match = set.find(text.substr(0, end), std::max(begin, from))) return match;
  }
  return std::nullopt;
}

}  // namespace

std::vector<TextPart> AddedTokens::split(std::string_view text, bool normalized,
                                         std::span<const TextSpan> trusted) const {
  auto& set = normalized ? normalized_ : raw_;
  std::vector<TextPart> parts;
  size_t done = 0;  // of the text that is in a part
  size_t from = 0;  // where the next search begins; a token taken with its space may reach beyond
  TextSpan space;   // the last white space taken on the right
  if (set.empty()) trusted = {};
  while (auto match = find_trusted(set, text, from, trusted)) {
    auto& token = tokens_[size_t(match->index)];
    auto span = match->span;
    from = span.end;
    if (token.single_word && !stands_alone(text, span)) continue;
    if (token.lstrip) span.begin = std::max(space_before(text, std::min(done, span.begin), span.begin), done);
    if (token.rstrip) {  // a token within the space that an earlier one took need not look for its end again
      if (span.end < space.begin || span.end > space.end) space = {span.end, space_after(text, span.end)};
      span.end = space.end;
    }
    if (done < span.begin) parts.push_back({-1, {done, span.begin}});
    parts.push_back({token.id, span});
    done = span.end;
  }
  if (done < text.size()) parts.push_back({-1, {done, text.size()}});
  return parts;
}

}  // namespace retort
