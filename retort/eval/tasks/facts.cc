#include "retort/eval/tasks/facts.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "retort/base/check.h"
#include "retort/eval/tasks/claims.h"
#include "retort/eval/tasks/claims/statements.h"

namespace retort::eval {
namespace {

// Asides that cost nothing: the question said again, a check at the end.
constexpr double kFreeStatements = 2;

bool of_a_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// One blank for every run of blanks within a line, none around operators, so that "7 + 8 = 15" is "7+8=15";
/// lines stay apart.
std::string normalised(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != ' ' && c != '\t' && c != '\r') {
      out += c;
      continue;
    }
    const size_t next = text.find_first_not_of(" \t\r", i);
    const bool between_words =
        !out.empty() && of_a_word(out.back()) && next != text.npos && of_a_word(text[next]);
    if (between_words) out += ' ';
    if (next == text.npos) break;
    i = next - 1;
  }
  return out;
}

/// Whether `c` before a word or number that begins with `first` makes it another one: 16 in 116, -16 or 3.16.
bool continues(char c, char first) {
  const bool digit = std::isdigit(static_cast<unsigned char>(first)) != 0;
  return of_a_word(c) || (digit && (c == '-' || c == '.'));
}

/// Where the claim stands as a whole at or behind `from`; npos: nowhere. A sign before a number is part of
/// it.
size_t find_whole(std::string_view text, std::string_view claim, size_t from) {
  for (size_t at = text.find(claim, from); at != text.npos; at = text.find(claim, at + 1)) {
    const size_t end = at + claim.size();
    const bool begins = at == 0 || !of_a_word(claim.front()) || !continues(text[at - 1], claim.front());
    const bool ends = end == text.size() || !of_a_word(claim.back()) || !of_a_word(text[end]);
    if (begins && ends) return at;
  }
  return text.npos;
}

}  // namespace

std::vector<bool> asserted_facts(std::span<const problems::Fact> facts, std::string_view thought) {
  const std::string text = normalised(thought);
  std::vector<size_t> at(facts.size(), std::string::npos);
  for (size_t i = 0; i < facts.size(); ++i) {
    size_t from = 0;
    for (int parent : facts[i].parents) {
      RETORT_CHECK(parent >= 0 && static_cast<size_t>(parent) < i);
      from = std::max(from, at[static_cast<size_t>(parent)]);
    }
    const std::string claim = normalised(facts[i].claim);
    if (from != std::string::npos && !claim.empty()) at[i] = find_whole(text, claim, from);
  }
  std::vector<bool> out(facts.size());
  std::transform(at.begin(), at.end(), out.begin(), [](size_t x) { return x != std::string::npos; });
  return out;
}

double completeness(std::span<const problems::Fact> facts, std::string_view thought) {
  if (facts.empty()) return 1;
  const std::vector<bool> asserted = asserted_facts(facts, thought);
  const auto n = static_cast<double>(facts.size());
  const auto hits = static_cast<double>(std::count(asserted.begin(), asserted.end(), true));
  if (hits == 0) return 0;
  const auto wrong = static_cast<double>(step_errors(thought, facts).false_claims);
  const auto beside = static_cast<double>(claims::statements_beside_the_point(thought, facts));
  const double focus = std::min(1.0, (n + kFreeStatements) / (n + beside));
  return std::max(0.0, hits - wrong) / n * focus * focus;
}

}  // namespace retort::eval
