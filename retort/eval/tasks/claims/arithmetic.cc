#include "retort/eval/tasks/claims/arithmetic.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "retort/eval/tasks/claims/compare.h"
#include "retort/eval/tasks/claims/value.h"

namespace retort::eval::claims {
namespace {

/// A definition is trusted this many bytes on: later text may speak of another case.
constexpr size_t kDefinitionReach = 1000;
constexpr size_t kMaxUnitWords = 3;

// Words that are no unit of the number before them.
constexpr std::array<std::string_view, 48> kNoUnits = {
    "and",  "or",    "so",    "then",  "is",    "are",     "was",   "the",  "which", "from", "for",  "in",
    "by",   "with",  "if",    "to",    "since", "because", "as",    "at",   "on",    "per",  "each", "more",
    "less", "total", "when",  "where", "that",  "this",    "but",   "not",  "we",    "he",   "she",  "it",
    "they", "thus",  "hence", "of",    "than",  "into",    "gives", "have", "has",   "st",   "nd",   "th"};
// Words behind a number that make it another one.
constexpr std::array<std::string_view, 14> kChangesValue = {
    "dozen",    "squared", "cubed",   "factorial", "choose", "percent",  "hundred",
    "thousand", "million", "billion", "halves",    "thirds", "quarters", "percentage"};
// Words behind which a number may belong to what stands before them.
constexpr std::array<std::string_view, 20> kTakesMore = {
    "of",  "by",   "between", "than", "sum", "from",       "product", "log",  "sin",    "cos",
    "tan", "sqrt", "base",    "gcd",  "lcm", "difference", "twice",   "half", "double", "triple"};

template <size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_unit_word(const Token& t) {
  if (t.kind != Kind::word || is_variable(t) || among(kNoUnits, t.text) || among(kChangesValue, t.text))
    return false;
  return std::all_of(t.text.begin(), t.text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Tokens first to last - 1.
struct Side {
  size_t first = 0, last = 0;
  bool sound = true;  // what stands beside it does not belong to it
  std::optional<Rational> modulus = std::nullopt;
  std::optional<Value> value = std::nullopt;
  bool unknown = false;  // it has variables without a value
  bool empty() const { return first >= last; }
};

class Finder {
 public:
  explicit Finder(Reading& reading) : reading_(reading), tokens_(reading.tokens) {}

  void run() {
    for (size_t i = 0; i < tokens_.size(); ++i)
      if (is_variable(tokens_[i])) first_seen_.emplace(tokens_[i].text, i);
    for (size_t i = 0; i < tokens_.size();) {
      if (!part(i)) {
        ++i;
        continue;
      }
      const size_t last = end_of_run(i);
      // Most runs are single numbers in prose.
      if (std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(i),
                      tokens_.begin() + static_cast<std::ptrdiff_t>(last),
                      [](const Token& t) { return t.kind == Kind::relation; }))
        read(i, last);
      i = last;
    }
  }

 private:
  bool part(size_t i) const {
    if (reading_.used[i]) return false;
    const Token& t = tokens_[i];
    switch (t.kind) {
      case Kind::number:
      case Kind::open:
      case Kind::close:
        return true;
      case Kind::op:
        return t.sign != '&' && t.sign != '|';
      case Kind::relation:
        return t.sign != 't';
      default:
        return is_variable(t);
    }
  }

  /// Units go along where the formula goes on behind them, or as its last word.
  size_t end_of_run(size_t i) const {
    while (i < tokens_.size()) {
      if (part(i)) {
        ++i;
        continue;
      }
      const bool after_value = tokens_[i - 1].kind == Kind::number || tokens_[i - 1].kind == Kind::close ||
                               tokens_[i - 1].is(Kind::op, '%');
      if (!after_value || reading_.used[i]) return i;
      size_t words = 0;
      while (words < kMaxUnitWords && i + words < tokens_.size() && is_unit_word(tokens_[i + words])) ++words;
      if (words == 0) return i;
      const Token* next = i + words < tokens_.size() ? &tokens_[i + words] : nullptr;
      const bool goes_on =
          next != nullptr &&
          (next->kind == Kind::op || next->kind == Kind::relation || next->kind == Kind::close) &&
          part(i + words);
      if (!goes_on) return i + 1;
      i += words;
    }
    return i;
  }

  void read(size_t first, size_t last) {
    std::vector<Side> sides;
    std::vector<size_t> signs;
    size_t from = first;
    for (size_t i = first; i <= last; ++i)
      if (i == last || tokens_[i].kind == Kind::relation) {
        sides.push_back({.first = from, .last = i});
        if (i < last) signs.push_back(i);
        from = i + 1;
      }
    trim_left(sides.front());
    trim_right(sides.back());
    split_modulus(sides, signs);
    for (Side& side : sides) evaluate(side);
    if (!asserted(last)) return;
    for (size_t i = 0; i < signs.size(); ++i) judge(sides[i], signs[i], sides[i + 1], i == 0);
    define(sides, signs, last);
  }

  /// "Is 3 + 4 = 8?" claims nothing, and "3 + 4 = 8, which is not true" the contrary.
  bool asserted(size_t last) const {
    constexpr std::array<std::string_view, 5> kDenials = {"not", "false", "impossible", "contradiction",
                                                          "incorrect"};
    if (last < tokens_.size() && tokens_[last].is(Kind::stop, '?')) return false;
    for (size_t i = last; i < std::min(last + 5, tokens_.size()); ++i) {
      if (tokens_[i].kind == Kind::line || tokens_[i].is(Kind::stop, '.')) return true;
      if (among(kDenials, tokens_[i].text)) return false;
    }
    return true;
  }

  /// The first side begins where its brackets close, behind marks of lists, and not within something longer.
  void trim_left(Side& side) {
    const bool starts_line = side.first == 0 || tokens_[side.first - 1].kind == Kind::line;
    if (starts_line && !side.empty() && tokens_[side.first].kind == Kind::op &&
        (tokens_[side.first].sign == '-' || tokens_[side.first].sign == '*' ||
         tokens_[side.first].sign == '+') &&
        side.first + 1 < side.last && tokens_[side.first + 1].blank_before)
      ++side.first;
    const size_t begun = side.first;
    std::vector<size_t> open;
    for (size_t i = side.first; i < side.last; ++i) {
      if (tokens_[i].kind == Kind::open) open.push_back(i);
      if (tokens_[i].kind != Kind::close) continue;
      if (open.empty())
        side.first = i + 1;
      else
        open.pop_back();
    }
    if (!open.empty()) side.first = open.back() + 1;
    if (side.empty()) return;
    const Token& head = tokens_[side.first];
    if (side.first > begun && tokens_[side.first - 1].kind == Kind::close)
      side.sound = head.blank_before && head.kind != Kind::op;
    if (side.first == begun && begun > 0 && !starts_line) side.sound = stands_free(tokens_[begun - 1], head);
    // "cost - 3 = 4", "1 + 2 + ... + 10 = 55"
    if (head.kind == Kind::op && head.sign != '-' && head.sign != 'f' && head.sign != 'r' && head.sign != 'b')
      side.sound = false;
    if (head.is(Kind::op, '-') && side.first + 1 < side.last && tokens_[side.first + 1].blank_before)
      side.sound = false;
  }

  static bool stands_free(const Token& before, const Token& head) {
    if (before.kind == Kind::hard) return false;
    if (before.kind == Kind::op) return false;
    if (before.kind == Kind::word) return head.blank_before && !among(kTakesMore, before.text);
    if (before.kind == Kind::comma || before.is(Kind::stop, ':') || before.is(Kind::stop, '.') ||
        before.is(Kind::stop, '\''))
      return head.blank_before;
    // "1, -2 + 3" is one thing, "..., 3 + 4 = 7" another.
    return true;
  }

  void trim_right(Side& side) {
    std::vector<size_t> open;
    for (size_t i = side.first; i < side.last; ++i) {
      // "= 4 (15 minutes each)" ends before the bracket.
      const bool modulus = i + 1 < side.last && tokens_[i + 1].is(Kind::op, 'm');
      if (i > side.first && !modulus && tokens_[i].kind == Kind::open && tokens_[i].blank_before &&
          (tokens_[i - 1].kind == Kind::number || tokens_[i - 1].kind == Kind::word)) {
        side.last = i;
        break;
      }
      if (tokens_[i].kind == Kind::open) open.push_back(i);
      if (tokens_[i].kind != Kind::close) continue;
      if (open.empty()) {
        side.last = i;
        break;
      }
      open.pop_back();
    }
    if (!open.empty()) side.last = std::min(side.last, open.front());
    if (side.empty()) return;
    const Token& tail = tokens_[side.last - 1];
    if (side.last - side.first > 1 && tail.is(Kind::op, '-') && tail.blank_before) --side.last;
    // "= 7!" may be glad or a factorial.
    if (tail.is(Kind::op, '!')) side.sound = false;
    side.sound = side.sound && ends_free(side.last);
  }

  bool ends_free(size_t last) const {
    if (last >= tokens_.size()) return true;
    const Token &tail = tokens_[last - 1], &next = tokens_[last];
    const bool goes_on = last + 1 < tokens_.size() && !tokens_[last + 1].blank_before;
    switch (next.kind) {
      case Kind::hard:
        return false;
      case Kind::op:
        return next.blank_before;
      case Kind::word:
        return (next.blank_before || tail.kind != Kind::number) && !among(kChangesValue, next.text);
      // 3,5 may be a decimal; 0.\overline{3} and 3:4 go on behind the sign.
      case Kind::comma:
        return !(goes_on && tokens_[last + 1].kind == Kind::number);
      case Kind::stop:
        return !(goes_on && (next.sign == '.' || next.sign == ':') &&
                 (tokens_[last + 1].kind == Kind::hard || tokens_[last + 1].kind == Kind::number));
      default:
        return true;
    }
  }

  /// (mod 5) and \pmod{5} at the end hold for the whole chain.
  void split_modulus(std::vector<Side>& sides, const std::vector<size_t>& signs) {
    Side& tail = sides.back();
    for (size_t i = tail.first; i < tail.last; ++i) {
      const bool bracket =
          tokens_[i].is(Kind::open, '(') && i + 1 < tail.last && tokens_[i + 1].is(Kind::op, 'm');
      const bool infix = tokens_[i].is(Kind::op, 'm') || tokens_[i].is(Kind::op, 'M');
      if (!bracket && !infix) continue;
      size_t from = i + (bracket ? 2 : 1), to = tail.last - (bracket ? 1 : 0);
      if (from < to && tokens_[from].is(Kind::open, '{') && tokens_[to - 1].is(Kind::close, '}'))
        ++from, --to;
      const bool congruence =
          std::any_of(signs.begin(), signs.end(), [&](size_t at) { return tokens_[at].sign == 'c'; });
      const std::optional<Rational> m = number(from, to);
      if (!m || !m->is_integer() || m->sign() <= 0) return;
      for (Side& side : sides) side.modulus = m;
      if (bracket || congruence || tokens_[i].sign == 'M') tail.last = i;
      return;
    }
  }

  std::optional<Rational> number(size_t first, size_t last) {
    bool unknown = false;
    if (first >= last) return std::nullopt;
    auto value = value_of(std::span(tokens_).subspan(first, last - first), lookup_, effort_, unknown);
    return value ? std::optional(std::move(value->number)) : std::nullopt;
  }

  void evaluate(Side& side) {
    if (side.empty() || !side.sound) return;
    now_ = tokens_[side.first].begin;
    side.value = value_of(std::span(tokens_).subspan(side.first, side.last - side.first), lookup_, effort_,
                          side.unknown);
  }

  void judge(const Side& left, size_t at, const Side& right, bool first) {
    const char sign = tokens_[at].sign;
    if ((left.unknown || right.unknown) && !left.empty() && !right.empty())
      conditions_.insert(text(left, at, right));
    if (!left.value || !right.value) return;
    const Value &a = *left.value, &b = *right.value;
    if (sign == '=' && !comparable(a, b, first)) return;
    if (a.variables || b.variables) {
      // Not a definition, and no condition that stood there before the values were known.
      const bool defines = single_variable(left) || single_variable(right);
      if (defines || (a.variables && b.variables) || conditions_.contains(text(left, at, right))) return;
    }
    const std::optional<bool> so = holds(a, sign, b, left.modulus);
    if (!so) return;
    reading_.add(left.first, right.last, *so);
    reading_.use(left.first, right.last);
  }

  bool single_variable(const Side& side) const {
    return side.last == side.first + 1 && is_variable(tokens_[side.first]);
  }

  /// x = 3 gives x a value from here on; another one is a new definition and no error. Only where that is the
  /// first that is heard of x: what was solved for has conditions elsewhere, which other cases may not meet.
  /// "x = 2 or x = 3" gives it none.
  void define(const std::vector<Side>& sides, const std::vector<size_t>& signs, size_t last) {
    for (size_t i = 0; i < signs.size(); ++i) {
      if (tokens_[signs[i]].sign != '=') continue;
      const bool forwards = i == 0 && single_variable(sides[0]) && sides[0].sound;
      const bool backwards = i + 1 == signs.size() && single_variable(sides[i + 1]) && sides[i + 1].sound;
      if (!forwards && !backwards) continue;
      const size_t at = (forwards ? sides[0] : sides[i + 1]).first;
      const std::string name(tokens_[at].text);
      const Side* value = nullptr;
      for (const Side& side : sides)
        if (value == nullptr && side.value && !single_variable(side)) value = &side;
      const bool given = first_seen_.at(tokens_[at].text) == at || definitions_.contains(name);
      if (value == nullptr || !given || neighbour_or(sides[0].first, last))
        definitions_.erase(name);
      else
        definitions_.insert_or_assign(name, Definition{value->value->number, tokens_[signs[i]].begin});
    }
  }
  bool neighbour_or(size_t first, size_t last) const {
    if (first > 0 && tokens_[first - 1].text == "or") return true;
    if (last >= tokens_.size()) return false;
    if (tokens_[last].text == "or") return true;
    return tokens_[last].kind == Kind::comma && last + 1 < tokens_.size() &&
           tokens_[last + 1].kind == Kind::number;
  }

  std::string text(const Side& left, size_t at, const Side& right) const {
    std::string out;
    if (right.last - left.first > 2 * kMaxSideTokens) return out;
    for (size_t i = left.first; i < right.last; ++i)
      if (i != at || tokens_[i].kind == Kind::relation) out += tokens_[i].text;
    return out;
  }

  struct Definition {
    Rational value;
    size_t at;
  };

  Reading& reading_;
  const std::vector<Token>& tokens_;
  Effort effort_;
  std::unordered_map<std::string, Definition> definitions_;
  std::unordered_set<std::string> conditions_;  // equations that stood there with unknowns in them
  std::unordered_map<std::string_view, size_t> first_seen_;  // tokens
  size_t now_ = 0;
  Lookup lookup_ = [this](std::string_view name) -> const Rational* {
    const auto at = definitions_.find(std::string(name));
    const bool known = at != definitions_.end() && at->second.at + kDefinitionReach > now_;
    return known ? &at->second.value : nullptr;
  };
};

}  // namespace

void find_arithmetic(Reading& reading) {
  Finder(reading).run();
}

}  // namespace retort::eval::claims
