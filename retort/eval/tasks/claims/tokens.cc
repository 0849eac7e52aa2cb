#include "retort/eval/tasks/claims/tokens.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace retort::eval::claims {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// What a spelling stands for; with the sign kLayout, nothing at all.
struct Spelling {
  std::string_view text;
  Kind kind;
  char sign;
};
constexpr char kLayout = ' ';

constexpr Spelling kCommands[] = {
    {"times", Kind::op, '*'},        {"cdot", Kind::op, '*'},       {"div", Kind::op, '/'},
    {"frac", Kind::op, 'f'},         {"dfrac", Kind::op, 'f'},      {"tfrac", Kind::op, 'f'},
    {"sqrt", Kind::op, 'r'},         {"binom", Kind::op, 'b'},      {"dbinom", Kind::op, 'b'},
    {"bmod", Kind::op, 'm'},         {"mod", Kind::op, 'm'},        {"pmod", Kind::op, 'M'},
    {"le", Kind::relation, 'l'},     {"leq", Kind::relation, 'l'},  {"ge", Kind::relation, 'g'},
    {"geq", Kind::relation, 'g'},    {"ne", Kind::relation, 'n'},   {"neq", Kind::relation, 'n'},
    {"lt", Kind::relation, '<'},     {"gt", Kind::relation, '>'},   {"equiv", Kind::relation, 'c'},
    {"approx", Kind::relation, 'a'}, {"to", Kind::relation, 't'},   {"rightarrow", Kind::relation, 't'},
    {"left", Kind::op, kLayout},     {"right", Kind::op, kLayout},  {"displaystyle", Kind::op, kLayout},
    {"big", Kind::op, kLayout},      {"Big", Kind::op, kLayout},    {"bigl", Kind::op, kLayout},
    {"bigr", Kind::op, kLayout},     {"quad", Kind::line, 0},       {"qquad", Kind::line, 0},
    {"implies", Kind::line, 0},      {"Rightarrow", Kind::line, 0}, {"Longrightarrow", Kind::line, 0},
    {"iff", Kind::line, 0},          {"therefore", Kind::line, 0},
};
// Longest first where one begins another.
constexpr Spelling kSigns[] = {
    {"<<", Kind::stop, '<'},     {">>", Kind::stop, '>'},     {"<->", Kind::hard, 0},
    {"<=", Kind::relation, 'l'}, {">=", Kind::relation, 'g'}, {"!=", Kind::relation, 'n'},
    {"==", Kind::relation, '='}, {"=>", Kind::line, 0},       {"->", Kind::relation, 't'},
    {":=", Kind::relation, '='}, {"&=", Kind::relation, '='}, {"//", Kind::op, 'q'},
    {"=", Kind::relation, '='},  {"<", Kind::relation, '<'},  {">", Kind::relation, '>'},
    {"+", Kind::op, '+'},        {"-", Kind::op, '-'},        {"*", Kind::op, '*'},
    {"/", Kind::op, '/'},        {"%", Kind::op, '%'},        {"^", Kind::op, '^'},
    {"!", Kind::op, '!'},        {"&", Kind::op, '&'},        {"|", Kind::op, '|'},
    {"(", Kind::open, '('},      {"[", Kind::open, '['},      {")", Kind::close, ')'},
    {"]", Kind::close, ']'},     {",", Kind::comma, ','},     {"\n", Kind::line, 0},
    {".", Kind::stop, '.'},      {";", Kind::stop, ';'},      {":", Kind::stop, ':'},
    {"?", Kind::stop, '?'},      {"\"", Kind::stop, '"'},     {"'", Kind::stop, '\''},
    {"`", Kind::stop, '`'},      {"×", Kind::op, '*'},        {"·", Kind::op, '*'},
    {"⋅", Kind::op, '*'},        {"÷", Kind::op, '/'},        {"−", Kind::op, '-'},
    {"≤", Kind::relation, 'l'},  {"≥", Kind::relation, 'g'},  {"≠", Kind::relation, 'n'},
    {"≡", Kind::relation, 'c'},  {"≈", Kind::relation, 'a'},  {"→", Kind::relation, 't'},
    {"⇒", Kind::line, 0},        {"–", Kind::stop, '~'},      {"—", Kind::stop, '-'},
    {"’", Kind::stop, '\''},     {"✓", Kind::stop, 0},        {"✔", Kind::stop, 0},
};
// Words that are operators between two values.
constexpr Spelling kWords[] = {
    {"plus", Kind::op, '+'}, {"minus", Kind::op, '-'},        {"times", Kind::op, '*'},
    {"mod", Kind::op, 'm'},  {"modulo", Kind::op, 'm'},       {"x", Kind::op, '*'},
    {"X", Kind::op, '*'},    {"equals", Kind::relation, '='},
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) step();
    join_words();
    return std::move(all_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void push(Kind kind, char sign, size_t length) {
    all_.push_back({kind, sign, text_.substr(at_, length), at_, at_ + length, blank_});
    at_ += length;
    blank_ = false;
  }
  void skip(size_t length) {
    at_ = std::min(at_ + length, text_.size());
    blank_ = true;
  }

  void step() {
    const char c = peek();
    if (is_blank(c) || c == '$' || starts("\xc2\xa0")) return skip(c == '\xc2' ? 2 : 1);
    if (is_digit(c) || (c == '.' && is_digit(peek(1)) && (at_ == 0 || !is_digit(text_[at_ - 1]))))
      return number();
    if (is_letter(c)) return word();
    if (c == '\\') return command();
    if (c == '{') return brace();
    if (c == '}') return closing_brace();
    if (starts("**")) return stars();
    sign();
  }

  void number() {
    size_t end = at_;
    auto digits = [&] {
      while (end < text_.size() && is_digit(text_[end])) ++end;
    };
    digits();
    const size_t first = end - at_;
    // 1,234,567: groups of three, the first of one to three digits.
    auto group = [&](size_t mark) {
      for (size_t i = 1; i <= 3; ++i)
        if (end + mark + i - 1 >= text_.size() || !is_digit(text_[end + mark + i - 1])) return false;
      return end + mark + 3 >= text_.size() || !is_digit(text_[end + mark + 3]);
    };
    while (first >= 1 && first <= 3 && text_[at_] != '0') {
      const std::string_view rest = text_.substr(std::min(end, text_.size()));
      const size_t mark = rest.starts_with(",\\!")  ? 3
                          : rest.starts_with("{,}") ? 3
                          : rest.starts_with(",")   ? 1
                                                    : 0;
      if (mark == 0 || !group(mark)) break;
      end += mark + 3;
    }
    if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
      ++end;
      digits();
    }
    push(Kind::number, 0, end - at_);
  }

  void word() {
    const bool after_number = !all_.empty() && all_.back().kind == Kind::number && !blank_;
    // 3x4 and 3x 4
    if (after_number && peek() == 'x' && is_digit(peek(1)) && all_.back().text != "0")
      return push(Kind::op, '*', 1);
    size_t end = at_;
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
    if (end < text_.size() && text_[end] == '_') {
      size_t sub = end + 1;
      const bool braces = sub < text_.size() && text_[sub] == '{';
      if (braces) ++sub;
      const size_t from = sub;
      while (sub < text_.size() && sub - from < 16 &&
             (is_letter(text_[sub]) || is_digit(text_[sub]) || text_[sub] == '_'))
        ++sub;
      if (sub > from && (!braces || (sub < text_.size() && text_[sub] == '}'))) end = sub + (braces ? 1 : 0);
    }
    // A contraction is one word: don't.
    if (end + 1 < text_.size() && text_[end] == '\'' && is_letter(text_[end + 1]))
      for (++end; end < text_.size() && is_letter(text_[end]);) ++end;
    push(Kind::word, 0, end - at_);
  }

  void command() {
    size_t end = at_ + 1;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    if (name.empty()) return escape();
    if (name == "text" || name == "mathrm" || name == "mbox" || name == "textbf") return label(end);
    if (name == "boxed" || name == "fbox") {
      skip(end - at_);
      plain_brace_ = true;
      return;
    }
    for (const Spelling& one : kCommands)
      if (one.text == name) {
        if (one.sign == kLayout) return skip(end - at_);
        return push(one.kind, one.sign, end - at_);
      }
    constexpr std::array kGreek = {"alpha",  "beta", "gamma", "delta", "theta",
                                   "lambda", "mu",   "phi",   "omega"};
    const bool greek = std::find(kGreek.begin(), kGreek.end(), name) != kGreek.end();
    push(greek ? Kind::word : Kind::hard, 0, end - at_);
  }

  void escape() {
    const char c = peek(1);
    if (c == '%') return push(Kind::op, '%', 2);
    if (c == '[' || c == ']' || c == '(' || c == ')' || c == '\\') return push(Kind::line, 0, 2);
    skip(2);  // \, \! \; \$ and the like
  }

  /// \text{ apples}: words, which are units or end a claim.
  void label(size_t end) {
    const size_t close = text_.substr(end, 120).find('}');
    if (peek(end - at_) != '{' || close == text_.npos) return push(Kind::hard, 0, end - at_);
    const size_t stop = end + close;
    at_ = end + 1;
    blank_ = true;
    while (at_ < stop)
      if (is_letter(peek())) {
        word();
        all_.back().sign = 'u';
      } else if (is_blank(peek()))
        skip(1);
      else
        sign();
    at_ = std::max(at_, stop + 1);
    at_ = std::min(at_, text_.size());
  }

  void brace() {
    braces_.push_back(plain_brace_);
    push(Kind::open, plain_brace_ ? '(' : '{', 1);
    plain_brace_ = false;
  }
  void closing_brace() {
    const bool plain = !braces_.empty() && braces_.back();
    if (!braces_.empty()) braces_.pop_back();
    push(Kind::close, plain ? ')' : '}', 1);
  }

  /// ** is a power between two values, else bold type.
  void stars() {
    const char before = at_ == 0 ? '\n' : text_[at_ - 1], after = peek(2);
    auto value = [](char c) { return is_digit(c) || is_letter(c) || c == '(' || c == ')'; };
    if ((value(before) && value(after)) || (is_blank(before) && is_blank(after)))
      return push(Kind::op, '^', 2);
    skip(2);
  }

  void sign() {
    // 2!=2 is a factorial; a != b a relation.
    const bool value_before =
        !all_.empty() && !blank_ && ends_value(all_.back()) && !is_variable(all_.back());
    if (starts("!=") && value_before) return push(Kind::op, '!', 1);
    for (const Spelling& one : kSigns)
      if (starts(one.text)) return push(one.kind, one.sign, one.text.size());
    // One character of UTF-8, or a byte that is none.
    size_t length = 1;
    while (at_ + length < text_.size() && (static_cast<unsigned char>(text_[at_ + length]) & 0xc0) == 0x80 &&
           length < 4)
      ++length;
    push(Kind::hard, 0, length);
  }

  static bool ends_value(const Token& t) {
    return t.kind == Kind::number || t.kind == Kind::close || is_variable(t) || t.is(Kind::op, '%');
  }
  static bool begins_value(const Token& t) {
    return t.kind == Kind::number || t.kind == Kind::open || is_variable(t);
  }

  /// Words between two values that are operators: 3 plus 4, 20 divided by 5, 17 (mod 5), 20% of 50.
  void join_words() {
    std::vector<Token> out;
    out.reserve(all_.size());
    for (size_t i = 0; i < all_.size(); ++i) {
      Token t = all_[i];
      const bool two = i + 2 < all_.size() && all_[i + 1].text == "by";
      if (t.kind == Kind::word && two && !out.empty() && ends_value(out.back()) &&
          begins_value(all_[i + 2]) && (t.text == "divided" || t.text == "multiplied")) {
        t.kind = Kind::op;
        t.sign = t.text == "divided" ? '/' : '*';
        t.end = all_[++i].end;
      } else if (t.is(Kind::stop, '~') && !out.empty() && ends_value(out.back()) && i + 1 < all_.size() &&
                 begins_value(all_[i + 1])) {
        t.kind = Kind::op;  // an en dash between two values
        t.sign = '-';
      } else if (t.kind == Kind::word && i + 1 < all_.size()) {
        word_as_sign(t, out, all_[i + 1]);
      }
      out.push_back(t);
    }
    all_ = std::move(out);
  }

  static void word_as_sign(Token& t, const std::vector<Token>& before, const Token& next) {
    const bool modulus = (t.text == "mod" || t.text == "modulo") && begins_value(next);
    const bool after_value = !before.empty() && ends_value(before.back());
    if (modulus && !before.empty() && before.back().is(Kind::open, '(')) {
      t.kind = Kind::op;
      t.sign = 'm';
      return;
    }
    if (!after_value || !begins_value(next)) return;
    if ((t.text == "x" || t.text == "X") &&
        (before.back().kind != Kind::number || next.kind != Kind::number || !t.blank_before))
      return;
    // "of" multiplies shares only: 20% of 50, 1/2 of 8.
    const bool share = before.back().is(Kind::op, '%') ||
                       (before.size() >= 2 && before[before.size() - 2].is(Kind::op, '/'));
    if (t.text == "of" && share) {
      t.kind = Kind::op;
      t.sign = 'o';
      return;
    }
    for (const Spelling& one : kWords)
      if (one.text == t.text) {
        t.kind = one.kind;
        t.sign = one.sign;
      }
  }

  std::string_view text_;
  size_t at_ = 0;
  bool blank_ = false;
  bool plain_brace_ = false;
  std::vector<bool> braces_;
  std::vector<Token> all_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view thought) {
  return Lexer(thought).run();
}

bool is_variable(const Token& token) {
  if (token.kind != Kind::word || token.sign == 'u') return false;
  const std::string_view t = token.text;
  if (t[0] == '\\') return true;
  if (t.size() > 1 && t[1] == '_') return true;
  return std::all_of(t.begin() + 1, t.end(), is_digit);
}

}  // namespace retort::eval::claims
