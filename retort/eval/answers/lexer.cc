#include "retort/eval/answers/lexer.h"

#include <algorithm>
#include <optional>

#include "retort/eval/answers/ascii.h"
#include "retort/eval/answers/latex_names.h"
#include "retort/eval/answers/limits.h"

namespace retort::eval {
namespace {

/// Unicode signs as LaTeX. At most 12 bytes come from one sign, so the result stays bounded.
std::string spelled_out(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const UnicodeSign* sign = is_alpha(text[0]) ? nullptr : unicode_sign(text);
    result += sign ? sign->meaning : text.substr(0, 1);
    text.remove_prefix(sign ? sign->bytes.size() : 1);
  }
  return result;
}

/// 5^{th}
bool is_ordinal(std::string_view run) {
  return run == "th" || run == "st" || run == "nd" || run == "rd";
}

/// "  No  Solution" -> "no solution"
std::string prose(std::string_view text) {
  std::string result;
  for (char c : trimmed(text, " \t\r\n\f\v.()~")) {
    char d = is_blank(c) || c == '~' ? ' ' : to_lower(c);
    if (d != ' ' || result.back() != ' ') result += d;
  }
  return result;
}

class Lexer {
 public:
  Lexer(std::string_view text, CommaRule rule) : text_(text), rule_(rule) {}

  Result<Tokens> run() {
    while (at_ < text_.size() && !failed_) step();
    if (failed_)
      return tl::unexpected(
          make_error(ErrorCode::bad_input, "answer: a brace at byte {} does not close", at_));
    add(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool looking_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void add(TokenKind kind, std::string text) {
    tokens_.all.push_back({kind, std::move(text), space_});
    space_ = false;
  }

  const Token* previous() const { return tokens_.all.empty() ? nullptr : &tokens_.all.back(); }

  void step() {
    const char c = peek();
    if (is_blank(c) || c == '~' || c == '$' || c == '`') {
      space_ = true;
      ++at_;
    } else if (c == '\\') {
      command();
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
    } else if (is_letter_byte(c)) {
      letters();
    } else {
      sign();
    }
  }

  void sign() {
    const char c = text_[at_++];
    if (c == '{' || c == '}') return add(c == '{' ? TokenKind::open : TokenKind::close, std::string(1, c));
    if (c == '.' && only_closing_follows()) return;
    if (c == '*' && peek() == '*') {
      ++at_;
      return add(TokenKind::sign, "^");
    }
    if ((c == '<' || c == '>') && peek() == '=') {
      ++at_;
      return add(TokenKind::sign, std::string(1, c) + "=");
    }
    emit_sign(std::string(1, c));
  }

  /// A full stop at the end belongs to the sentence.
  bool only_closing_follows() const { return text_.find_first_not_of(" \t\r\n$}.)\\]", at_) == text_.npos; }

  void emit_sign(std::string sign) {
    if (sign == "(" || sign == "[" || sign == "{:") ++brackets_;
    if ((sign == ")" || sign == "]" || sign == ":}") && brackets_ > 0) --brackets_;
    if (sign == ";") sign = ",";
    // "1, 2, and 3" has one separator before the 3.
    if (sign == "," && previous() && previous()->kind == TokenKind::sign && previous()->text == ",") return;
    add(TokenKind::sign, std::move(sign));
  }

  void emit_command(std::string_view name) {
    const std::string_view meaning = canonical_command(name);
    if (is_alpha(meaning[0]))
      add(TokenKind::command, std::string(meaning));
    else
      emit_sign(std::string(meaning));
  }

  void emit_word(std::string_view content) {
    for (size_t comma = content.find(','); comma != content.npos; comma = content.find(',')) {
      emit_phrase(content.substr(0, comma));
      emit_sign(",");
      content.remove_prefix(comma + 1);
    }
    emit_phrase(content);
  }

  void emit_phrase(std::string_view content) {
    std::string word = prose(content);
    if (word.empty()) {
      space_ = true;
    } else if (word == "or" || word == "and") {
      emit_sign(",");
    } else if (is_plain_command(word)) {
      emit_command(word);
    } else {
      add(TokenKind::word, std::move(word));
    }
  }

  /// After "^" or "^{".
  bool in_script() const {
    const auto& all = tokens_.all;
    const size_t n = all.size();
    if (n > 1 && all[n - 1].kind == TokenKind::open) return all[n - 2].text == "^";
    return n > 0 && all[n - 1].text == "^";
  }

  void letters() {
    const size_t begin = at_;
    while (at_ < text_.size() && is_letter_byte(text_[at_])) ++at_;
    const std::string_view run = text_.substr(begin, at_ - begin);
    const bool after_number = previous() && previous()->kind == TokenKind::number;
    const bool foreign = !std::all_of(run.begin(), run.end(), is_alpha);
    if ((after_number && is_unit(run)) || (is_ordinal(run) && in_script()))
      return add(TokenKind::word, lowered(run));
    if (is_plain_command(run)) return emit_command(run);
    if (run == "or" || run == "and" || run.size() >= 4 || foreign) return emit_word(run);
    for (char c : run) add(TokenKind::letter, std::string(1, c));
  }

  void command() {
    ++at_;
    size_t begin = at_;
    while (is_alpha(peek())) ++at_;
    if (at_ == begin && at_ < text_.size()) ++at_;
    const std::string name(text_.substr(begin, at_ - begin));
    if (name.empty()) return;  // a backslash at the end
    if (name == "begin" || name == "end") return environment(name);
    if (is_text_command(name)) return text_argument(name);
    if (is_decoration(name)) return decorated(name);
    if (is_ignored_command(name)) return ignored(name);
    emit_command(name);
  }

  void ignored(std::string_view name) {
    space_ = true;
    if ((name == "left" || name == "right") && peek() == '.') ++at_;  // an invisible bracket
  }

  /// What stands between the brace here and its partner; nothing, and failure, if there is none.
  std::optional<std::string_view> braced() {
    int depth = 0;
    for (size_t i = at_; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
        continue;
      }
      if (text_[i] == '{') ++depth;
      if (text_[i] == '}' && --depth == 0) {
        auto content = text_.substr(at_ + 1, i - at_ - 1);
        at_ = i + 1;
        return content;
      }
    }
    failed_ = true;
    return std::nullopt;
  }

  void skip_blanks() {
    while (is_blank(peek())) ++at_;
  }

  void environment(std::string_view name) {
    skip_blanks();
    if (peek() != '{') return add(TokenKind::command, std::string(name));
    if (auto content = braced()) add(TokenKind::command, fmt::format("{}:{}", name, *content));
  }

  void text_argument(std::string_view name) {
    skip_blanks();
    if (peek() != '{') return;  // \rm: what follows is upright, and read as it is
    const size_t begin = at_;
    auto content = braced();
    if (!content) return;
    if (content->find_first_of("0123456789\\{_^=") != content->npos) {
      at_ = begin;  // mathematics in a box: read it as a group
    } else if (content->size() == 1 && is_alpha((*content)[0]) && (name == "mathrm" || name == "rm")) {
      add(TokenKind::letter, std::string(*content));
    } else {
      emit_word(*content);
    }
  }

  void decorated(std::string_view name) {
    skip_blanks();
    if (peek() == '{') {
      if (auto content = braced()) add(TokenKind::letter, fmt::format("{}:{}", name, trimmed(*content)));
    } else if (at_ < text_.size()) {
      add(TokenKind::letter, fmt::format("{}:{}", name, text_[at_++]));
    }
  }

  std::string digits() {
    const size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  /// The length of a thousands separator here that exactly three digits follow; 0 if there is none.
  size_t group_separator(size_t leading) {
    for (std::string_view mark : {"{,}", ",\\!", "\\,", ","}) {
      if (!looking_at(mark)) continue;
      size_t n = mark.size();
      while (mark == ",\\!" && is_blank(peek(n))) ++n;
      bool three =
          is_digit(peek(n)) && is_digit(peek(n + 1)) && is_digit(peek(n + 2)) && !is_digit(peek(n + 3));
      if (!three || leading > 3) return 0;
      return mark != "," || plain_comma_groups() ? n : 0;
    }
    return 0;
  }

  bool plain_comma_groups() {
    if (brackets_ > 0) return false;
    tokens_.ambiguous_comma = true;
    return rule_ == CommaRule::thousands;
  }

  void number() {
    std::string text = digits();
    const size_t leading = text.empty() || text[0] == '0' ? 4 : text.size();
    while (size_t n = group_separator(leading)) {
      at_ += n;
      text += digits();
    }
    if (peek() == '.') {
      ++at_;
      const std::string places = digits() + period();
      if (places.empty())
        --at_;  // a full stop
      else
        text = (text.empty() ? "0" : text) + "." + places;
    }
    add(TokenKind::number, std::move(text));
    scientific();
  }

  /// \overline{6} after 0.1: the digits that repeat.
  std::string period() {
    for (std::string_view mark : {"\\overline{", "\\bar{", "\\dot{"}) {
      if (!looking_at(mark)) continue;
      const size_t begin = at_;
      at_ += mark.size();
      std::string repeated = digits();
      if (!repeated.empty() && peek() == '}') {
        ++at_;
        return "(" + repeated + ")";
      }
      at_ = begin;
    }
    return "";
  }

  /// 6.7e-5 is 6.7 * 10^{-5}.
  void scientific() {
    if (peek() != 'e' && peek() != 'E') return;
    const bool negative = peek(1) == '-', signs = negative || peek(1) == '+';
    if (!is_digit(peek(signs ? 2 : 1))) return;
    at_ += signs ? 2 : 1;
    add(TokenKind::sign, "*");
    add(TokenKind::number, "10");
    add(TokenKind::sign, "^");
    add(TokenKind::open, "{");
    if (negative) add(TokenKind::sign, "-");
    add(TokenKind::number, digits());
    add(TokenKind::close, "}");
  }

  std::string_view text_;
  CommaRule rule_;
  Tokens tokens_;
  size_t at_ = 0;
  int brackets_ = 0;
  bool space_ = false;
  bool failed_ = false;
};

}  // namespace

Result<Tokens> tokenize(std::string_view text, CommaRule rule) {
  if (text.size() > kMaxAnswerBytes)
    return tl::unexpected(make_error(ErrorCode::unsupported, "answer: {} bytes; at most {} are read",
                                     text.size(), kMaxAnswerBytes));
  const std::string spelled = spelled_out(trimmed(text, " \t\r\n\f\v*"));
  return Lexer(spelled, rule).run();
}

std::string canonical_text(const Tokens& tokens) {
  std::string result;
  for (const Token& token : tokens.all) {
    if (token.kind == TokenKind::number && token.space_before) result += ' ';  // "1 2" is not 12
    result += token.kind == TokenKind::command ? "\\" + token.text + " " : token.text;
  }
  return result;
}

}  // namespace retort::eval
