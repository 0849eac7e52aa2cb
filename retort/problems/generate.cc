#include "retort/problems/generate.h"

#include <unordered_set>

#include "retort/base/error.h"
#include "retort/problems/draw.h"
#include "retort/problems/split.h"

namespace retort::problems {
namespace {

using Draw = Problem (*)(Random&, int);
constexpr Draw kDraws[] = {
#define X(name, summary) draw_##name,
#include "retort/problems/families.inc"
#undef X
};

// One draw in ten is of the test split: 1,000 draws all miss it with a probability of 1e-46. Only a space
// without a single test problem can get there.
constexpr uint64_t kMaxDraws = 1'000;

/// A stream of its own for every problem and every attempt at it. The family counts by its name, so a new row
/// in the table changes no problem.
uint64_t stream(const Selection& s, uint64_t index, uint64_t attempt) {
  uint64_t state = text_hash(name(s.family));
  for (uint64_t part :
       {static_cast<uint64_t>(s.level), static_cast<uint64_t>(s.split), s.seed, index, attempt})
    state = splitmix64(state ^ part);
  return state;
}

}  // namespace

Problem generate(const Selection& selection, uint64_t index) {
  if (selection.level < kMinLevel || selection.level > kMaxLevel)
    fail(ErrorCode::bad_input, "problems: level {} is not within {}..{}", selection.level, kMinLevel,
         kMaxLevel);
  for (uint64_t attempt = 0; attempt < kMaxDraws; ++attempt) {
    Random random(stream(selection, index, attempt));
    Problem problem = kDraws[static_cast<size_t>(selection.family)](random, selection.level);
    if (split_of(problem.canonical) != selection.split) continue;
    problem.family = selection.family;
    problem.level = selection.level;
    problem.split = selection.split;
    problem.seed = selection.seed;
    problem.index = index;
    return problem;
  }
  fail(ErrorCode::unsupported, "problems: {} level {} has no {} problems", name(selection.family),
       selection.level, name(selection.split));
}

std::vector<Problem> generate_distinct(const Selection& selection, uint64_t count) {
  std::vector<Problem> problems;
  std::unordered_set<std::string> seen;
  uint64_t misses = 0;
  for (uint64_t index = 0; problems.size() < count && misses < kExhausted; ++index) {
    Problem problem = generate(selection, index);
    if (seen.insert(problem.canonical).second) {
      problems.push_back(std::move(problem));
      misses = 0;
    } else {
      ++misses;
    }
  }
  return problems;
}

std::string completion(const Turn& turn, TraceStyle style) {
  std::string thought;
  if (style == TraceStyle::brief) thought = turn.short_thought;
  if (style == TraceStyle::full) thought = turn.long_thought;
  return thought + "\n</think>\n\n" + turn.answer;
}

}  // namespace retort::problems
