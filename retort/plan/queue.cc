#include "retort/plan/queue.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort::plan {
namespace {

/// One request's life.
struct Visitor {
  PagedSequence sequence;
  int64_t answer_tokens = 0, generated = 0;
  double arrival = 0, first = 0, last = 0;
};

int64_t around(Random& random, int64_t mean) {
  return std::max<int64_t>(1, std::llround(static_cast<double>(mean) * (0.5 + random.uniform())));
}

std::vector<std::unique_ptr<Visitor>> arrivals(const Traffic& traffic) {
  Random random(traffic.seed);
  std::vector<std::unique_ptr<Visitor>> visitors;
  double now = 0;
  for (int64_t i = 0; i < traffic.requests; ++i) {
    auto visitor = std::make_unique<Visitor>();
    now += -std::log(1 - random.uniform()) / traffic.rate;
    visitor->arrival = now;
    visitor->sequence.id = static_cast<uint64_t>(i) + 1;
    visitor->sequence.tokens.resize(static_cast<size_t>(around(random, traffic.prompt_tokens)));
    visitor->answer_tokens = around(random, traffic.answer_tokens);
    visitors.push_back(std::move(visitor));
  }
  return visitors;
}

Percentiles percentiles(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  const auto at = [&](double share) {
    return x[static_cast<size_t>(share * static_cast<double>(x.size() - 1) + 0.5)];
  };
  return x.empty() ? Percentiles{} : Percentiles{at(0.5), at(0.95), at(0.99)};
}

class Simulation {
 public:
  Simulation(const StepSeconds& seconds, const Traffic& traffic, int64_t n_pages, SchedulerOptions options)
      : seconds_(seconds), visitors_(arrivals(traffic)) {
    options.share_prefixes = false;  // each prompt is another
    scheduler_ = std::make_unique<Scheduler>(n_pages, options);
    for (const auto& visitor : visitors_) {
      const auto tokens = static_cast<int64_t>(visitor->sequence.tokens.size()) + visitor->answer_tokens;
      if (Scheduler::pages_for(tokens) > n_pages)
        fail(
            ErrorCode::resource,
            "plan: a request of {} tokens needs {} pages of keys and values, memory has room for {}; shorten "
            "the prompt or the answer, or take more memory",
            tokens, Scheduler::pages_for(tokens), n_pages);
    }
  }

  QueueResult run() {
    while (done_ < visitors_.size()) {
      receive();
      const auto plan = scheduler_->plan();
      if (plan.empty()) {
        now_ = visitors_[next_]->arrival;  // idle until somebody comes
        continue;
      }
      compute(plan);
    }
    return result();
  }

 private:
  void receive() {
    for (; next_ < visitors_.size() && visitors_[next_]->arrival <= now_; ++next_)
      scheduler_->add(visitors_[next_]->sequence);
  }

  void compute(std::span<const ScheduledSequence> plan) {
    StepWork work;
    double prompt_pairs = 0;
    answering_.clear();
    for (const ScheduledSequence& s : plan) {
      if (s.wants_logits()) {
        work.outputs += 1;
        answering_.push_back(visitors_[s.sequence->id - 1].get());
      }
      if (s.n_tokens == 1) {
        work.decode_tokens += 1;
        work.decode_positions += static_cast<double>(s.sequence->computed);
      } else {
        work.prefill_tokens += static_cast<double>(s.n_tokens);
        prompt_pairs += static_cast<double>(s.n_tokens) * static_cast<double>(s.sequence->computed);
      }
    }
    if (work.prefill_tokens > 0) work.prefill_position = prompt_pairs / work.prefill_tokens;
    now_ += seconds_(work);
    running_ += static_cast<double>(plan.size());
    ++steps_;
    most_pages_ = std::max(most_pages_, scheduler_->pages().n_held());
    scheduler_->commit();
    for (Visitor* visitor : answering_) answer(*visitor);
  }

  void answer(Visitor& visitor) {
    if (++visitor.generated == 1) visitor.first = now_;
    if (visitor.generated < visitor.answer_tokens) {
      visitor.sequence.tokens.push_back(0);
      return;
    }
    visitor.last = now_;
    scheduler_->remove(visitor.sequence);
    ++done_;
  }

  QueueResult result() const {
    QueueResult out;
    std::vector<double> first, between, whole;
    double tokens = 0, end = 0;
    for (const auto& v : visitors_) {
      first.push_back(v->first - v->arrival);
      whole.push_back(v->last - v->arrival);
      if (v->generated > 1) between.push_back((v->last - v->first) / static_cast<double>(v->generated - 1));
      tokens += static_cast<double>(v->generated);
      end = std::max(end, v->last);
    }
    const double span = end - visitors_.front()->arrival;
    out.first_token = percentiles(std::move(first));
    out.between_token = percentiles(std::move(between));
    out.whole = percentiles(std::move(whole));
    out.tokens_per_second = tokens / span;
    out.requests_per_second = static_cast<double>(visitors_.size()) / span;
    out.mean_running = running_ / static_cast<double>(steps_);
    out.preemptions = scheduler_->n_preemptions();
    out.most_pages = most_pages_;
    out.steps = steps_;
    return out;
  }

  const StepSeconds& seconds_;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  std::unique_ptr<Scheduler> scheduler_;
  std::vector<Visitor*> answering_;
  int64_t most_pages_ = 0, steps_ = 0;
  size_t next_ = 0, done_ = 0;
  double now_ = 0, running_ = 0;
};

void check(const Traffic& traffic) {
  if (!(traffic.rate > 0) || traffic.prompt_tokens < 1 || traffic.answer_tokens < 1 || traffic.requests < 1)
    fail(ErrorCode::bad_input, "plan: rate {}, prompt {}, answer {}, requests {}: each must be above 0",
         traffic.rate, traffic.prompt_tokens, traffic.answer_tokens, traffic.requests);
}

}  // namespace

QueueResult simulate_queue(const StepSeconds& step_seconds, const Traffic& traffic, int64_t n_pages,
                           const SchedulerOptions& options) {
  check(traffic);
  return Simulation(step_seconds, traffic, n_pages, options).run();
}

double highest_rate(const StepSeconds& step_seconds, Traffic traffic, int64_t n_pages,
                    const SchedulerOptions& options, double first_token_limit) {
  // What a crowd that is all there at once gets through bounds what any rate can.
  traffic.rate = 1e9;
  const double most = simulate_queue(step_seconds, traffic, n_pages, options).requests_per_second;
  const auto holds = [&](double rate) {
    traffic.rate = rate;
    return simulate_queue(step_seconds, traffic, n_pages, options).first_token.p95 <= first_token_limit;
  };
  double low = most * 1e-3, high = most;
  if (!holds(low)) return 0;
  if (holds(high)) return high;
  while (high / low > 1.05) {
    const double middle = std::sqrt(low * high);
    (holds(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace retort::plan
