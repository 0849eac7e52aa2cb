#include "retort/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "retort/base/check.h"
#include "retort/base/error.h"

namespace retort {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr char32_t kFirstCombining = 0x300;  // below it every character is a starter that composes with none

struct Lead {
  uint32_t length;    // 0: no character begins with this byte
  uint8_t low, high;  // what the second byte may be
};

/// Table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences".
Lead lead(uint8_t b) {
  if (b < 0xC2 || b > 0xF4) return {0, 0, 0};
  if (b < 0xE0) return {2, 0x80, 0xBF};
  if (b < 0xF0) return {3, uint8_t(b == 0xE0 ? 0xA0 : 0x80), uint8_t(b == 0xED ? 0x9F : 0xBF)};
  return {4, uint8_t(b == 0xF0 ? 0x90 : 0x80), uint8_t(b == 0xF4 ? 0x8F : 0xBF)};
}

/// How many of the first bytes are ASCII, eight at a time.
size_t ascii_prefix(std::string_view bytes) {
  size_t i = 0;
  for (uint64_t eight; i + 8 <= bytes.size(); i += 8) {
    std::memcpy(&eight, bytes.data() + i, 8);
    if (eight & 0x8080808080808080ull) break;
  }
  while (i < bytes.size() && uint8_t(bytes[i]) < 0x80) ++i;
  return i;
}

int combining_class(utf8proc_int32_t c) {
  return utf8proc_get_property(c)->combining_class;
}

/// Surely unchanged by NFC next to anything before it: a starter without a canonical decomposition that
/// is never the second half of a composition.
bool is_inert(char32_t c) {
  if (c < kFirstCombining) return true;
  if (c >= 0x1160 && c < 0x1200) return false;  // Hangul vowels and finals compose by rule
  auto* p = utf8proc_get_property(utf8proc_int32_t(c));
  bool decomposes = p->decomp_seqindex != UINT16_MAX && p->decomp_type == 0;
  bool composes_as_second = p->comb_index != UINT16_MAX && p->comb_index >= 0x8000;
  return p->combining_class == 0 && !decomposes && !composes_as_second;
}

/// Each run of combining marks in canonical order: by class, and equals as they stood. The library's own
/// ordering is quadratic.
void order_marks(std::vector<utf8proc_int32_t>& chars) {
  std::vector<std::pair<uint64_t, utf8proc_int32_t>> marks;  // by class << 32 | position
  for (size_t i = 0; i < chars.size(); ++i) {
    marks.clear();
    for (size_t k = i; k < chars.size() && combining_class(chars[k]) != 0; ++k)
      marks.emplace_back(uint64_t(combining_class(chars[k])) << 32 | marks.size(), chars[k]);
    std::sort(marks.begin(), marks.end());
    for (auto& mark : marks) chars[i++] = mark.second;
  }
}

constexpr auto kDecompose = utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);

std::vector<utf8proc_int32_t> decompose(std::string_view text) {
  std::vector<utf8proc_int32_t> chars;
  chars.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    auto step = utf8_step(text.substr(i));
    RETORT_CHECK(step.kind == Utf8Step::Kind::valid);
    std::array<utf8proc_int32_t, 8> parts;  // the longest canonical decomposition has 4
    int boundary = 0;
    auto n = utf8proc_decompose_char(utf8proc_int32_t(decode_utf8(text.substr(i))), parts.data(),
                                     utf8proc_ssize_t(parts.size()), kDecompose, &boundary);
    RETORT_CHECK(n >= 0 && size_t(n) <= parts.size());
    chars.insert(chars.end(), parts.begin(), parts.begin() + n);
    i += step.length;
  }
  return chars;
}

}  // namespace

Utf8Step utf8_step(std::string_view bytes) {
  using enum Utf8Step::Kind;
  auto first = uint8_t(bytes[0]);
  if (first < 0x80) return {valid, 1};
  auto [length, low, high] = lead(first);
  if (length == 0) return {broken, 1};
  for (uint32_t k = 1; k < length; ++k, low = 0x80, high = 0xBF) {
    if (k >= bytes.size()) return {incomplete, k};
    auto b = uint8_t(bytes[k]);
    if (b < low || b > high) return {broken, k};
  }
  return {valid, length};
}

char32_t decode_utf8(std::string_view bytes) {
  auto at = [&](size_t i) { return char32_t(uint8_t(bytes[i]) & 0x3F); };
  auto first = uint8_t(bytes[0]);
  if (first < 0x80) return first;
  if (first < 0xE0) return char32_t(first & 0x1F) << 6 | at(1);
  if (first < 0xF0) return char32_t(first & 0x0F) << 12 | at(1) << 6 | at(2);
  return char32_t(first & 0x07) << 18 | at(1) << 12 | at(2) << 6 | at(3);
}

char32_t decode_utf8_before(std::string_view text, size_t end) {
  size_t begin = end - 1;
  while (begin > 0 && (uint8_t(text[begin]) & 0xC0) == 0x80) --begin;
  return decode_utf8(text.substr(begin));
}

void append_utf8(std::string& out, char32_t c) {
  auto tail = [&](int shift) { out += char(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += char(c);
  } else if (c < 0x800) {
    out += char(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += char(0xE0 | (c >> 12));
    tail(6), tail(0);
  } else {
    out += char(0xF0 | (c >> 18));
    tail(12), tail(6), tail(0);
  }
}

bool is_valid_utf8(std::string_view bytes) {
  for (size_t i = ascii_prefix(bytes); i < bytes.size(); i += ascii_prefix(bytes.substr(i))) {
    auto step = utf8_step(bytes.substr(i));
    if (step.kind != Utf8Step::Kind::valid) return false;
    i += step.length;
  }
  return true;
}

size_t append_complete_utf8(std::string_view bytes, std::string& out) {
  for (size_t i = 0; i < bytes.size();) {
    auto n = ascii_prefix(bytes.substr(i));
    out.append(bytes, i, n);
    i += n;
    if (i == bytes.size()) break;
    auto step = utf8_step(bytes.substr(i));
    if (step.kind == Utf8Step::Kind::incomplete) return i;
    out += step.kind == Utf8Step::Kind::valid ? bytes.substr(i, step.length) : kReplacement;
    i += step.length;
  }
  return bytes.size();
}

std::string repair_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  if (append_complete_utf8(bytes, out) < bytes.size()) out += kReplacement;
  return out;
}

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_word_character(char32_t c) {
  constexpr uint32_t kWord =
      1u << UTF8PROC_CATEGORY_LU | 1u << UTF8PROC_CATEGORY_LL | 1u << UTF8PROC_CATEGORY_LT |
      1u << UTF8PROC_CATEGORY_LM | 1u << UTF8PROC_CATEGORY_LO | 1u << UTF8PROC_CATEGORY_MN |
      1u << UTF8PROC_CATEGORY_MC | 1u << UTF8PROC_CATEGORY_ME | 1u << UTF8PROC_CATEGORY_ND |
      1u << UTF8PROC_CATEGORY_NL | 1u << UTF8PROC_CATEGORY_PC;
  bool joins = c == 0x200C || c == 0x200D;
  // Other_Alphabetic beyond letters and marks: circled, squared and negative squared letters.
  bool enclosed = (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
                  (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
  return joins || enclosed || (kWord >> utf8proc_category(utf8proc_int32_t(c)) & 1);
}

bool is_surely_nfc(std::string_view text) {
  for (size_t i = ascii_prefix(text); i < text.size(); i += ascii_prefix(text.substr(i))) {
    auto step = utf8_step(text.substr(i));
    RETORT_CHECK(step.kind == Utf8Step::Kind::valid);
    if (!is_inert(decode_utf8(text.substr(i)))) return false;
    i += step.length;
  }
  return true;
}

std::string nfc(std::string_view text) {
  if (is_surely_nfc(text)) return std::string(text);
  auto chars = decompose(text);
  order_marks(chars);
  auto options = utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  auto n = utf8proc_normalize_utf32(chars.data(), utf8proc_ssize_t(chars.size()), options);
  RETORT_CHECK(n >= 0);
  std::string out;
  out.reserve(text.size());
  for (auto c : std::span(chars).first(size_t(n))) append_utf8(out, char32_t(c));
  return out;
}

}  // namespace retort
