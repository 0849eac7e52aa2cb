#include "retort/eval/runner.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/base/topology.h"
#include "retort/eval/dialogue.h"
#include "retort/infer/engine.h"

namespace retort::eval {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

SampleStatus status_of(const Completion& c, bool starts_in_thought) {
  const bool blank = c.content.find_first_not_of(" \t\r\n") == std::string::npos;
  if (c.finish_reason == FinishReason::length) {
    const bool thinking = starts_in_thought && c.thought_end == ThoughtEnd::none;
    return thinking ? SampleStatus::truncated_in_thought : SampleStatus::truncated_in_answer;
  }
  return blank ? SampleStatus::no_answer : SampleStatus::ok;
}

class Asker {
 public:
  Asker(const Subject& subject, std::span<const Item> items, const AskOptions& options, Journal& journal,
        const std::string& run, const RunHooks& hooks)
      : subject_(subject), options_(options), journal_(journal), run_(run), hooks_(hooks) {
    const LoadedModel& m = subject.loaded;
    if (!m.chat_template) fail(ErrorCode::unsupported, "{}", m.chat_template_problem);
    LineUp lined_up = line_up(items, options.samples, journal.samples(run));
    dialogues_ = std::move(lined_up.dialogues);
    answered_ = lined_up.answered;
    total_ = lined_up.total;
    for (size_t i = 0; i < dialogues_.size(); ++i) waiting_.push_back(i);
    cache_ = m.make_cache(subject.kv, cache_tokens());
    engine_.emplace(
        *m.model, *cache_, subject.context, [&m](int32_t token) { return m.tokenizer.piece(token); },
        EngineOptions{.max_running = hooks.max_running, .max_waiting = hooks.max_running});
  }

  RunMetrics run() {
    const auto start = Clock::now();
    report();
    while (true) {
      while (!waiting_.empty() && outstanding_ < hooks_.max_running) {
        const size_t next = waiting_.front();
        waiting_.pop_front();
        ask(next);
      }
      hooks_.check();
      const auto step = Clock::now();
      const bool more = engine_->step();
      metrics_.model_seconds += seconds_since(step);
      if (error_) throw *error_;
      if (!more && waiting_.empty()) break;
    }
    metrics_.seconds = seconds_since(start);
    metrics_.preemptions = engine_->metrics().preemptions;
    return metrics_;
  }

 private:
  /// As many as all that run at once can fill, within a quarter of the memory that is free.
  int64_t cache_tokens() const {
    const ModelConfig& c = subject_.loaded.config;
    const kernels::KvLayout layout{subject_.kv, static_cast<int>(c.num_key_value_heads),
                                   static_cast<int>(c.head_dim)};
    const auto page = static_cast<double>(layout.page_bytes()) * static_cast<double>(c.num_hidden_layers);
    const double affordable =
        static_cast<double>(read_memory_status().available) / 4 / page * kernels::kPageTokens;
    const double wanted = static_cast<double>(c.max_position_embeddings) * hooks_.max_running;
    return std::max(c.max_position_embeddings, static_cast<int64_t>(std::min(affordable, wanted)));
  }

  void ask(size_t i) {
    Dialogue& dialogue = dialogues_[i];
    const ChatPrompt prompt =
        subject_.loaded.chat_template->render(dialogue.asking(), {.open_thought = true});
    Request request;
    request.prompt = subject_.loaded.tokenizer.encode(prompt);
    Sample sample{.key = dialogue.key(), .prompt = prompt.text};
    sample.prompt_tokens = static_cast<int64_t>(request.prompt.size());
    if (dialogue.full || sample.prompt_tokens >= engine_->max_context()) {
      sample.status = SampleStatus::too_long;
      sample.detail =
          fmt::format("{} tokens of prompt, {} fit", sample.prompt_tokens, engine_->max_context());
      answered(i, std::move(sample));
      return;
    }
    request.sampling = options_.sampling;
    request.sampling.seed = seed_of(options_.sampling.seed, sample.key);
    request.max_new_tokens = std::min(options_.max_new_tokens, engine_->max_context() - sample.prompt_tokens);
    request.stop_tokens = subject_.loaded.stop_tokens();
    request.thinking = subject_.loaded.thinking(prompt.in_thought);
    request.thinking.budget = options_.thinking_budget;
    request.on_finish = [this, i, sample = std::move(sample), in_thought = prompt.in_thought](Completion c) {
      --outstanding_;
      finished(i, sample, in_thought, c);
    };
    ++outstanding_;
    engine_->add(std::move(request));
  }

  void finished(size_t i, Sample sample, bool in_thought, const Completion& c) {
    if (c.error && !error_) error_ = c.error;
    if (error_) return;
    sample.status = status_of(c, in_thought);
    sample.reasoning = c.reasoning;
    sample.content = c.content;
    sample.reasoning_tokens = c.usage.reasoning_tokens;
    sample.answer_tokens = c.usage.completion_tokens - c.usage.reasoning_tokens;
    sample.queue_seconds = c.timings.queue_seconds;
    sample.prefill_seconds = c.timings.prefill_seconds;
    sample.decode_seconds = c.timings.decode_seconds;
    ++metrics_.answers;
    metrics_.prompt_tokens += sample.prompt_tokens;
    metrics_.computed_prompt_tokens += sample.prompt_tokens - c.usage.cached_tokens;
    metrics_.generated_tokens += c.usage.completion_tokens;
    answered(i, std::move(sample));
  }

  /// Callbacks must not throw: what the journal throws waits until the step is over.
  void answered(size_t i, Sample sample) {
    try {
      journal_.add(run_, sample);
    } catch (const Error& error) {
      error_ = error;
      return;
    }
    ++answered_;
    report();
    Dialogue& dialogue = dialogues_[i];
    dialogue.follow(sample);
    // Its next turn begins with the pages that are still warm.
    if (!dialogue.done()) waiting_.push_front(i);
  }

  void report() const {
    if (hooks_.progress) hooks_.progress("answers", answered_, total_);
  }

  const Subject& subject_;
  const AskOptions& options_;
  Journal& journal_;
  const std::string& run_;
  const RunHooks& hooks_;
  std::vector<Dialogue> dialogues_;
  std::deque<size_t> waiting_;  // dialogues whose next turn can be asked
  std::unique_ptr<KvCache> cache_;
  std::optional<Engine> engine_;
  RunMetrics metrics_;
  uint64_t answered_ = 0, total_ = 0;
  int outstanding_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Json to_json(const AskOptions& o) {
  const SamplingParameters& s = o.sampling;
  Json sampling{{"temperature", s.temperature},
                {"top_p", s.top_p},
                {"top_k", s.top_k},
                {"min_p", s.min_p},
                {"repetition_penalty", s.repetition_penalty},
                {"seed", s.seed}};
  return {{"sampling", std::move(sampling)},
          {"samples", o.samples},
          {"max_new_tokens", o.max_new_tokens},
          {"thinking_budget", o.thinking_budget ? Json(*o.thinking_budget) : Json(nullptr)}};
}

RunMetrics ask_all(const Subject& subject, std::span<const Item> items, const AskOptions& options,
                   Journal& journal, const std::string& run, const RunHooks& hooks) {
  return Asker(subject, items, options, journal, run, hooks).run();
}

}  // namespace retort::eval
