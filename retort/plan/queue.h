// Latency under load: requests arrive at random and this engine's own scheduler decides what each step
// computes; how long the step takes, the time model says. Closed formulas of queues know neither chunked
// prefill nor batches that grow.
#pragma once

#include <cstdint>
#include <functional>

#include "retort/infer/scheduler.h"
#include "retort/plan/time.h"

namespace retort::plan {

/// Requests: Poisson arrivals; prompts and answers between half and one and a half of their means, evenly.
struct Traffic {
  double rate = 1;  // requests a second
  int64_t prompt_tokens = 512;
  int64_t answer_tokens = 1024;
  int64_t requests = 200;
  uint64_t seed = 1;
};

struct Percentiles {
  double p50 = 0, p95 = 0, p99 = 0;
};

struct QueueResult {
  Percentiles first_token;    // seconds from arrival to the first token
  Percentiles between_token;  // seconds from a token to the next, of a request on average
  Percentiles whole;          // seconds from arrival to the last token
  double tokens_per_second = 0, requests_per_second = 0;
  double mean_running = 0;  // sequences in a step
  int64_t preemptions = 0, most_pages = 0, steps = 0;
};

/// Seconds of a step.
using StepSeconds = std::function<double(const StepWork&)>;

/// `n_pages`: of the key-value cache. Throws Error resource if a request does not fit even alone.
QueueResult simulate_queue(const StepSeconds& step_seconds, const Traffic& traffic, int64_t n_pages,
                           const SchedulerOptions& options);

/// The highest rate at which the 95th percentile of the first token stays within the limit and nothing piles
/// up, to a few percent; 0 if none does.
double highest_rate(const StepSeconds& step_seconds, Traffic traffic, int64_t n_pages,
                    const SchedulerOptions& options, double first_token_limit);

}  // namespace retort::plan
