// The rules of rewritings.h. The library never needs them, so they are compiled with the tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <regex>

#include "retort/eval/answers/ascii.h"
#include "retort/eval/answers/rewritings.h"

namespace retort::eval {
namespace {

using Texts = std::vector<std::string>;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

bool is_integer(const std::string& gold) {
  static const std::regex pattern("-?[1-9][0-9]*|0");
  return std::regex_match(gold, pattern);
}

bool is_words(const std::string& gold) {
  return gold.starts_with("\\text");
}

struct Fraction {
  bool negative;
  int64_t numerator, denominator;
};

std::optional<Fraction> plain_fraction(const std::string& gold) {
  static const std::regex pattern(R"((-?)\\d?frac\{([0-9]{1,6})\}\{([0-9]{1,6})\})");
  std::smatch match;
  if (!std::regex_match(gold, match, pattern)) return std::nullopt;
  return Fraction{match[1].length() > 0, std::stoll(match[2]), std::stoll(match[3])};
}

/// The decimal fraction if it ends within 12 places.
std::optional<std::string> decimal_of(const Fraction& f) {
  std::string text = (f.negative ? "-" : "") + std::to_string(f.numerator / f.denominator) + ".";
  int64_t rest = f.numerator % f.denominator;
  for (int place = 0; place < 12 && rest != 0; ++place) {
    rest *= 10;
    text += static_cast<char>('0' + rest / f.denominator);
    rest %= f.denominator;
  }
  return rest == 0 && text.back() != '.' ? std::optional(text) : std::nullopt;
}

std::string with_commas(const std::string& integer) {
  std::string text = integer;
  for (size_t at = text.size(); at > 3 && is_digit(text[at - 4]); at -= 3)
    if (at > 3) text.insert(at - 3, ",");
  return text;
}

void add_fractions(Texts& all, const Fraction& f) {
  const std::string sign = f.negative ? "-" : "";
  auto write = [&](const char* open, int64_t a, const char* middle, int64_t b, const char* close) {
    all.push_back(sign + open + std::to_string(a) + middle + std::to_string(b) + close);
  };
  write("", f.numerator, "/", f.denominator, "");
  write("\\tfrac{", f.numerator, "}{", f.denominator, "}");
  write("\\frac{", 2 * f.numerator, "}{", 2 * f.denominator, "}");
  write("\\frac {", f.numerator, "} {", f.denominator, "}");
  if (auto decimal = decimal_of(f)) all.push_back(*decimal);
}

/// The text with its n-th digit changed to another one that is not 0.
std::string with_digit_changed(std::string text, size_t at) {
  text[at] = static_cast<char>('1' + (text[at] - '0') % 9);
  return text;
}

bool is_variable_at(const std::string& text, size_t at) {
  constexpr std::string_view kVariables = "xyzabcknpqrtuvR";
  const bool alone = (at == 0 || (!is_alpha(text[at - 1]) && text[at - 1] != '\\')) &&
                     (at + 1 == text.size() || !is_alpha(text[at + 1]));
  return alone && kVariables.find(text[at]) != kVariables.npos;
}

Texts word_mutations(const std::string& gold) {
  Texts all = {"42", "\\text{neither}", "\\text{(J)}", "x", "\\text{not " + gold.substr(6)};
  return all;
}

/// Changes that make another answer of any kind: a digit, a lost minus, another variable.
Texts small_mutations(const std::string& gold) {
  Texts all;
  // Units are dropped, so their exponents do not count.
  const size_t first = gold.find_first_of("0123456789"),
               last = gold.find_last_of("0123456789", gold.find("\\mbox"));
  if (first != gold.npos) all.push_back(with_digit_changed(gold, first));
  if (last != first) all.push_back(with_digit_changed(gold, last));
  for (size_t at = 0; at < gold.size(); ++at)
    if (is_variable_at(gold, at) && !has(gold, "\\in ")) {
      std::string other = gold;
      other[at] = 'w';
      all.push_back(other);
      break;
    }
  return all;
}

void add_structure_mutations(Texts& all, const std::string& gold) {
  all.push_back("42");
  all.push_back(gold + ", 77");
  if (const size_t comma = gold.find(','); comma != gold.npos) all.push_back(gold.substr(0, comma));
  if (const size_t close = gold.find_last_of(")]}"); close != gold.npos) {
    const size_t before = close > 0 && gold[close - 1] == '\\' ? close - 1 : close;
    all.push_back(gold.substr(0, before) + ", 77" + gold.substr(before));
  }
  if (has(gold, "(")) all.push_back(replaced(gold, "(", "["));
  if (has(gold, "]")) all.push_back(replaced(gold, "]", ")"));
}

bool is_grouped_number(const std::string& gold) {
  static const std::regex pattern(R"(\\?\$?-?[0-9]{1,3}((,|,\\! ?|\{,\})[0-9]{3})+)");
  return std::regex_match(gold, pattern);
}

bool is_structure(const std::string& gold) {
  return (has(gold, ",") && !is_grouped_number(gold)) || has(gold, "\\cup") || has(gold, "\\begin") ||
         has(gold, "=") || has(gold, "\\in ") || has(gold, "\\pm");
}

/// Digits without commas, which would separate the elements of a tuple in brackets.
std::string ungrouped(std::string gold) {
  if (!is_grouped_number(gold)) return gold;
  std::erase_if(gold, [](char c) { return !is_digit(c) && c != '-'; });
  return gold;
}

bool is_zero(const std::string& gold) {
  return gold.find_first_not_of("0.") == gold.npos;
}

}  // namespace

Texts rewritings(const std::string& gold) {
  Texts all = {"$" + gold + "$",     "\\boxed{" + gold + "}",         " " + gold + " ",         gold + ".",
               "\\(" + gold + "\\)", "$\\displaystyle " + gold + "$", replaced(gold, " ", "  ")};
  if (has(gold, "\\frac")) all.push_back(replaced(gold, "\\frac", "\\dfrac"));
  if (has(gold, "\\dfrac")) all.push_back(replaced(gold, "\\dfrac", "\\frac"));
  if (has(gold, "(") && !has(gold, "\\left") && !is_words(gold))
    all.push_back(
        replaced(replaced(replaced(replaced(gold, "(", "\\left("), ")", "\\right)"), "[", "\\left["), "]",
                 "\\right]"));
  if (has(gold, "\\left")) all.push_back(replaced(replaced(gold, "\\left", ""), "\\right", ""));
  if (has(gold, "pmatrix")) all.push_back(replaced(gold, "pmatrix", "bmatrix"));
  if (has(gold, "^\\circ")) {
    all.push_back(replaced(gold, "^\\circ", ""));
    all.push_back(replaced(gold, "^\\circ", " degrees"));
    all.push_back(replaced(gold, "^\\circ", "^{\\circ}"));
  }
  if (is_words(gold)) all.push_back(replaced(replaced(gold, "\\text{", ""), "}", ""));
  if (is_integer(gold)) {
    for (const std::string& text :
         {gold + ".0", "x=" + gold, gold + "\\text{ units}", "\\$" + gold, with_commas(gold)})
      all.push_back(text);
  }
  if (auto fraction = plain_fraction(gold)) add_fractions(all, *fraction);
  return all;
}

Texts mutations(const std::string& gold) {
  if (is_words(gold)) return word_mutations(gold);
  if (is_zero(gold)) return {"1", "-1", "0.5", "10", "x"};
  Texts all = small_mutations(gold);
  if (is_structure(gold)) {
    add_structure_mutations(all, gold);
    if (has(gold, "=")) all.insert(all.end(), {gold + "+1", gold + "-w"});
    return all;
  }
  for (const char* change : {"-(%)", "(%)+1", "(%)-1", "2(%)", "(%)w"})
    all.push_back(replaced(change, "%", ungrouped(gold)));
  if (auto f = plain_fraction(gold); f && f->numerator != f->denominator)
    all.push_back((f->negative ? "-" : "") + std::to_string(f->denominator) + "/" +
                  std::to_string(f->numerator));
  return all;
}

TEST(Rewritings, ReadTheFormOfAnAnswer) {
  EXPECT_EQ(with_commas("-1234567"), "-1,234,567");
  EXPECT_EQ(with_commas("123"), "123");
  EXPECT_EQ(decimal_of({true, 17, 50}), "-0.34");
  EXPECT_EQ(decimal_of({false, 1, 3}), std::nullopt);
  EXPECT_TRUE(is_structure("(1,2)"));
  EXPECT_FALSE(is_structure("58,500"));
  EXPECT_FALSE(is_structure("11,\\! 111,\\! 100"));
  EXPECT_EQ(ungrouped("\\$32,\\!348"), "32348");
}

}  // namespace retort::eval
