#include "retort/train/lessons.h"

#include <algorithm>
#include <span>
#include <utility>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/problems/drill.h"

namespace retort::train {
namespace {

constexpr int64_t kChunk = 1024;        // lessons made at once
constexpr int64_t kMostLeftOut = 4096;  // without a single one that is short enough

/// The prompt, which does not count, and a completion, which does.
TokenSequence join(std::vector<int32_t> prompt, std::span<const int32_t> completion) {
  TokenSequence sequence;
  sequence.tokens = std::move(prompt);
  sequence.predicted.assign(sequence.tokens.size(), 0);
  sequence.predicted.resize(sequence.tokens.size() + completion.size(), 1);
  sequence.tokens.insert(sequence.tokens.end(), completion.begin(), completion.end());
  return sequence;
}

/// Something must stand beside the prompt's tokens, which do not count.
void add_teacher(TokenSequence& sequence, const Trace& trace, size_t prompt, int k) {
  for (size_t i = 0; i < prompt; ++i)
    for (int32_t j = 0; j < k; ++j) {
      sequence.top_ids.push_back(j);
      sequence.top_log_probs.push_back(-1.0f);
    }
  sequence.top_ids.insert(sequence.top_ids.end(), trace.top_ids.begin(), trace.top_ids.end());
  sequence.top_log_probs.insert(sequence.top_log_probs.end(), trace.top_log_probs.begin(),
                                trace.top_log_probs.end());
}

}  // namespace

TokenSequence lesson_sequence(const ProblemText& text, const Lesson& lesson) {
  return join(text.prompt(lesson.problem, lesson.turn),
              text.completion(lesson.problem.turns[lesson.turn], lesson.style));
}

Lessons make_lessons(ThreadPool& pool, const ProblemStream& stream, const ProblemText& text,
                     bool answers_only, const LessonLimits& limits, int64_t vocab_size,
                     const ProgressFn& progress) {
  Lessons lessons{Dataset(vocab_size)};
  auto full = [&] {
    return limits.count > 0 ? lessons.dataset.size() >= limits.count
                            : lessons.dataset.tokens() >= limits.tokens;
  };
  std::vector<TokenSequence> chunk(kChunk);
  for (uint64_t place = 0; !full(); place += kChunk) {
    pool.parallel_dynamic(kChunk, [&](int64_t i, int) {
      Lesson lesson = stream.at(place + static_cast<uint64_t>(i));
      if (answers_only) lesson.style = problems::TraceStyle::none;
      chunk[static_cast<size_t>(i)] = lesson_sequence(text, lesson);
    });
    for (const TokenSequence& one : chunk) {
      if (full()) break;
      if (static_cast<int64_t>(one.tokens.size()) > limits.max_length)
        ++lessons.left_out;
      else
        lessons.dataset.add(one);
    }
    if (lessons.dataset.size() == 0 && lessons.left_out >= kMostLeftOut)
      fail(ErrorCode::bad_input,
           "schedule.max_length: {} of {} lessons are longer than {} tokens; raise it, or lower data.levels",
           lessons.left_out, lessons.left_out, limits.max_length);
    if (progress)
      progress("making lessons",
               static_cast<uint64_t>(limits.count > 0 ? lessons.dataset.size() : lessons.dataset.tokens()),
               static_cast<uint64_t>(limits.count > 0 ? limits.count : limits.tokens));
  }
  return lessons;
}

Lessons make_drills(ThreadPool& pool, const ProblemText& text, uint64_t seed, int64_t tokens,
                    int64_t max_length, int64_t vocab_size) {
  Lessons lessons{Dataset(vocab_size)};
  std::vector<TokenSequence> chunk(kChunk);
  for (uint64_t place = 0; lessons.dataset.tokens() < tokens; place += kChunk) {
    pool.parallel_dynamic(kChunk, [&](int64_t i, int) {
      Random random(random_bits(seed, place + static_cast<uint64_t>(i)));
      chunk[static_cast<size_t>(i)].tokens = text.tokens_of(problems::draw_drill(random));
    });
    for (const TokenSequence& one : chunk) {
      if (lessons.dataset.tokens() >= tokens) break;
      if (static_cast<int64_t>(one.tokens.size()) > max_length)
        ++lessons.left_out;
      else
        lessons.dataset.add(one);
    }
    if (lessons.dataset.size() == 0 && lessons.left_out >= kMostLeftOut)
      fail(ErrorCode::bad_input, "schedule.max_length: {} of {} drills are longer than {} tokens; raise it",
           lessons.left_out, lessons.left_out, max_length);
  }
  return lessons;
}

Lessons trace_lessons(const TraceSet& set, const ProblemStream& stream, const ProblemText& text,
                      const TraceLessonOptions& options) {
  Lessons lessons{Dataset(options.vocab_size, options.k)};
  const auto most = static_cast<size_t>(options.max_length);
  for (const Trace& trace : set.traces) {
    Lesson lesson = stream.at(trace.place);
    std::vector<int32_t> prompt = text.prompt(lesson.problem, lesson.turn);
    const size_t before = prompt.size();
    std::span<const int32_t> completion = trace.completion;
    if (options.cut && before < most)
      completion = completion.first(std::min(completion.size(), most - before));
    if (before + completion.size() > most || completion.empty()) {
      ++lessons.left_out;
      continue;
    }
    TokenSequence sequence = join(std::move(prompt), completion);
    if (options.k > 0) add_teacher(sequence, trace, before, options.k);
    lessons.dataset.add(sequence);
  }
  if (lessons.dataset.size() == 0)
    fail(ErrorCode::bad_input, "schedule.max_length: all {} traces are longer than {} tokens; raise it",
         lessons.left_out, options.max_length);
  return lessons;
}

}  // namespace retort::train
