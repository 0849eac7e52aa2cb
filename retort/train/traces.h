// Verified traces, R1's way: the teacher answers problems, and what the verifier accepts is what the student
// learns from. The teacher's likeliest tokens are kept while it samples, so that no second pass is needed to
// distil its distribution.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "retort/base/progress.h"
#include "retort/model/causal_lm.h"
#include "retort/problems/proportion.h"
#include "retort/train/communicator.h"
#include "retort/train/dataset.h"
#include "retort/train/problem_stream.h"
#include "retort/train/problem_text.h"
#include "retort/train/recipe.h"

namespace retort::train {

struct TeacherView {
  const CausalLM& model;
  Context& context;
  const ProblemText& text;
};

/// One accepted answer.
struct Trace {
  uint64_t place = 0;                // of the lesson in the stream
  std::vector<int32_t> completion;   // the teacher's tokens, EOS included
  std::vector<int32_t> top_ids;      // [completion][k]
  std::vector<float> top_log_probs;  // [completion][k], at temperature 1
};

struct TraceSet {
  std::vector<Trace> traces;  // in the order of places
  problems::Proportion accepted;
  int64_t sampled_tokens = 0;
};

/// What the model answers to the lessons [first, first + recipe.problems) of the stream, right or wrong,
/// ended or not. Depends on the weights, the places and the seed alone.
std::vector<Trace> sample_answers(const TeacherView& model, const ProblemStream& stream, uint64_t first,
                                  const TracesRecipe& recipe, uint64_t seed);

/// `recipe.samples` answers to each of the lessons [0, recipe.problems) of the stream; of several accepted
/// answers to one problem all different ones are kept. The same for every number of threads. `k` is at most
/// SamplingParameters::kMaxTopLogprobs. `progress` counts answers and may throw to stop.
TraceSet sample_traces(const TeacherView& teacher, const ProblemStream& stream, const TracesRecipe& recipe,
                       int k, uint64_t seed, const ProgressFn& progress = {});

/// The same, dealt to the ranks; everybody gets all. `progress` shows this rank's part.
TraceSet sample_traces(Communicator& ranks, const TeacherView& teacher, const ProblemStream& stream,
                       const TracesRecipe& recipe, int k, uint64_t seed, const ProgressFn& progress = {});
std::vector<Trace> sample_answers(Communicator& ranks, const TeacherView& model, const ProblemStream& stream,
                                  uint64_t first, const TracesRecipe& recipe, uint64_t seed);
/// Rank 0's traces for all.
void broadcast(Communicator& ranks, TraceSet& set);

}  // namespace retort::train
