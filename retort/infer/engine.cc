#include "retort/infer/engine.h"

#include <algorithm>
#include <exception>
#include <new>

namespace retort {
namespace {

EngineOptions checked(EngineOptions options) {
  auto check = [](const char* name, int64_t value, int64_t low, int64_t high) {
    if (value < low || value > high)
      fail(ErrorCode::bad_input, "engine: {} is {}; it must be in [{}, {}]", name, value, low, high);
  };
  check("max_running", options.max_running, 1, 4096);
  check("max_waiting", options.max_waiting, 1, 1 << 20);
  check("step_tokens", options.step_tokens, 1, 1 << 20);
  check("max_context", options.max_context, 0, INT32_MAX);
  return options;
}

int64_t checked_context(const EngineOptions& options, int64_t limit) {
  if (options.max_context > limit)
    fail(ErrorCode::bad_input, "engine: max_context is {}; the model was made for {}", options.max_context,
         limit);
  return options.max_context > 0 ? options.max_context : limit;
}

}  // namespace

Engine::Engine(const CausalLM& model, KvCache& cache, const Context& context, PieceFn piece,
               EngineOptions options)
    : model_(model),
      cache_(cache),
      context_(context),
      piece_(std::move(piece)),
      options_(checked(options)),
      vocab_size_(model.config().vocab_size),
      max_context_(checked_context(options, model.config().max_position_embeddings)),
      scheduler_(cache.n_pages(), {options.max_running, options.step_tokens, options.share_prefixes}),
      samplers_(static_cast<size_t>(context.pool.size()), Sampler(context.kernels.elementwise)) {
  publish();
}

/// How many tokens it may generate, such that they fit into the context, and into the cache if it runs alone.
int64_t Engine::max_new_tokens_of(const Request& request) const {
  auto prompt = static_cast<int64_t>(request.prompt.size());
  int64_t context = std::min(max_context_, request.max_context.value_or(max_context_));
  if (prompt >= context)
    fail(ErrorCode::bad_input,
         "request: the prompt has {} tokens and the context holds {}, which leaves none for an answer; "
         "shorten the "
         "prompt or raise max_context",
         prompt, context);
  int64_t room = context - prompt;
  // The last token is never fed back, so it needs no place in the cache.
  int64_t cache_room = cache_.n_pages() * kernels::kPageTokens - prompt + 1;
  int64_t wanted = std::min(room, request.max_new_tokens.value_or(std::max<int64_t>(1, cache_room)));
  if (wanted > cache_room)
    fail(ErrorCode::resource,
         "request: {} prompt tokens and up to {} new ones need {} pages of the key-value cache, which has "
         "{}; lower "
         "max_new_tokens or enlarge the cache",
         prompt, wanted, Scheduler::pages_for(prompt + wanted - 1), cache_.n_pages());
  return wanted;
}

RequestId Engine::add(Request request) {
  request.validate(vocab_size_, static_cast<bool>(piece_));
  int64_t max_new_tokens = max_new_tokens_of(request);
  auto active = std::make_unique<ActiveRequest>(std::move(request), max_new_tokens, vocab_size_, piece_);
  RequestId id = 0;
  {
    std::lock_guard lock(mutex_);
    auto most = static_cast<size_t>(options_.max_running + options_.max_waiting);
    if (live_.size() >= most)
      fail(ErrorCode::resource,
           "engine: {} requests are running or waiting, the most that may; try again later", most);
    id = next_id_++;
    active->set_id(id);
    live_.insert(id);
    incoming_.push_back(std::move(active));
  }
  work_.notify_all();
  return id;
}

bool Engine::cancel(RequestId id) {
  {
    std::lock_guard lock(mutex_);
    if (!live_.contains(id)) return false;
    cancels_.push_back(id);
  }
  work_.notify_all();
  return true;
}

std::optional<Completion> Engine::take(RequestId id) {
  std::lock_guard lock(mutex_);
  auto node = completions_.extract(id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

EngineMetrics Engine::metrics() const {
  std::lock_guard lock(mutex_);
  EngineMetrics metrics = published_;
  metrics.waiting += static_cast<int64_t>(incoming_.size());
  return metrics;
}

bool Engine::wait_for_work(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return work_.wait_for(lock, timeout, [&] { return !live_.empty(); });
}

void Engine::run_until_idle() {
  while (step()) {
  }
}

bool Engine::step() {
  receive();
  std::span<const ScheduledSequence> plan = scheduler_.plan();
  if (!plan.empty()) {
    compute_batch(plan);
    ++counts_.steps;
  }
  publish();
  std::lock_guard lock(mutex_);
  return !live_.empty();
}

/// Takes over what other threads have asked for since the last step.
void Engine::receive() {
  {
    std::lock_guard lock(mutex_);
    arriving_.swap(incoming_);
    cancelling_.swap(cancels_);
  }
  for (auto& arrival : arriving_) {
    scheduler_.add(arrival->sequence());
    active_.emplace(arrival->id(), std::move(arrival));
  }
  arriving_.clear();
  for (RequestId id : cancelling_)
    if (auto found = active_.find(id); found != active_.end())
      finish(*found->second, FinishReason::cancelled);
  cancelling_.clear();
}

void Engine::compute_batch(std::span<const ScheduledSequence> plan) {
  batch_.clear();
  for (const ScheduledSequence& s : plan) {
    ActiveRequest& active = *active_.at(s.sequence->id);
    active.start();
    batch_.push_back({&active, s.n_tokens, s.wants_logits()});
  }
  try {
    Tensor logits = forward();
    scheduler_.commit();
    sample(logits);
  } catch (const Error& error) {
    return fail_batch(error);
  } catch (const std::bad_alloc&) {
    return fail_batch(Error(ErrorCode::resource, "engine: out of memory"));
  } catch (const std::exception& error) {
    return fail_batch(make_error(ErrorCode::internal, "engine: {}", error.what()));
  }
  for (ActiveRequest* active : sampling_) {
    std::optional<FinishReason> reason = active->accept();
    ++counts_.generated_tokens;
    if (reason) finish(*active, *reason);
  }
}

Tensor Engine::forward() {
  context_.arena.reset();
  steps_.clear();
  for (const BatchItem& item : batch_) {
    const PagedSequence& s = item.request->sequence();
    auto tokens =
        std::span(s.tokens).subspan(static_cast<size_t>(s.computed), static_cast<size_t>(item.n_tokens));
    steps_.push_back({tokens, s.computed, s.pages, item.wants_logits ? 1 : 0});
    counts_.computed_tokens += item.n_tokens;
  }
  return model_.forward(context_, steps_, cache_);
}

void Engine::sample(const Tensor& logits) {
  sampling_.clear();
  for (const BatchItem& item : batch_)
    if (item.wants_logits) sampling_.push_back(item.request);
  for (ActiveRequest* active : sampling_) active->prepare();
  auto vocab = static_cast<size_t>(vocab_size_);
  context_.pool.parallel_dynamic(static_cast<int64_t>(sampling_.size()), [&](int64_t i, int thread) {
    sampling_[static_cast<size_t>(i)]->sample(samplers_[static_cast<size_t>(thread)], {logits.row(i), vocab});
  });
}

/// The step went wrong as a whole: its requests end, the others and the engine go on.
void Engine::fail_batch(const Error& error) {
  for (const BatchItem& item : batch_) {
    item.request->fail(error);
    finish(*item.request, FinishReason::error);
  }
}

void Engine::finish(ActiveRequest& active, FinishReason reason) {
  scheduler_.remove(active.sequence());
  ++counts_.finished_requests;
  auto node = active_.extract(active.id());
  publish();
  deliver(active, active.complete(reason));
}

void Engine::deliver(ActiveRequest& active, Completion completion) {
  RequestId id = active.id();
  auto on_finish = std::move(active.request().on_finish);
  {
    std::lock_guard lock(mutex_);
    live_.erase(id);
    if (!on_finish) completions_.emplace(id, std::move(completion));
  }
  if (!on_finish) return;
  try {
    on_finish(std::move(completion));
  } catch (...) {
    // There is nobody to tell: the request is over and the others must go on.
    ++counts_.callback_errors;
  }
}

void Engine::publish() {
  counts_.running = scheduler_.n_running();
  counts_.waiting = scheduler_.n_waiting();
  counts_.pages_used = scheduler_.pages().n_held();
  counts_.pages_cached = scheduler_.pages().n_unused();
  counts_.pages_free = scheduler_.pages().n_free();
  counts_.preemptions = scheduler_.n_preemptions();
  counts_.prefix_hit_tokens = scheduler_.n_shared_tokens();
  std::lock_guard lock(mutex_);
  published_ = counts_;
}

}  // namespace retort
