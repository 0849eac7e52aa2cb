#include "retort/train/teaching.h"

#include <algorithm>
#include <optional>

#include "retort/base/error.h"
#include "retort/train/stages.h"
#include "retort/train/vocabularies.h"

namespace retort::train {
namespace {

/// The first stage that learns the teacher's probabilities.
std::optional<size_t> soft_stage(const Recipe& recipe) {
  for (size_t i = 0; i < recipe.stages.size(); ++i)
    if (teacher_part(recipe.stages[i].parsed_kind()) >= TeacherPart::top_tokens) return i;
  return std::nullopt;
}

LoadedModel load_teacher(Context& ctx, const Recipe& recipe, const std::string& where,
                         const ProgressFn& progress) {
  try {
    LoadedModel teacher =
        LoadedModel::open(ctx, recipe.resolve_model(recipe.teacher), {.progress = progress});
    if (!teacher.chat_template) fail(ErrorCode::unsupported, "{}", teacher.chat_template_problem);
    return teacher;
  } catch (const Error& error) {
    throw error.with_context(where);
  }
}

/// What the teacher wrote, in the student's tokens. Its probabilities mean nothing there.
void translate(TraceSet& set, const ProblemText& teacher, const ProblemText& student) {
  for (Trace& trace : set.traces) {
    trace.completion = student.tokens_of(teacher.text_of(trace.completion));
    trace.top_ids.clear();
    trace.top_log_probs.clear();
  }
}

}  // namespace

int top_tokens_kept(const Recipe& recipe) {
  return soft_stage(recipe) ? static_cast<int>(recipe.traces.top_logprobs) : 0;
}

Teacher::Teacher(Context& ctx, const Recipe& recipe, const Tokenizer& student, const ProgressFn& progress)
    : where_(recipe.file.filename().string() + ": teacher"),
      model_(load_teacher(ctx, recipe, where_, progress)) {
  const std::optional<size_t> soft = soft_stage(recipe);
  const std::optional<std::string> difference = vocabulary_difference(model_.tokenizer, student);
  if (soft && difference)
    fail(ErrorCode::bad_input,
         "{}: stages[{}].kind: '{}' needs one vocabulary for teacher and student, but {}; take the teacher's "
         "with "
         "tokenizer.from, or learn from its texts alone with 'verified_traces'",
         recipe.file.filename().string(), *soft, recipe.stages[*soft].kind, *difference);
  same_vocabulary_ = !difference;
}

TraceSet Teacher::sample(Context& ctx, Communicator& ranks, const Recipe& recipe,
                         const ProblemText& student_text, const ProgressFn& progress) const {
  ProblemText text(model_.tokenizer, *model_.chat_template);
  const auto seed = static_cast<uint64_t>(recipe.seed);
  ProblemStream stream(recipe.data, recipe.data.levels, seed);
  TraceSet set = sample_traces(ranks, {*model_.model, ctx, text}, stream, recipe.traces,
                               top_tokens_kept(recipe), seed, progress);
  together(ranks, [&] {
    if (set.traces.empty())
      fail(ErrorCode::bad_input,
           "{}: the verifier accepts none of its {} answers; take easier data.levels or a better teacher",
           where_, set.accepted.trials);
  });
  if (!same_vocabulary_) translate(set, text, student_text);
  return set;
}

const Decoder& Teacher::decoder() const {
  const auto* decoder = dynamic_cast<const Decoder*>(model_.model.get());
  if (decoder == nullptr)
    fail(ErrorCode::unsupported, "{}: its architecture {} cannot score a student's tokens; use 'logits'",
         where_, model_.config.architecture);
  return *decoder;
}

}  // namespace retort::train
