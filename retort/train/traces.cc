#include "retort/train/traces.h"

#include <algorithm>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/infer/engine.h"
#include "retort/problems/verify.h"
#include "retort/train/packed.h"

namespace retort::train {
namespace {

constexpr int kMaxRunning = 64;  // answers computed at once
constexpr uint64_t kTraceStream = 0x7eac4e;
constexpr uint64_t kMostSamples = 256;  // of a problem: the range of traces.samples

struct SamplerOptions {
  uint64_t first = 0;     // place of the first lesson
  int k = 0;              // of the likeliest tokens to keep
  bool keep_all = false;  // wrong and unended answers too
  uint64_t seed = 0;
};

/// Answers come in any order and are sorted when all are there.
class TraceSampler {
 public:
  TraceSampler(const TeacherView& teacher, const ProblemStream& stream, const TracesRecipe& recipe,
               const SamplerOptions& options)
      : teacher_(teacher), stream_(stream), recipe_(recipe), options_(options) {}

  TraceSet run(const ProgressFn& progress) {
    const int64_t total = recipe_.problems * recipe_.samples;
    KvCache cache(layout(), static_cast<int>(config().num_hidden_layers),
                  Scheduler::pages_for(context()) * kMaxRunning);
    Engine engine(teacher_.model, cache, teacher_.context, {},
                  {.max_running = kMaxRunning, .max_waiting = kMaxRunning, .max_context = context()});
    int64_t next = 0;
    while (true) {
      while (next < total && outstanding_ < kMaxRunning) ask(engine, next++);
      if (progress) progress("sampling traces", static_cast<uint64_t>(done_), static_cast<uint64_t>(total));
      if (!engine.step()) break;
    }
    if (error_) throw *error_;
    sort_and_deduplicate();
    return std::move(set_);
  }

 private:
  const ModelConfig& config() const { return teacher_.model.config(); }
  kernels::KvLayout layout() const {
    return {kernels::KvDType::bf16, static_cast<int>(config().num_key_value_heads),
            static_cast<int>(config().head_dim)};
  }
  /// Prompts of generated problems are short beside what the answer may take.
  int64_t context() const {
    return std::min(config().max_position_embeddings, 4 * recipe_.max_new_tokens + 1024);
  }

  void ask(Engine& engine, int64_t number) {
    uint64_t place = options_.first + static_cast<uint64_t>(number / recipe_.samples);
    auto lesson = std::make_shared<const Lesson>(stream_.at(place));
    auto trace = std::make_shared<Trace>();
    trace->place = place;
    Request request;
    request.prompt = teacher_.text.prompt(lesson->problem, lesson->turn);
    if (static_cast<int64_t>(request.prompt.size()) >= context()) return unanswerable();
    request.sampling = {
        .temperature = static_cast<float>(recipe_.temperature),
        .top_p = static_cast<float>(recipe_.top_p),
        .seed = random_bits(options_.seed ^ kTraceStream,
                            place * kMostSamples + static_cast<uint64_t>(number % recipe_.samples)),
        .top_logprobs = options_.k};
    request.max_new_tokens = recipe_.max_new_tokens;
    request.stop_tokens = {teacher_.text.eos()};
    request.on_token = [trace](const TokenEvent& event) {
      for (const TokenLogprob& one : event.top_logprobs) {
        trace->top_ids.push_back(one.token);
        trace->top_log_probs.push_back(one.logprob);
      }
      return true;
    };
    request.on_finish = [this, lesson, trace](Completion done) {
      answered(*lesson, *trace, std::move(done));
    };
    ++outstanding_;
    engine.add(std::move(request));
  }

  /// The prompt alone fills the context.
  void unanswerable() {
    ++done_;
    set_.accepted.add(false);
  }

  void answered(const Lesson& lesson, Trace& trace, Completion done) {
    --outstanding_;
    ++done_;
    if (done.error && !error_) error_ = std::move(done.error);
    set_.sampled_tokens += static_cast<int64_t>(done.tokens.size());
    bool ended = done.finish_reason == FinishReason::stop;
    bool good =
        ended && problems::verify_completion(lesson.problem, teacher_.text.text_of(done.tokens), lesson.turn)
                     .correct();
    set_.accepted.add(good);
    if (!good && !options_.keep_all) return;
    trace.completion = std::move(done.tokens);
    set_.traces.push_back(std::move(trace));
  }

  void sort_and_deduplicate() {
    auto key = [](const Trace& t) { return std::tie(t.place, t.completion); };
    auto& all = set_.traces;
    std::sort(all.begin(), all.end(), [&](const Trace& a, const Trace& b) { return key(a) < key(b); });
    all.erase(
        std::unique(all.begin(), all.end(), [&](const Trace& a, const Trace& b) { return key(a) == key(b); }),
        all.end());
  }

  const TeacherView& teacher_;
  const ProblemStream& stream_;
  const TracesRecipe& recipe_;
  SamplerOptions options_;
  TraceSet set_;
  int64_t outstanding_ = 0, done_ = 0;
  std::optional<Error> error_;
};

}  // namespace

TraceSet sample_traces(const TeacherView& teacher, const ProblemStream& stream, const TracesRecipe& recipe,
                       int k, uint64_t seed, const ProgressFn& progress) {
  return TraceSampler(teacher, stream, recipe, {.k = k, .seed = seed}).run(progress);
}

std::vector<Trace> sample_answers(const TeacherView& model, const ProblemStream& stream, uint64_t first,
                                  const TracesRecipe& recipe, uint64_t seed) {
  return TraceSampler(model, stream, recipe, {.first = first, .keep_all = true, .seed = seed}).run({}).traces;
}

namespace {

std::string packed(const TraceSet& set) {
  Packer packer;
  packer.add(set.accepted);
  packer.add(set.sampled_tokens);
  packer.add(set.traces.size());
  for (const Trace& trace : set.traces) {
    packer.add(trace.place);
    packer.add_list(trace.completion);
    packer.add_list(trace.top_ids);
    packer.add_list(trace.top_log_probs);
  }
  return packer.take();
}

/// Puts the traces behind those that are there: ranks have neighbouring places, in their order.
void add_packed(const std::string& bytes, TraceSet& set) {
  Unpacker unpacker(bytes);
  set.accepted += unpacker.get<problems::Proportion>();
  set.sampled_tokens += unpacker.get<int64_t>();
  for (auto n = unpacker.get<size_t>(); n > 0; --n) {
    Trace& trace = set.traces.emplace_back();
    trace.place = unpacker.get<uint64_t>();
    trace.completion = unpacker.get_list<int32_t>();
    trace.top_ids = unpacker.get_list<int32_t>();
    trace.top_log_probs = unpacker.get_list<float>();
  }
}

/// `sample(first problem, recipe of this rank's part)` on each rank, put together.
template <typename F>
TraceSet sample_in_shares(Communicator& ranks, const TracesRecipe& recipe, F sample) {
  if (ranks.size() == 1) return sample(0, recipe);
  TraceSet own, all;
  const Share share = share_of(ranks, recipe.problems);
  together(ranks, [&] {
    TracesRecipe part = recipe;
    part.problems = share.end - share.begin;
    own = sample(static_cast<uint64_t>(share.begin), part);
  });
  for (const std::string& bytes : ranks.gather(packed(own))) add_packed(bytes, all);
  return all;
}

}  // namespace

TraceSet sample_traces(Communicator& ranks, const TeacherView& teacher, const ProblemStream& stream,
                       const TracesRecipe& recipe, int k, uint64_t seed, const ProgressFn& progress) {
  return sample_in_shares(ranks, recipe, [&](uint64_t first, const TracesRecipe& part) {
    return TraceSampler(teacher, stream, part, {.first = first, .k = k, .seed = seed}).run(progress);
  });
}

std::vector<Trace> sample_answers(Communicator& ranks, const TeacherView& model, const ProblemStream& stream,
                                  uint64_t first, const TracesRecipe& recipe, uint64_t seed) {
  return sample_in_shares(ranks, recipe,
                          [&](uint64_t begin, const TracesRecipe& part) {
                            return TraceSet{sample_answers(model, stream, first + begin, part, seed), {}, 0};
                          })
      .traces;
}

void broadcast(Communicator& ranks, TraceSet& set) {
  if (ranks.size() == 1) return;
  const std::string bytes = from_first(ranks, ranks.first() ? packed(set) : "");
  set = {};
  add_packed(bytes, set);
}

}  // namespace retort::train
