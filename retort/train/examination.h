// Examines a model on held-out problems: one answer each, always the likeliest token, in large batches.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "retort/base/json.h"
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
  problems::Proportion correct;
  int64_t malformed = 0;   // answered, but in no form that could be right
  int64_t unfinished = 0;  // thought until max_new_tokens
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
  Communicator* ranks = nullptr;  // that share the questions; null: alone
};

/// Problems are of the test split, different ones, and the same for every model: fewer than asked for where a
/// level has no more. Of a dialogue the last turn that asks is examined, after gold answers to the earlier
/// ones.
ExaminationResult examine(const Examinee& examinee, const EvaluationRecipe& recipe);

}  // namespace retort::train
