// Scores one answer to one problem of a code suite: a row of scorers, each of which adds a figure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "retort/eval/code/prepared_task.h"

namespace retort::eval {

struct AnswerScores {
  std::map<std::string, double> figures;  // by ids of figures.inc: those that the task has
  std::string verdict, note;              // SampleVerdict's
  std::map<std::string, double> parts;    // SampleVerdict's: the figures, and what they are made of
  std::string growth_like;                // "best", "good", "naive", where efficiency was measured
  bool failed = false;                    // a scorer failed in what all figures need: there are no figures
  std::map<std::string, std::string> failures;  // figures that could not be found, and why: our fault
};

/// What one thread needs for scoring. Its sandbox sessions belong to the thread that uses it.
class Scorer {
 public:
  Scorer(const Sandbox& sandbox, uint64_t seed);
  ~Scorer();
  AnswerScores score(const PreparedTask& prepared, std::string_view content);

 private:
  const Sandbox& sandbox_;
  uint64_t seed_;
  std::unique_ptr<SandboxSession> reader_;  // of candidates' sources as text
};

/// The ids of the figures that a problem has, in the order of figures.inc.
std::vector<std::string_view> figures_of(const CodeProblem& problem);

}  // namespace retort::eval
