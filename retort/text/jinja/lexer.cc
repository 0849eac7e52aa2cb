#include "retort/text/jinja/lexer.h"

#include <algorithm>
#include <charconv>

#include "retort/base/error.h"
#include "retort/text/jinja/syntax.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja {

std::string normalize_newlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string describe_place(std::string_view source, size_t offset) {
  auto before = source.substr(0, std::min(offset, source.size()));
  auto line = 1 + std::count(before.begin(), before.end(), '\n');
  auto start = before.rfind('\n');
  auto column = 1 + length(start == before.npos ? before : before.substr(start + 1));
  return fmt::format("line {}, column {}", line, column);
}

namespace {

bool is_digit_byte(char c) {
  return c >= '0' && c <= '9';
}
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<uint8_t>(c) >= 0x80;
}
bool in_name(char c) {
  return starts_name(c) || is_digit_byte(c);
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) text_then_tag();
    push(TokenKind::end, source_.size(), "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void error(size_t place, std::string_view what) const {
    fail(ErrorCode::bad_input, "{}: {}", describe_place(source_, place), what);
  }

  bool looking_at(std::string_view text, size_t at) const { return source_.substr(at).starts_with(text); }

  void push(TokenKind kind, size_t place, std::string text) {
    tokens_.push_back({kind, static_cast<uint32_t>(place), std::move(text)});
  }
  void push_text(size_t place, std::string_view text) {
    if (!text.empty()) push(TokenKind::text, place, std::string(text));
  }

  size_t skip_space(size_t at) const {
    while (at < source_.size() && is_space(code_point(source_, at))) at += code_point_size(source_, at);
    return at;
  }

  /// The text before a tag whose sign is `sign`: `-` strips white space, and a block or comment that
  /// stands alone at the start of its line loses the blanks before it (lstrip_blocks).
  std::string_view before_tag(std::string_view text, char sign, bool variable) const {
    if (sign == '-') return strip_space(text, false, true);
    if (sign == '+' || variable) return text;
    auto newline = text.rfind('\n');
    size_t line = newline == text.npos ? 0 : newline + 1;
    if (line == 0 && !line_starting_) return text;
    bool blank = strip_space(text.substr(line), true, false).empty();
    return blank ? text.substr(0, line) : text;
  }

  void text_then_tag() {
    size_t open = at_;
    while ((open = source_.find('{', open)) != source_.npos) {
      char next = open + 1 < source_.size() ? source_[open + 1] : 0;
      if (next == '{' || next == '%' || next == '#') break;
      ++open;
    }
    if (open == source_.npos) {
      push_text(at_, source_.substr(at_));
      at_ = source_.size();
      return;
    }
    char type = source_[open + 1];
    size_t inside = open + 2;
    char sign = 0;
    if (inside < source_.size() && (source_[inside] == '-' || source_[inside] == '+'))
      sign = source_[inside++];
    push_text(at_, before_tag(source_.substr(at_, open - at_), sign, type == '{'));
    at_ = inside;
    if (type == '#') return comment(open);
    if (type == '%' && raw(open)) return;
    push(type == '{' ? TokenKind::variable_begin : TokenKind::block_begin, open, "");
    tag(type == '{', open);
  }

  /// After a tag that ends at `at`: `-` eats white space, otherwise `trim` eats one newline.
  void close(size_t at, char sign, bool trim) {
    size_t from = at;
    if (sign == '-')
      at = skip_space(at);
    else if (trim && sign != '+' && at < source_.size() && source_[at] == '\n')
      ++at;
    at_ = at;
    line_starting_ = at > from && source_[at - 1] == '\n';
  }

  void comment(size_t open) {
    size_t end = source_.find("#}", at_);
    if (end == source_.npos) error(open, "the comment {# is not closed by #}");
    char sign = end > at_ && (source_[end - 1] == '-' || source_[end - 1] == '+') ? source_[end - 1] : 0;
    close(end + 2, sign, true);
  }

  /// `{% raw %}`: if at_ stands after its `{%`, takes everything up to `{% endraw %}`.
  bool raw(size_t open) {
    size_t at = skip_space(at_);
    if (!looking_at("raw", at)) return false;
    at = skip_space(at + 3);
    char sign = looking_at("-%}", at) ? '-' : 0;
    if (!sign && !looking_at("%}", at)) return false;
    close(at + (sign ? 3 : 2), sign, false);
    for (size_t tag = source_.find("{%", at_); tag != source_.npos; tag = source_.find("{%", tag + 2))
      if (end_raw(tag)) return true;
    error(open, "{% raw %} is not closed by {% endraw %}");
  }

  bool end_raw(size_t tag) {
    size_t at = tag + 2;
    char begin_sign = 0;
    if (at < source_.size() && (source_[at] == '-' || source_[at] == '+')) begin_sign = source_[at++];
    at = skip_space(at);
    if (!looking_at("endraw", at)) return false;
    at = skip_space(at + 6);
    char sign = looking_at("-%}", at) ? '-' : looking_at("+%}", at) ? '+' : 0;
    if (!sign && !looking_at("%}", at)) return false;
    push_text(at_, before_tag(source_.substr(at_, tag - at_), begin_sign, false));
    close(at + (sign ? 3 : 2), sign, true);
    return true;
  }

  /// The end of the tag, if at_ stands at it.
  bool end_of_tag(bool variable) {
    char sign = looking_at("-", at_) ? '-' : looking_at("+", at_) && !variable ? '+' : 0;
    size_t mark = at_ + (sign ? 1 : 0);
    if (!looking_at(variable ? "}}" : "%}", mark)) return false;
    push(variable ? TokenKind::variable_end : TokenKind::block_end, at_, "");
    close(mark + 2, sign, !variable);
    return true;
  }

  void tag(bool variable, size_t open) {
    brackets_.clear();
    while (true) {
      at_ = skip_space(at_);
      if (at_ >= source_.size()) error(open, variable ? "{{ is not closed by }}" : "{% is not closed by %}");
      if (brackets_.empty() && end_of_tag(variable)) return;
      token();
    }
  }

  void token() {
    char c = source_[at_];
    if (is_digit_byte(c)) return number();
    if (starts_name(c)) return name();
    if (c == '\'' || c == '"') return string(c);
    symbol();
  }

  void name() {
    size_t end = at_;
    while (end < source_.size() && in_name(source_[end])) ++end;
    push(TokenKind::name, at_, std::string(source_.substr(at_, end - at_)));
    at_ = end;
  }

  /// Digits with single underscores between them, as Python reads them.
  size_t digits(size_t at, bool hex = false) const {
    auto ok = [&](size_t i) {
      if (i >= source_.size()) return false;
      char c = source_[i];
      return is_digit_byte(c) || (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
    };
    while (ok(at) || (at < source_.size() && source_[at] == '_' && ok(at + 1))) ++at;
    return at;
  }

  /// The end of a float that starts at at_, or 0: digits after a dot, an exponent, or both.
  size_t real_end() const {
    if (at_ > 0 && source_[at_ - 1] == '.') return 0;  // `a.1.0` is two items
    size_t end = digits(at_);
    bool real = false;
    if (looking_at(".", end) && digits(end + 1) > end + 1) {
      end = digits(end + 1);
      real = true;
    }
    if (looking_at("e", end) || looking_at("E", end)) {
      size_t power = end + 1;
      if (looking_at("+", power) || looking_at("-", power)) ++power;
      if (digits(power) > power) return digits(power);
    }
    return real ? end : 0;
  }

  void number() {
    size_t end = real_end();
    TokenKind kind = end ? TokenKind::real : TokenKind::integer;
    if (!end) {
      bool based = source_[at_] == '0' && at_ + 1 < source_.size() &&
                   std::string_view("xXoObB").find(source_[at_ + 1]) != std::string_view::npos;
      end = based ? digits(at_ + 2, true) : digits(at_);
    }
    std::string text(source_.substr(at_, end - at_));
    std::erase(text, '_');
    push(kind, at_, std::move(text));
    at_ = end;
  }

  void string(char quote) {
    size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) error(at_, "the string is not closed");
    push(TokenKind::string, at_, unescape(source_.substr(at_ + 1, end - at_ - 1)));
    at_ = end + 1;
  }

  /// The number of up to `most` digits of `base` at text[at]; moves `at` past it.
  uint32_t code(std::string_view text, size_t& at, size_t most, int base, bool exact) const {
    uint32_t value = 0;
    auto part = text.substr(at, most);
    auto [end, error_code] = std::from_chars(part.data(), part.data() + part.size(), value, base);
    auto n = static_cast<size_t>(end - part.data());
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (error_code != std::errc() || (exact && n != most) || surrogate || value > 0x10FFFF)
      error(at_, "the string has a malformed \\x, \\u or \\U escape");
    at += n;
    return value;
  }

  std::string unescape(std::string_view text) const {
    static constexpr std::string_view kPlain = "n\nt\tr\ra\ab\bf\fv\v\\\\''\"\"";
    std::string out;
    for (size_t i = 0; i < text.size();) {
      if (text[i] != '\\') {
        out += text[i++];
        continue;
      }
      char c = text[i + 1];
      i += 2;
      bool plain = false;
      for (size_t k = 0; k < kPlain.size() && !plain; k += 2)
        if ((plain = kPlain[k] == c)) out += kPlain[k + 1];
      if (plain || c == '\n') continue;
      if (c == 'x' || c == 'u' || c == 'U')
        append_code_point(out, code(text, i, c == 'x' ? 2 : c == 'u' ? 4 : 8, 16, true));
      else if (c >= '0' && c <= '7')
        append_code_point(out, code(text, --i, 3, 8, false));
      else
        out += {'\\', c};
    }
    return out;
  }

  void symbol() {
    static constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", ">=", "<="};
    static constexpr std::string_view kOne = "+-*/%~[](){}><=.:|,;";
    for (auto two : kTwo)
      if (looking_at(two, at_)) {
        push(TokenKind::symbol, at_, std::string(two));
        at_ += 2;
        return;
      }
    char c = source_[at_];
    if (kOne.find(c) == kOne.npos) error(at_, fmt::format("unexpected character '{}'", shown(at_)));
    balance(c);
    push(TokenKind::symbol, at_, std::string(1, c));
    ++at_;
  }

  std::string_view shown(size_t at) const { return source_.substr(at, code_point_size(source_, at)); }

  void balance(char c) {
    if (c == '(' || c == '[' || c == '{') brackets_ += c;
    if (c != ')' && c != ']' && c != '}') return;
    char open = c == ')' ? '(' : c == ']' ? '[' : '{';
    if (brackets_.empty() || brackets_.back() != open)
      error(at_, fmt::format("'{}' closes a bracket that is not open", c));
    brackets_.pop_back();
  }

  std::string_view source_;
  size_t at_ = 0;
  bool line_starting_ = true;  // the text after the last tag starts a line
  std::string brackets_;       // open in the current tag
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(source).run();
}

}  // namespace retort::jinja
