// Scheduler: decides which tokens of which sequences go into a step (continuous batching), and gives and
// takes their pages. It knows tokens and pages, and nothing of models, sampling or text.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "retort/infer/prefix_cache.h"

namespace retort {

struct SchedulerOptions {
  int max_running = 32;   // sequences that hold pages at once
  int step_tokens = 512;  // tokens of a step: one for each running stream, the rest for prompts
  bool share_prefixes = true;
};

/// One sequence's tokens and pages. The owner appends tokens; all else is the scheduler's.
struct PagedSequence {
  uint64_t id = 0;              // rises with arrival; the oldest goes first
  std::vector<int32_t> tokens;  // the prompt and what was generated

  int64_t computed = 0;  // positions whose keys and values are in the pages
  int64_t shared = 0;    // of them, those found in the prefix cache instead of computed
  int64_t preemptions = 0;
  std::vector<int32_t> pages;
  int64_t known_pages = 0;  // leading pages that the prefix cache knows
  std::vector<uint64_t> page_hashes;

  int64_t remaining() const { return static_cast<int64_t>(tokens.size()) - computed; }
};

/// One sequence's part of a step: n_tokens from position `computed` on.
struct ScheduledSequence {
  PagedSequence* sequence;
  int64_t n_tokens;
  bool wants_logits() const { return n_tokens == sequence->remaining(); }
};

class Scheduler {
 public:
  Scheduler(int64_t n_pages, SchedulerOptions options);

  /// The sequence waits for its turn. It must stay where it is until removed.
  void add(PagedSequence& sequence);
  /// Forgets a waiting or running sequence and releases its pages.
  void remove(PagedSequence& sequence);

  /// The next step: streams that generate first, then prompts in chunks, then new arrivals, each group
  /// oldest first. When pages run out, the youngest sequence gives its pages up and waits to be recomputed.
  /// Not empty while any sequence waits or runs, provided that each fits alone.
  std::span<const ScheduledSequence> plan();
  /// The planned step was computed: its full pages become known to later sequences.
  void commit();

  int64_t n_running() const { return static_cast<int64_t>(running_.size()); }
  int64_t n_waiting() const { return static_cast<int64_t>(waiting_.size()); }
  int64_t n_preemptions() const { return n_preemptions_; }
  int64_t n_shared_tokens() const { return n_shared_tokens_; }
  const PrefixCache& pages() const { return cache_; }

  static int64_t pages_for(int64_t tokens);

 private:
  void plan_streams();
  void plan_prompts();
  void admit();
  bool fits(PagedSequence& sequence);
  void schedule_chunk(PagedSequence& sequence);
  void share_prefix(PagedSequence& sequence);
  bool someone_computes_next_page(PagedSequence& sequence);
  bool ensure_pages(PagedSequence& sequence, int64_t tokens);
  void preempt_youngest();
  void release_pages(PagedSequence& sequence);
  void unschedule(const PagedSequence& sequence);
  void make_known(PagedSequence& sequence);
  uint64_t hash_of_page(PagedSequence& sequence, int64_t page);
  int64_t promised_pages() const;
  int64_t pages_held_by_others(PagedSequence& sequence);

  SchedulerOptions options_;
  PrefixCache cache_;
  std::deque<PagedSequence*> waiting_;   // by id; all younger than the running ones
  std::vector<PagedSequence*> running_;  // by id
  std::vector<ScheduledSequence> step_;
  std::vector<uint64_t> coming_;  // hashes of the full pages that this step computes
  int64_t room_ = 0;              // tokens left for prompts in this step
  int64_t n_preemptions_ = 0;
  int64_t n_shared_tokens_ = 0;
};

}  // namespace retort
