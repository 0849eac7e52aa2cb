// Examines a model on held-out problems: always the likeliest token, in large batches. Of a dialogue every
// turn that wants an answer is asked, each after the gold answers to the turns before it; the problem is
// correct when all of its answers are, so that problems, which are independent, are what intervals are made
// from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/base/progress.h"
#include "retort/model/causal_lm.h"
#include "retort/problems/problem.h"
#include "retort/problems/proportion.h"
#include "retort/train/communicator.h"
#include "retort/train/problem_text.h"
#include "retort/train/recipe.h"

namespace retort::train {

struct LevelScore {
  problems::Family family{};
  int level = 0;
  problems::Proportion correct;  // problems
  problems::Proportion turns;    // those asked, which are not independent within a dialogue
  int64_t malformed = 0;         // turns answered, but in no form that could be right
  int64_t unfinished = 0;        // turns thought about until max_new_tokens
};

struct ExaminationResult {
  std::vector<LevelScore> scores;  // families and levels in the order of the recipe
  int64_t generated_tokens = 0;
  double seconds = 0;

  problems::Proportion of(problems::Family family) const;
  problems::Proportion all() const;
};

Json to_json(const ExaminationResult& result);

/// What an examination needs beside its questions. `check` is called before every step; it may throw.
struct Examinee {
  const CausalLM& model;
  Context& context;
  const ProblemText& text;
  std::function<void()> check = [] {};
  ProgressFn progress = {};
  Communicator* ranks = nullptr;  // that share the questions; null: alone
};

/// Problems are of the test split, different ones, and the same for every model: fewer than asked for where a
/// level has no more.
ExaminationResult examine(const Examinee& examinee, const EvaluationRecipe& recipe);

/// Another one when the questions have changed: results before and after are not of the same examination.
std::string examination_fingerprint();

}  // namespace retort::train
