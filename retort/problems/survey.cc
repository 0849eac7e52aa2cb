#include "retort/problems/survey.h"

#include <map>
#include <unordered_set>

namespace retort::problems {

Survey survey(const Selection& selection, uint64_t draws) {
  Survey s;
  std::unordered_set<std::string> seen;
  std::map<std::string, uint64_t> answers;
  uint64_t late_new = 0, turns = 0;
  for (uint64_t i = 0; i < draws; ++i) {
    Problem p = generate(selection, i);
    bool is_new = seen.insert(p.canonical).second;
    late_new += is_new && i >= draws - draws / 10 ? 1 : 0;
    for (const Turn& turn : p.turns) {
      ++turns;
      s.short_bytes += static_cast<double>(turn.short_thought.size());
      s.long_bytes += static_cast<double>(turn.long_thought.size());
      if (turn.kind == TurnKind::tell) continue;
      ++s.asked;
      ++answers[turn.answer];
    }
  }
  s.draws = draws;
  s.distinct = seen.size();
  s.exhausted = late_new * 20 < draws / 10;
  uint64_t most = 0;
  for (const auto& [answer, n] : answers)
    if (n > most) {
      most = n;
      s.best_guess = answer;
    }
  if (s.asked > 0) s.best_guess_share = static_cast<double>(most) / static_cast<double>(s.asked);
  if (turns > 0) {
    s.short_bytes /= static_cast<double>(turns);
    s.long_bytes /= static_cast<double>(turns);
  }
  return s;
}

}  // namespace retort::problems
