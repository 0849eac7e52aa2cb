#include "retort/eval/tasks/claims/known.h"

#include <algorithm>

namespace retort::eval::claims {
namespace {

constexpr size_t kMaxWords = 4;  // of a thing's name, and of a value

bool is_text(const Token& t) {
  return t.kind == Kind::word || t.kind == Kind::number;
}

std::string joined(const std::vector<Token>& tokens, size_t first, size_t last) {
  std::string out;
  for (size_t i = first; i < last; ++i) {
    if (!out.empty() && tokens[i].kind != Kind::op && tokens[i - 1].kind != Kind::op) out += ' ';
    out += tokens[i].text;
  }
  return out;
}

/// Where the words that begin at `first` end.
size_t end_of_words(const std::vector<Token>& tokens, size_t first) {
  size_t last = first;
  if (last < tokens.size() && tokens[last].is(Kind::op, '-')) ++last;
  while (last < tokens.size() && last - first < kMaxWords && is_text(tokens[last])) ++last;
  return last;
}

bool is_pair(const std::vector<Token>& tokens, char sign) {
  const auto relations =
      std::count_if(tokens.begin(), tokens.end(), [](const Token& t) { return t.kind == Kind::relation; });
  const bool plain = std::all_of(tokens.begin(), tokens.end(), [&](const Token& t) {
    return is_text(t) || t.is(Kind::relation, sign) || t.is(Kind::op, '-');
  });
  return relations == 1 && plain && !tokens.empty() && tokens[0].kind == Kind::word;
}

bool is_order(const std::vector<Token>& tokens) {
  if (tokens.size() < 3 || tokens.size() % 2 == 0) return false;
  for (size_t i = 0; i < tokens.size(); ++i)
    if (i % 2 == 0 ? tokens[i].kind != Kind::word : !tokens[i].is(Kind::relation, '>')) return false;
  return true;
}

}  // namespace

Known::Known(std::span<const problems::Fact> facts) {
  size_t longest = 0;
  for (const problems::Fact& fact : facts) {
    add(fact);
    const std::vector<Token> tokens = tokens_of(fact.claim);
    if (!is_order(tokens) || tokens.size() <= longest) continue;
    longest = tokens.size();
    ranks_.clear();
    for (size_t i = 0; i < tokens.size(); i += 2) ranks_[std::string(tokens[i].text)] = i / 2;
  }
}

void Known::add(const problems::Fact& fact) {
  add_truths(fact.claim, truths_);
  const std::vector<Token> tokens = tokens_of(fact.claim);
  for (const char sign : {'=', 't'}) {
    if (!is_pair(tokens, sign)) continue;
    size_t at = 0;
    while (!tokens[at].is(Kind::relation, sign)) ++at;
    Values& values = sign == '=' ? values_ : next_;
    values[joined(tokens, 0, at)].insert(joined(tokens, at + 1, tokens.size()));
  }
}

void Known::find(Reading& reading) const {
  for (size_t i = 1; i + 1 < reading.tokens.size(); ++i) {
    if (reading.tokens[i].kind != Kind::relation || reading.used[i]) continue;
    const char sign = reading.tokens[i].sign;
    if (sign == '=' && !values_.empty()) find_value(reading, i, values_);
    if (sign == 't' && !next_.empty()) find_value(reading, i, next_);
    if ((sign == '>' || sign == '<') && !ranks_.empty()) i = find_order(reading, i);
  }
}

void Known::find_value(Reading& reading, size_t at, const Values& values) const {
  const std::vector<Token>& tokens = reading.tokens;
  size_t first = at;
  const std::set<std::string>* right = nullptr;
  for (size_t from = at; from > 0 && at - from < kMaxWords && is_text(tokens[from - 1]);) {
    --from;
    const auto found = values.find(joined(tokens, from, at));
    if (found == values.end()) continue;
    right = &found->second;  // the longest name counts
    first = from;
  }
  const size_t last = end_of_words(tokens, at + 1);
  if (right == nullptr || last == at + 1) return;
  // The sentence may go on behind the value.
  size_t end = last;
  bool holds = false;
  for (size_t i = at + 2; i <= last && !holds; ++i)
    if (right->contains(joined(tokens, at + 1, i))) {
      holds = true;
      end = i;
    }
  reading.add(first, end, holds);
  reading.use(first, end);
}

/// Returns the last token of the chain of names around `at`.
size_t Known::find_order(Reading& reading, size_t at) const {
  const std::vector<Token>& tokens = reading.tokens;
  size_t last = at + 2;
  while (last + 1 < tokens.size() && tokens[last].is(Kind::relation, tokens[at].sign) &&
         tokens[last + 1].kind == Kind::word)
    last += 2;
  bool holds = true;
  for (size_t i = at; i < last; i += 2) {
    const auto above = ranks_.find(std::string(tokens[i - 1].text));
    const auto below = ranks_.find(std::string(tokens[i + 1].text));
    if (above == ranks_.end() || below == ranks_.end()) return last - 1;
    holds = holds && (tokens[at].sign == '>' ? above->second < below->second : above->second > below->second);
  }
  reading.add(at - 1, last, holds);
  reading.use(at - 1, last);
  return last - 1;
}

}  // namespace retort::eval::claims
