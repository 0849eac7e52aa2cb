#include "retort/eval/tasks/claims.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "retort/eval/tasks/claims/arithmetic.h"
#include "retort/eval/tasks/claims/boolean.h"
#include "retort/eval/tasks/claims/known.h"

namespace retort::eval {
namespace {

using claims::Found;
using claims::Kind;
using claims::Token;

constexpr size_t kMaxShown = 120;

/// On one line, and not cut within a character.
std::string shown(std::string_view text) {
  size_t size = std::min(text.size(), kMaxShown);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  std::string out(text.substr(0, size));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

/// Of the digits and relation signs.
double covered_share(const std::vector<Token>& tokens, const std::vector<Found>& found) {
  int64_t all = 0, covered = 0;
  size_t at = 0;
  size_t reached = 0;  // by the claims so far; they are in order of their beginnings
  for (const Token& t : tokens) {
    while (at < found.size() && found[at].begin <= t.begin) reached = std::max(reached, found[at++].end);
    if (t.kind != Kind::number && t.kind != Kind::relation) continue;
    const auto marks = t.kind == Kind::relation
                           ? int64_t{1}
                           : static_cast<int64_t>(std::count_if(t.text.begin(), t.text.end(),
                                                                [](char c) { return c >= '0' && c <= '9'; }));
    all += marks;
    if (t.end <= reached) covered += marks;
  }
  return all == 0 ? 0 : static_cast<double>(covered) / static_cast<double>(all);
}

}  // namespace

StepErrors step_errors(std::string_view thought, std::span<const problems::Fact> facts) {
  claims::Reading reading{.tokens = claims::tokens_of(thought), .used = {}, .found = {}};
  reading.used.resize(reading.tokens.size());
  const claims::Known known(facts);
  claims::find_boolean(reading, known.truths());
  known.find(reading);
  claims::find_arithmetic(reading);

  std::sort(reading.found.begin(), reading.found.end(), [](const Found& a, const Found& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  StepErrors out;
  std::unordered_set<std::string> seen;
  for (const Found& one : reading.found) {
    ++out.claims;
    if (one.holds) {
      out.repeated += seen.insert(one.key).second ? 0 : 1;
      continue;
    }
    if (out.false_claims++ > 0) continue;
    out.first_error = static_cast<double>(one.begin) / static_cast<double>(thought.size());
    out.first_false = shown(thought.substr(one.begin, one.end - one.begin));
  }
  out.coverage = covered_share(reading.tokens, reading.found);
  return out;
}

}  // namespace retort::eval
