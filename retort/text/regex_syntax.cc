// Oniguruma's syntax (Ruby's, as the tokenizers use it) rewritten for PCRE2 with UTF and UCP. What differs
// in silence is rewritten: \s, \w, \h, \v, ^, $, scripts, {,n}. What has no counterpart here is refused.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "retort/base/error.h"
#include "retort/text/regex.h"
#include "retort/text/shown.h"
#include "retort/text/unicode.h"

namespace retort {
namespace {

/// White_Space as class members. PCRE2's own \s has U+180E as well, and a property would be slower.
constexpr std::string_view kSpace =
    R"(\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";
constexpr std::string_view kWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
constexpr std::string_view kHex = "0-9A-Fa-f";

constexpr std::array<std::string_view, 42> kProperties = {
    "L",  "Ll", "Lm", "Lo", "Lt",  "Lu",         "M",           "Mc",        "Me",       "Mn", "N",
    "Nd", "Nl", "No", "P",  "Pc",  "Pd",         "Pe",          "Pf",        "Pi",       "Po", "Ps",
    "S",  "Sc", "Sk", "Sm", "So",  "Z",          "Zl",          "Zp",        "Zs",       "C",  "Cc",
    "Cf", "Cn", "Co", "Cs", "Any", "Alphabetic", "White_Space", "Lowercase", "Uppercase"};

class Translator {
 public:
  Translator(std::string_view pattern, std::string_view where) : in_(pattern), where_(where) {}

  std::string run() {
    while (i_ < in_.size()) atom();
    return std::move(out_);
  }

 private:
  bool starts(std::string_view s) const { return in_.substr(i_).starts_with(s); }

  [[noreturn]] void refuse(std::string_view what) const {
    fail(ErrorCode::unsupported, "{}: regex '{}': {} at byte {} is not supported", where_, shown(in_), what,
         i_);
  }

  void copy(size_t n) {
    out_ += in_.substr(i_, n);
    i_ += std::min(n, in_.size() - i_);
  }

  void emit(std::string_view s, size_t used) {
    out_ += s;
    i_ += used;
  }

  void atom() {
    switch (in_[i_]) {
      case '\\':
        return escape(/*in_class=*/false);
      case '[':
        return character_class();
      case '(':
        return group();
      case '{':
        return interval();
      case ']':
        return emit("\\]", 1);
      case '}':
        return emit("\\}", 1);
      case '^':
        return emit("(?m:^)", 1);
      case '$':
        return emit("(?m:$)", 1);
      default:
        return copy(1);
    }
  }

  void group() {
    for (std::string_view same : {"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>"})
      if (starts(same)) return copy(same.size());
    if (starts("(?")) refuse("this kind of group");
    emit("(?:", 1);
  }

  /// {n}, {n,}, {n,m} and Oniguruma's {,m}; any other brace is a character.
  void interval() {
    auto close = in_.find('}', i_);
    auto body = close == in_.npos ? std::string_view{} : in_.substr(i_ + 1, close - i_ - 1);
    bool counts = !body.empty() && body != "," && body.find_first_not_of("0123456789,") == body.npos &&
                  std::count(body.begin(), body.end(), ',') <= 1;
    if (!counts) return emit("\\{", 1);
    out_ += body.front() == ',' ? "{0" : "{";
    emit(body, body.size() + 1);
    emit("}", 1);
    if (starts("+")) refuse("'+' after an interval");  // repeats it there, makes it possessive here
  }

  void character_class() {
    copy(starts("[^") ? 2 : 1);
    for (bool first = true;; first = false) {
      if (i_ >= in_.size())
        fail(ErrorCode::bad_input, "{}: regex '{}': a character class has no end", where_, shown(in_));
      if (starts("&&")) refuse("'&&' in a character class");
      if (in_[i_] == '[') refuse("a class inside a class");
      if (in_[i_] == ']' && !first) return copy(1);
      if (in_[i_] == ']')
        emit("\\]", 1);
      else if (in_[i_] == '\\')
        escape(/*in_class=*/true);
      else
        copy(1);
    }
  }

  /// A set written by its members: itself inside a class, a class of its own outside.
  void set(std::string_view members, bool negated, bool in_class) {
    if (in_class && negated) refuse("a negated set in a class");
    if (!in_class) out_ += negated ? "[^" : "[";
    emit(members, 2);
    if (!in_class) out_ += "]";
  }

  void escape(bool in_class) {
    if (i_ + 1 >= in_.size())
      fail(ErrorCode::bad_input, "{}: regex '{}': ends in a backslash", where_, shown(in_));
    char c = in_[i_ + 1];
    switch (c) {
      case 's':
        return set(kSpace, false, in_class);
      case 'S':
        return in_class ? emit("\\P{White_Space}", 2) : set(kSpace, true, in_class);
      case 'w':
      case 'W':
        return set(kWord, c == 'W', in_class);
      case 'h':
      case 'H':
        return set(kHex, c == 'H', in_class);
      case 'p':
      case 'P':
        return property();
      case 'x':
        return hexadecimal();
      case 'u':
        return four_digits();
      case 'v':
        return emit("\\x0B", 2);
      case 'd':
      case 'D':
      case 'r':
      case 'n':
      case 't':
      case 'f':
      case 'a':
      case 'e':
        return copy(2);
      case 'A':
      case 'z':
      case 'Z':
        if (!in_class) return copy(2);
        [[fallthrough]];
      default:
        break;
    }
    if (std::string_view("0123456789").find(c) != std::string_view::npos || is_letter(c))
      refuse(fmt::format("the escape '\\{}'", c));
    if (uint8_t(c) < 0x80) return copy(2);
    ++i_;  // a backslash before a character beyond ASCII means that character
    copy(1);
  }

  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  /// A script must be named as one: bare, PCRE2 reads it as script extensions.
  void property() {
    auto close = in_.find('}', i_);
    if (i_ + 2 >= in_.size() || in_[i_ + 2] != '{' || close == in_.npos) refuse("a property without braces");
    bool caret = i_ + 3 < close && in_[i_ + 3] == '^';
    auto name = in_.substr(i_ + 3 + caret, close - i_ - 3 - caret);
    if (name.empty() ||
        !std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || c == '_'; }))
      refuse("this property");
    bool known = std::find(kProperties.begin(), kProperties.end(), name) != kProperties.end();
    bool negated = (in_[i_ + 1] == 'P') != caret;
    out_ += fmt::format("\\{}{{{}{}}}", negated ? 'P' : 'p', known ? "" : "sc:", name);
    i_ = close + 1;
  }

  size_t hex_digits(size_t from, size_t most) const {
    size_t n = 0;
    while (n < most && from + n < in_.size() &&
           std::string_view("0123456789abcdefABCDEF").find(in_[from + n]) != std::string_view::npos)
      ++n;
    return n;
  }

  void hexadecimal() {
    bool braced = i_ + 2 < in_.size() && in_[i_ + 2] == '{';
    size_t from = i_ + 2 + braced;
    size_t n = hex_digits(from, braced ? 8 : 2);
    if (n == 0 || (braced && (from + n >= in_.size() || in_[from + n] != '}')))
      refuse("this hexadecimal escape");
    out_ += fmt::format("\\x{{{}}}", in_.substr(from, n));
    i_ = from + n + braced;
  }

  void four_digits() {
    if (hex_digits(i_ + 2, 4) != 4) refuse("this hexadecimal escape");
    emit(fmt::format("\\x{{{}}}", in_.substr(i_ + 2, 4)), 6);
  }

  std::string_view in_;
  std::string_view where_;
  size_t i_ = 0;
  std::string out_;
};

}  // namespace

std::string to_pcre2(std::string_view pattern, std::string_view where) {
  if (!is_valid_utf8(pattern)) fail(ErrorCode::bad_input, "{}: a regex is not UTF-8", where);
  return Translator(pattern, where).run();
}

}  // namespace retort
