// What dialogues show turn by turn, beside whether all of one was right.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "retort/eval/suite.h"
#include "retort/problems/problem.h"
#include "retort/problems/verify.h"

namespace retort::eval {

/// One turn that asks, answered.
struct AnsweredTurn {
  const problems::Turn* turn;
  const Sample* sample;
  problems::Verdict verdict;
};

/// Turns of one dialogue go right and wrong together: each dialogue is a cluster.
class DialogueSum {
 public:
  /// `group`: of its figures, with the slash.
  explicit DialogueSum(const std::string& group);
  /// The turns that ask of one dialogue, in order.
  void add(const std::string& id, const std::vector<AnsweredTurn>& answers);
  void put_into(SuiteScores& scores) const;

 private:
  void add_point(std::map<int64_t, FigureSum>& points, int64_t at, double score);
  void add_repetition(const std::string& item, const std::vector<AnsweredTurn>& answers, size_t i);

  int dialogues_ = 0;
  FigureSum turns_, stale_, premises_, contradictions_;
  std::map<int64_t, FigureSum> by_turn_, by_distance_, by_questions_;
};

}  // namespace retort::eval
