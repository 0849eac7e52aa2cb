// Lessons: the gold texts of generated problems as sequences to learn from.
#pragma once

#include <cstdint>
#include <functional>

#include "retort/base/progress.h"
#include "retort/base/thread_pool.h"
#include "retort/problems/generate.h"
#include "retort/train/dataset.h"
#include "retort/train/problem_stream.h"
#include "retort/train/problem_text.h"
#include "retort/train/traces.h"

namespace retort::train {

struct LessonLimits {
  int64_t count = 0;       // sequences; 0: as many as `tokens` allow
  int64_t tokens = 0;      // stop when the sequences together have so many
  int64_t max_length = 0;  // longer sequences are left out
};

struct Lessons {
  Dataset dataset;
  int64_t left_out = 0;  // were longer than max_length
};

/// The prompt and what follows it; only what follows counts in the loss.
TokenSequence lesson_sequence(const ProblemText& text, const Lesson& lesson);

/// In the order of the stream, whatever the number of threads. `answers_only` leaves thoughts empty. Throws
/// Error bad_input if nearly all are too long.
Lessons make_lessons(ThreadPool& pool, const ProblemStream& stream, const ProblemText& text,
                     bool answers_only, const LessonLimits& limits, int64_t vocab_size,
                     const ProgressFn& progress = {});

/// Drills (see problems/drill.h) of at least `tokens` tokens together, none longer than max_length; every
/// token counts. The same for every number of threads.
Lessons make_drills(ThreadPool& pool, const ProblemText& text, uint64_t seed, int64_t tokens,
                    int64_t max_length, int64_t vocab_size);

struct TraceLessonOptions {
  int k = 0;               // of the traces' likeliest tokens, to stand beside each of their tokens
  int64_t max_length = 0;  // longer sequences are left out,
  bool cut = false;        // or end there
  int64_t vocab_size = 0;
};

/// Traces after the student's own prompts. Throws Error bad_input if all are too long.
Lessons trace_lessons(const TraceSet& set, const ProblemStream& stream, const ProblemText& text,
                      const TraceLessonOptions& options);

}  // namespace retort::train
