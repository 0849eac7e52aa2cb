#include "retort/train/on_policy.h"

#include "retort/base/error.h"
#include "retort/train/lessons.h"

namespace retort::train {

StepBatch on_policy_batch(Communicator& ranks, const TeacherView& student, const ProblemStream& stream,
                          int64_t step, const OnPolicyOptions& options) {
  // The student's own distribution, untouched: what is sampled must be what is corrected.
  const TracesRecipe recipe{.problems = options.batch.sequences,
                            .samples = 1,
                            .temperature = 1.0,
                            .top_p = 1.0,
                            .max_new_tokens = options.max_length};
  const auto first = static_cast<uint64_t>(step * options.batch.sequences);
  TraceSet answers;
  answers.traces = sample_answers(ranks, student, stream, first, recipe, options.batch.seed);
  Lessons lessons{Dataset(options.vocab_size)};
  together(ranks, [&] {
    lessons =
        trace_lessons(answers, stream, student.text,
                      {.max_length = options.max_length, .cut = true, .vocab_size = options.vocab_size});
  });
  BatchOptions batch = options.batch;
  batch.sequences = lessons.dataset.size();
  return Batches(lessons.dataset, batch).at(0);
}

}  // namespace retort::train
