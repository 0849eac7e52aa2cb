// Engine: serves many requests at once from one model. Requests join and leave between steps (continuous
// batching), share the pages of common prefixes, and get the same tokens as if each ran alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "retort/infer/active_request.h"
#include "retort/infer/output_text.h"
#include "retort/infer/request.h"
#include "retort/infer/scheduler.h"
#include "retort/model/causal_lm.h"

namespace retort {

struct EngineOptions {
  int max_running = 32;     // requests computed at once
  int max_waiting = 256;    // requests beyond those; one more is refused
  int step_tokens = 512;    // tokens of a step: one for each running stream, the rest for prompts
  int64_t max_context = 0;  // tokens of a request; 0: the model's max_position_embeddings, the upper limit
  bool share_prefixes = true;
};

/// Counters since the start, and the state after the last step.
struct EngineMetrics {
  int64_t running = 0, waiting = 0;
  int64_t pages_used = 0, pages_cached = 0, pages_free = 0;  // held; kept for their contents; empty
  int64_t steps = 0;
  int64_t preemptions = 0;
  int64_t prefix_hit_tokens = 0;  // positions shared instead of computed
  int64_t computed_tokens = 0;    // positions computed
  int64_t generated_tokens = 0;
  int64_t finished_requests = 0;
  int64_t callback_errors = 0;  // exceptions thrown by an on_finish
};

/// `add`, `cancel`, `take`, `wait_for_work` and `metrics` may be called from any thread; `step` and
/// `run_until_idle` from one thread at a time and not from callbacks. No callback runs under a lock.
class Engine {
 public:
  /// All are used until the engine ends. The context's arena is reset before each step. Without `piece` there
  /// is no text: completions hold tokens only, and stop strings are refused.
  Engine(const CausalLM& model, KvCache& cache, const Context& context, PieceFn piece = {},
         EngineOptions options = {});

  /// Queues a request. Throws Error bad_input if it is not valid, resource if it cannot fit into the cache
  /// even alone or if too many are waiting.
  RequestId add(Request request);
  /// Ends a request at the next step. False if it has finished already or never was.
  bool cancel(RequestId id);
  /// The completion of a finished request that has no on_finish, once.
  std::optional<Completion> take(RequestId id);

  /// Computes one step. False if nothing is left to do.
  bool step();
  void run_until_idle();
  /// Waits until there is something to step on, at most so long; says whether there is.
  bool wait_for_work(std::chrono::milliseconds timeout);

  EngineMetrics metrics() const;
  int64_t max_context() const { return max_context_; }

 private:
  struct BatchItem {
    ActiveRequest* request;
    int64_t n_tokens;
    bool wants_logits;
  };

  int64_t max_new_tokens_of(const Request& request) const;
  void receive();
  void compute_batch(std::span<const ScheduledSequence> plan);
  Tensor forward();
  void sample(const Tensor& logits);
  void fail_batch(const Error& error);
  void finish(ActiveRequest& active, FinishReason reason);
  void deliver(ActiveRequest& active, Completion completion);
  void publish();

  const CausalLM& model_;
  KvCache& cache_;
  Context context_;
  PieceFn piece_;
  EngineOptions options_;
  int64_t vocab_size_;
  int64_t max_context_;

  // The stepping thread's own.
  Scheduler scheduler_;
  std::unordered_map<RequestId, std::unique_ptr<ActiveRequest>> active_;
  std::vector<BatchItem> batch_;
  std::vector<SequenceStep> steps_;
  std::vector<ActiveRequest*> sampling_;
  std::vector<Sampler> samplers_;  // one per thread
  std::vector<std::unique_ptr<ActiveRequest>> arriving_;
  std::vector<RequestId> cancelling_;
  EngineMetrics counts_;

  // Shared with other threads, under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable work_;
  RequestId next_id_ = 1;
  std::vector<std::unique_ptr<ActiveRequest>> incoming_;
  std::vector<RequestId> cancels_;
  std::unordered_set<RequestId> live_;  // queued or active
  std::unordered_map<RequestId, Completion> completions_;
  EngineMetrics published_;
};

}  // namespace retort
