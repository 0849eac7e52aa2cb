#include "retort/eval/api/runner.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "retort/base/error.h"
#include "retort/eval/dialogue.h"

namespace retort::eval {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLook = std::chrono::milliseconds(50);  // how often hooks.check is called

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

SampleStatus status_of(const ApiReply& r) {
  if (!r.refusal.empty() || r.finish_reason == "content_filter") return SampleStatus::refused;
  if (r.finish_reason == "length") {
    const bool thinking = r.open_thought ||
                          (is_blank(r.content) && r.usage && r.usage->reasoning.value_or(0) > 0) ||
                          (is_blank(r.content) && !r.reasoning.empty());
    return thinking ? SampleStatus::truncated_in_thought : SampleStatus::truncated_in_answer;
  }
  return is_blank(r.content) ? SampleStatus::no_answer : SampleStatus::ok;
}

/// Tokens of thought and answer. Servers that count no thoughts get them by the lengths of the texts, and the
/// sample says so.
void count_tokens(Sample& sample, const ApiReply& r) {
  if (!r.usage) {
    sample.detail = "the API did not say how many tokens it used";
    return;
  }
  sample.prompt_tokens = r.usage->prompt;
  sample.cached_tokens = r.usage->cached;
  const auto total = static_cast<double>(r.usage->completion);
  const size_t bytes = r.reasoning.size() + r.content.size();
  if (r.usage->reasoning) {
    sample.reasoning_tokens = *r.usage->reasoning;
  } else if (!r.reasoning.empty()) {
    sample.reasoning_tokens =
        static_cast<int64_t>(total * static_cast<double>(r.reasoning.size()) / static_cast<double>(bytes));
    sample.detail = "tokens of thought estimated from its length";
  }
  sample.answer_tokens = r.usage->completion - sample.reasoning_tokens;
}

/// As it was sent; a benchmark's file may hold broken UTF-8.
std::string prompt_of(const Dialogue& dialogue) {
  return dialogue.asking().dump(-1, ' ', false, Json::error_handler_t::replace);
}

Sample sample_of(const Dialogue& dialogue, const ApiAnswer& answer) {
  Sample out{.key = dialogue.key(), .prompt = prompt_of(dialogue)};
  if (!answer.reply) {
    out.status = answer.fault.kind == FaultKind::too_long  ? SampleStatus::too_long
                 : answer.fault.kind == FaultKind::refused ? SampleStatus::refused
                                                           : SampleStatus::api_error;
    out.detail = answer.fault.what;
    return out;
  }
  const ApiReply& r = *answer.reply;
  out.status = status_of(r);
  out.reasoning = r.reasoning;
  out.content = r.content.empty() ? r.refusal : r.content;
  count_tokens(out, r);
  out.served_by = r.model;
  out.queue_seconds = answer.wait_seconds;
  out.prefill_seconds = answer.first_seconds;
  out.decode_seconds = answer.rest_seconds;
  return out;
}

/// Threads that ask, and one (who runs it) that decides what is asked and writes the journal.
class ApiAsker {
 public:
  ApiAsker(const ApiSubject& subject, std::span<const Item> items, const ApiAskOptions& options,
           Journal& journal, const std::string& run, const RunHooks& hooks)
      : subject_(subject),
        options_(options),
        journal_(journal),
        run_(run),
        hooks_(hooks),
        shared_(subject.manners) {
    check_key(subject);
    lined_up_ = line_up(items, options.samples, journal.samples(run));
    for (size_t i = 0; i < lined_up_.dialogues.size(); ++i) next(i);
  }

  ApiMetrics run() {
    const auto start = Clock::now();
    report();
    std::optional<Error> error;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < subject_.manners.concurrency && outstanding_ > 0; ++i)
        threads.emplace_back([this] { work(); });
      try {
        while (outstanding_ > 0) {
          hooks_.check();
          take(wait_for_answers());
        }
      } catch (const Error& e) {
        error = e;
      }
      stop_.request_stop();
      changed_.notify_all();
    }
    // What has come meanwhile is paid for.
    if (error) keep_what_came();
    metrics_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (error) throw *error;
    return metrics_;
  }

 private:
  struct Question {
    size_t dialogue = 0;
    Json messages;
    uint64_t seed = 0;
  };
  struct Answered {
    size_t dialogue = 0;
    ApiAnswer answer;
  };

  // Called by the threads that ask.

  void work() {
    ApiClient client(subject_, shared_);
    while (std::optional<Question> question = wait_for_question()) {
      ApiAnswer answer = client.ask(question->messages, options_, question->seed, stop_.get_token());
      const std::lock_guard lock(mutex_);
      hopeless_ = hopeless_ || (!answer.reply && answer.fault.kind == FaultKind::every_request);
      answers_.push_back({question->dialogue, std::move(answer)});
      answered_.notify_one();
    }
  }

  std::optional<Question> wait_for_question() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop_.get_token(), [this] { return hopeless_ || !questions_.empty(); });
    if (stop_.stop_requested() || hopeless_) return std::nullopt;
    Question question = std::move(questions_.front());
    questions_.pop_front();
    return question;
  }

  // Called by the one that decides.

  std::vector<Answered> wait_for_answers() {
    std::unique_lock lock(mutex_);
    answered_.wait_for(lock, kLook, [this] { return !answers_.empty(); });
    return std::exchange(answers_, {});
  }

  /// Asks the dialogue's next turn, if there is one.
  void next(size_t i) {
    Dialogue& dialogue = lined_up_.dialogues[i];
    while (!dialogue.done() && dialogue.full) {
      Sample sample{.key = dialogue.key(), .status = SampleStatus::too_long};
      sample.prompt = prompt_of(dialogue);
      sample.detail = "an earlier turn did not fit";
      keep(dialogue, std::move(sample));
    }
    if (dialogue.done()) return;
    const std::lock_guard lock(mutex_);
    ++outstanding_;
    // A dialogue that is under way goes first: the server still has its beginning.
    Question question{i, dialogue.asking(), seed_of(options_.seed, dialogue.key())};
    if (dialogue.turn > 0)
      questions_.push_front(std::move(question));
    else
      questions_.push_back(std::move(question));
    changed_.notify_one();
  }

  void take(const std::vector<Answered>& all) {
    std::optional<ApiFault> hopeless;
    for (const Answered& one : all) {
      --outstanding_;
      metrics_.retries += one.answer.retries;
      if (!one.answer.reply && one.answer.fault.kind == FaultKind::every_request)
        hopeless = one.answer.fault;
      else
        take(one);
    }
    // After all answers of this round are in the journal.
    if (hopeless) fail(ErrorCode::bad_input, "{}: {}", subject_.endpoint.base_url(), hopeless->what);
    give_up_if_hopeless();
  }

  void take(const Answered& one) {
    Dialogue& dialogue = lined_up_.dialogues[one.dialogue];
    Sample sample = sample_of(dialogue, one.answer);
    if (sample.status == SampleStatus::api_error) {
      journal_.add(run_, sample);
      ++metrics_.failed;
      ++failed_in_a_row_;
      last_fault_ = sample.detail;
      return;
    }
    failed_in_a_row_ = 0;
    ++metrics_.answers;
    metrics_.refused += sample.status == SampleStatus::refused;
    metrics_.prompt_tokens += sample.prompt_tokens;
    metrics_.cached_tokens += sample.cached_tokens;
    metrics_.generated_tokens += sample.reasoning_tokens + sample.answer_tokens;
    keep(dialogue, std::move(sample));
    next(one.dialogue);
  }

  void keep(Dialogue& dialogue, Sample sample) {
    journal_.add(run_, sample);
    ++lined_up_.answered;
    report();
    dialogue.follow(sample);
  }

  void keep_what_came() {
    for (const Answered& one : std::exchange(answers_, {})) {
      if (!one.answer.reply) continue;
      Dialogue& dialogue = lined_up_.dialogues[one.dialogue];
      keep(dialogue, sample_of(dialogue, one.answer));
    }
  }

  void give_up_if_hopeless() const {
    const int most = std::max(10, 2 * subject_.manners.concurrency);
    if (failed_in_a_row_ < most) return;
    fail(ErrorCode::resource, "{}: {} answers in a row failed, the last: {}", subject_.endpoint.base_url(),
         failed_in_a_row_, last_fault_);
  }

  void report() const {
    if (hooks_.progress) hooks_.progress("answers", lined_up_.answered, lined_up_.total);
  }

  const ApiSubject& subject_;
  const ApiAskOptions& options_;
  Journal& journal_;
  const std::string& run_;
  const RunHooks& hooks_;
  ApiShared shared_;
  LineUp lined_up_;
  ApiMetrics metrics_;
  int64_t outstanding_ = 0;
  int failed_in_a_row_ = 0;
  std::string last_fault_;

  std::stop_source stop_;
  std::mutex mutex_;                     // of what follows
  std::condition_variable_any changed_;  // there are questions
  std::condition_variable answered_;     // there are answers
  std::deque<Question> questions_;
  std::vector<Answered> answers_;
  bool hopeless_ = false;  // no request will be answered: no more are sent
};

}  // namespace

ApiMetrics ask_all(const ApiSubject& subject, std::span<const Item> items, const ApiAskOptions& options,
                   Journal& journal, const std::string& run, const RunHooks& hooks) {
  return ApiAsker(subject, items, options, journal, run, hooks).run();
}

}  // namespace retort::eval
