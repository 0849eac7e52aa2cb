#include "retort/eval/code/documentation_words.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace retort::eval {
namespace {

constexpr std::string_view kFillers[] = {
    "a",      "an",     "and",      "any",      "are",     "argument", "arguments", "as",
    "at",     "be",     "by",       "does",     "for",     "from",     "function",  "given",
    "has",    "if",     "in",       "input",    "into",    "is",       "it",        "its",
    "method", "of",     "on",       "or",       "output",  "param",    "parameter", "parameters",
    "passed", "result", "return",   "returned", "returns", "s",        "some",      "specified",
    "that",   "the",    "their",    "then",     "there",   "this",     "to",        "type",
    "value",  "values", "variable", "when",     "where",   "which",    "will",      "with"};

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Reads digits with , or _ between groups; leaves `at` behind them.
std::string take_digits(std::string_view text, size_t& at) {
  std::string digits;
  while (at < text.size()) {
    const bool group = (text[at] == ',' || text[at] == '_') && at + 3 < text.size() &&
                       is_digit(text[at + 1]) && is_digit(text[at + 2]) && is_digit(text[at + 3]);
    if (!group && !is_digit(text[at])) break;
    if (!group) digits += text[at];
    ++at;
  }
  return digits;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (char c : text) {
    if (is_letter(c)) {
      if (!inside) words.emplace_back();
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    inside = is_letter(c);
  }
  return words;
}

std::vector<std::string> words_of_name(std::string_view name) {
  std::string split;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool hump = i > 0 && std::isupper(static_cast<unsigned char>(name[i])) != 0 &&
                      std::islower(static_cast<unsigned char>(name[i - 1])) != 0;
    if (hump) split += ' ';
    split += name[i];
  }
  return words_of(split);
}

bool is_filler(std::string_view word) {
  return std::binary_search(std::begin(kFillers), std::end(kFillers), word);
}

bool says_something(std::string_view text, const std::set<std::string>& known) {
  for (const std::string& word : words_of(text)) {
    const std::string singular = word.ends_with('s') ? word.substr(0, word.size() - 1) : word;
    if (!is_filler(word) && !known.contains(word) && !known.contains(singular) && !known.contains(word + "s"))
      return true;
  }
  return false;
}

std::set<std::string> numbers_of(std::string_view text) {
  constexpr size_t kMaxExponent = 40;
  std::set<std::string> numbers;
  for (size_t at = 0; at < text.size();) {
    if (!is_digit(text[at]) || (at > 0 && is_letter(text[at - 1]))) {
      ++at;
      continue;
    }
    std::string number = take_digits(text, at);
    size_t mark = 0;
    if (text.substr(at).starts_with("**") || text.substr(at).starts_with("e+"))
      mark = 2;
    else if (text.substr(at).starts_with("^") || text.substr(at).starts_with("e"))
      mark = 1;
    if (mark > 0 && at + mark < text.size() && is_digit(text[at + mark])) {
      const bool power = text[at] != 'e';
      at += mark;
      const std::string exponent = take_digits(text, at);
      const size_t zeros = exponent.size() <= 2 ? static_cast<size_t>(std::stoi(exponent)) : kMaxExponent + 1;
      // Other bases than 10 are kept as they are written.
      if (zeros <= kMaxExponent && !(power && number != "10"))
        number = (power ? "1" : number) + std::string(zeros, '0');
      else
        number += "^" + exponent;
    }
    numbers.insert(number);
  }
  return numbers;
}

}  // namespace retort::eval
