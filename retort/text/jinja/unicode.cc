#include "retort/text/jinja/unicode.h"

#include <string.h>  // memmem
#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace retort::jinja {

size_t code_point_size(std::string_view text, size_t at) {
  utf8proc_int32_t cp = 0;
  auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                            static_cast<utf8proc_ssize_t>(text.size() - at), &cp);
  return n > 0 ? static_cast<size_t>(n) : 1;
}

uint32_t code_point(std::string_view text, size_t at) {
  auto byte = static_cast<uint8_t>(text[at]);
  if (byte < 0x80) return byte;
  utf8proc_int32_t cp = 0;
  auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                            static_cast<utf8proc_ssize_t>(text.size() - at), &cp);
  return n > 0 ? static_cast<uint32_t>(cp) : 0xDC00u + byte;
}

void append_code_point(std::string& out, uint32_t cp) {
  if (cp >= 0xDC80 && cp <= 0xDCFF) {
    out += static_cast<char>(cp - 0xDC00);
    return;
  }
  std::array<utf8proc_uint8_t, 4> bytes{};
  auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(cp), bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(n));
}

size_t length(std::string_view text) {
  size_t n = 0;
  for (size_t at = 0; at < text.size(); ++n)
    at += static_cast<uint8_t>(text[at]) < 0x80 ? 1 : code_point_size(text, at);
  return n;
}

std::vector<size_t> offsets(std::string_view text) {
  std::vector<size_t> at{0};
  while (at.back() < text.size()) at.push_back(at.back() + code_point_size(text, at.back()));
  return at;
}

bool is_space(uint32_t cp) {
  if ((cp >= 0x09 && cp <= 0x0D) || (cp >= 0x1C && cp <= 0x20) || cp == 0x85) return true;
  if (cp < 0xA0) return false;
  auto category = utf8proc_category(static_cast<utf8proc_int32_t>(cp));
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

namespace {

/// utf8proc knows nothing of a stray byte.
utf8proc_category_t category_of(uint32_t cp) {
  if (cp >= 0xDC00 && cp <= 0xDCFF) return UTF8PROC_CATEGORY_CN;
  return utf8proc_category(static_cast<utf8proc_int32_t>(cp));
}

/// Letters whose capital is more than one letter (Unicode SpecialCasing.txt), the ones in use.
struct SpecialUpper {
  uint32_t cp;
  std::string_view upper;
};
constexpr SpecialUpper kSpecialUpper[] = {
    {0x00DF, "SS"},
    {0x0149, "\u02BCN"},
    {0x01F0, "J\u030C"},
    {0xFB00, "FF"},
    {0xFB01, "FI"},
    {0xFB02, "FL"},
    {0xFB03, "FFI"},
    {0xFB04, "FFL"},
    {0xFB05, "ST"},
    {0xFB06, "ST"},
    {0x0390, "\u0399\u0308\u0301"},
    {0x03B0, "\u03A5\u0308\u0301"},
    {0x0587, "\u0535\u0552"},
};

void append_upper(std::string& out, uint32_t cp) {
  for (const auto& special : kSpecialUpper)
    if (special.cp == cp) {
      out += special.upper;
      return;
    }
  append_code_point(out, static_cast<uint32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(cp))));
}

void append_lower(std::string& out, uint32_t cp) {
  if (cp == 0x130) {  // capital I with dot
    out += "i\u0307";
    return;
  }
  append_code_point(out, static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(cp))));
}

void append_title(std::string& out, uint32_t cp) {
  constexpr uint32_t kFirstLigature = 0xFB00;
  if (cp == 0xDF || (cp >= kFirstLigature && cp <= 0xFB06)) {
    std::string upper;
    append_upper(upper, cp);
    for (size_t i = 1; i < upper.size(); ++i) upper[i] = static_cast<char>(upper[i] | 0x20);
    out += upper;
    return;
  }
  append_code_point(out, static_cast<uint32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(cp))));
}

/// A capital sigma that ends a word becomes the final form.
bool final_sigma(std::string_view text, size_t at, bool after_letter) {
  size_t next = at + code_point_size(text, at);
  return after_letter && (next >= text.size() || !is_alpha(code_point(text, next)));
}

/// Visits each code point with whether a letter stands before it.
template <typename Each>
std::string map_text(std::string_view text, Each each) {
  std::string out;
  out.reserve(text.size());
  bool after_letter = false;
  for (size_t at = 0; at < text.size(); at += code_point_size(text, at)) {
    uint32_t cp = code_point(text, at);
    each(out, cp, at, after_letter);
    after_letter = is_upper(cp) || is_lower(cp) || category_of(cp) == UTF8PROC_CATEGORY_LT;
  }
  return out;
}

void lower_at(std::string& out, std::string_view text, uint32_t cp, size_t at, bool after_letter) {
  constexpr uint32_t kSigma = 0x3A3;
  constexpr uint32_t kFinalSigma = 0x3C2;
  if (cp == kSigma && final_sigma(text, at, after_letter))
    append_code_point(out, kFinalSigma);
  else
    append_lower(out, cp);
}

}  // namespace

bool is_alpha(uint32_t cp) {
  auto category = category_of(cp);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}
bool is_digit(uint32_t cp) {
  return category_of(cp) == UTF8PROC_CATEGORY_ND;
}
bool is_upper(uint32_t cp) {
  return category_of(cp) == UTF8PROC_CATEGORY_LU;
}
bool is_lower(uint32_t cp) {
  return category_of(cp) == UTF8PROC_CATEGORY_LL;
}

std::string to_upper(std::string_view text) {
  return map_text(text, [](std::string& out, uint32_t cp, size_t, bool) { append_upper(out, cp); });
}

std::string to_lower(std::string_view text) {
  return map_text(text, [text](std::string& out, uint32_t cp, size_t at, bool after_letter) {
    lower_at(out, text, cp, at, after_letter);
  });
}

std::string to_title(std::string_view text) {
  return map_text(text, [text](std::string& out, uint32_t cp, size_t at, bool after_letter) {
    if (after_letter)
      lower_at(out, text, cp, at, true);
    else
      append_title(out, cp);
  });
}

std::string capitalize(std::string_view text) {
  return map_text(text, [text](std::string& out, uint32_t cp, size_t at, bool after_letter) {
    if (at == 0)
      append_title(out, cp);
    else
      lower_at(out, text, cp, at, after_letter);
  });
}

namespace {

/// The start of the code point that ends at `end`.
size_t previous(std::string_view text, size_t end) {
  for (size_t n = 1; n <= 4 && n <= end; ++n)
    if (code_point_size(text.substr(0, end), end - n) == n) {
      bool continuation = (static_cast<uint8_t>(text[end - n]) & 0xC0) == 0x80;
      if (!continuation) return end - n;
    }
  return end - 1;
}

template <typename Drop>
std::string_view strip_if(std::string_view text, bool left, bool right, Drop drop) {
  size_t begin = 0;
  size_t end = text.size();
  while (left && begin < end && drop(code_point(text, begin))) begin += code_point_size(text, begin);
  while (right && begin < end) {
    size_t last = previous(text, end);
    if (last < begin || !drop(code_point(text.substr(0, end), last))) break;
    end = last;
  }
  return text.substr(begin, end - begin);
}

}  // namespace

std::string_view strip_space(std::string_view text, bool left, bool right) {
  return strip_if(text, left, right, is_space);
}

std::string_view strip_chars(std::string_view text, std::string_view chars, bool left, bool right) {
  std::vector<uint32_t> set;
  for (size_t at = 0; at < chars.size(); at += code_point_size(chars, at))
    set.push_back(code_point(chars, at));
  std::sort(set.begin(), set.end());
  return strip_if(text, left, right,
                  [&](uint32_t cp) { return std::binary_search(set.begin(), set.end(), cp); });
}

size_t find_text(std::string_view text, std::string_view part, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const void* hit = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  if (!hit) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(hit) - text.data());
}

}  // namespace retort::jinja
