// Scores of generated problems, made from the journal's samples alone: the same samples give the same scores
// on any machine.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/sample.h"
#include "retort/eval/statistics/estimate.h"
#include "retort/problems/problem.h"

namespace retort::eval {

/// Of one family and level, or of a family as a whole (level 0). Shares are over items; several samples of
/// one item are averaged first.
struct CellScore {
  problems::Family family{};
  int level = 0;
  Estimate correct;  // all turns that ask were answered rightly, in the answer's form
  Estimate
      completeness;      // facts asserted behind those that they rest on, of all facts; over items with facts
  Estimate unsupported;  // of the right ones: not all facts were asserted
  int64_t samples = 0;   // answers to turns that ask
  std::map<SampleStatus, int64_t> statuses;      // of them; only those that occur
  int64_t malformed = 0;                         // ended by themselves, in no form that could be right
  double thought_tokens = 0, answer_tokens = 0;  // means over answers
};

/// Of all dialogues: what is special about many turns.
struct DialogueScore {
  struct Point {
    int64_t at = 0;  // turn, from 1; or turns since the fact was last changed
    Estimate correct;
  };
  std::vector<Point> by_turn, by_distance;
  Estimate stale;  // wrong values that were true earlier, of turns that want a value that has changed
  Estimate accepted_premises;  // "yes" to a claim that does not hold, of such claims
  Estimate contradictions;  // two answers that differ to one question, with no change between, of such pairs
  /// The share of dialogues whose first n turns that ask were all right, n = 1, 2, ...
  std::vector<Estimate> survival;
};

struct GeneratedScores {
  std::vector<CellScore> cells, families;
  DialogueScore dialogue;  // empty lists where there are no dialogues
  int64_t missing = 0;     // answers that the journal does not have: the run has not ended
  /// By item, in the order of the problems, for paired comparisons: the mean over samples; of those with
  /// answers.
  std::vector<std::string> item_ids;
  std::vector<double> item_scores;
  std::vector<int> item_clusters;
};

/// `problems` are those that were asked, `samples` those of the run, `n_samples` how often each was asked.
GeneratedScores score(std::span<const problems::Problem> problems, std::span<const Sample> samples,
                      int64_t n_samples);

Json to_json(const GeneratedScores& scores);

}  // namespace retort::eval
