// A conversation with a model: the messages so far, and the next answer, streamed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "retort/base/json.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/run_options.h"
#include "retort/cli/session.h"
#include "retort/infer/engine.h"

namespace retort::cli {

/// Called with each piece of reasoning and content that becomes certain; one of the two is often empty.
using TextSink = std::function<void(std::string_view reasoning, std::string_view content)>;

class Conversation {
 public:
  /// All are used until it ends.
  Conversation(Session& session, const RunOptions& options, Interrupts& interrupts);
  ~Conversation();

  /// Adds the user's message, generates, adds the answer. Ctrl-C ends it with FinishReason::cancelled; what
  /// was said until then stays. Throws Error, and forgets the message, if it cannot be answered.
  Completion ask(std::string_view message, const TextSink& sink);

  /// Forgets all messages but the system prompt.
  void reset();
  /// No limit, or at most so many tokens of thought per answer.
  void set_think_budget(std::optional<int64_t> budget) { think_budget_ = budget; }

  const SamplingParameters& sampling() const { return sampling_; }
  std::optional<int64_t> think_budget() const { return think_budget_; }
  int64_t max_context() const { return engine_->max_context(); }
  int64_t tokens_used() const { return tokens_used_; }
  /// An array of {role, content}.
  const Json& messages() const { return *messages_; }

 private:
  struct Prompt {
    std::vector<int32_t> tokens;
    bool in_thought = false;
  };
  Prompt make_prompt(std::string_view message) const;
  Request make_request(Prompt prompt, const TextSink& sink);
  ThinkingOptions thinking(bool in_thought) const;
  Completion complete(Request request);

  Session& session_;
  const RunOptions& options_;
  Interrupts& interrupts_;
  const LoadedModel& model_;
  SamplingParameters sampling_;
  std::optional<int64_t> think_budget_;
  std::unique_ptr<Json> messages_;
  std::unique_ptr<KvCache> cache_;
  std::unique_ptr<Engine> engine_;
  int64_t tokens_used_ = 0;
};

}  // namespace retort::cli
