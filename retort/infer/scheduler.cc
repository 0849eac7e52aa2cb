#include "retort/infer/scheduler.h"

#include <algorithm>

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"

namespace retort {
namespace {

constexpr int64_t kPage = kernels::kPageTokens;

PrefixCache::PageTokens tokens_of_page(const PagedSequence& sequence, int64_t page) {
  return PrefixCache::PageTokens(sequence.tokens.data() + page * kPage, kPage);
}

int32_t page_before(const PagedSequence& sequence, int64_t page) {
  return page == 0 ? PrefixCache::kNone : sequence.pages[static_cast<size_t>(page) - 1];
}

}  // namespace

Scheduler::Scheduler(int64_t n_pages, SchedulerOptions options) : options_(options), cache_(n_pages) {
  RETORT_CHECK(options.max_running >= 1 && options.step_tokens >= 1);
}

int64_t Scheduler::pages_for(int64_t tokens) {
  return div_up(tokens, kPage);
}

void Scheduler::add(PagedSequence& sequence) {
  RETORT_CHECK(!sequence.tokens.empty() && sequence.pages.empty());
  RETORT_CHECK(waiting_.empty() || waiting_.back()->id < sequence.id);
  waiting_.push_back(&sequence);
}

void Scheduler::remove(PagedSequence& sequence) {
  release_pages(sequence);
  std::erase(running_, &sequence);
  std::erase(waiting_, &sequence);
  unschedule(sequence);
}

std::span<const ScheduledSequence> Scheduler::plan() {
  step_.clear();
  coming_.clear();
  plan_streams();
  // Streams never starve prompts altogether: a page's worth of prompt goes with every step.
  room_ = std::max<int64_t>(kPage, options_.step_tokens - static_cast<int64_t>(step_.size()));
  plan_prompts();
  admit();
  return step_;
}

void Scheduler::plan_streams() {
  // Preemption shortens running_ at its young end while this runs.
  for (size_t i = 0; i < running_.size(); ++i) {
    PagedSequence& sequence = *running_[i];
    if (sequence.remaining() != 1) continue;
    if (ensure_pages(sequence, sequence.computed + 1)) step_.push_back({&sequence, 1});
  }
}

void Scheduler::plan_prompts() {
  for (size_t i = 0; i < running_.size() && room_ > 0; ++i)
    if (running_[i]->remaining() > 1) schedule_chunk(*running_[i]);
}

void Scheduler::admit() {
  while (room_ > 0 && !waiting_.empty() && n_running() < options_.max_running && fits(*waiting_.front())) {
    PagedSequence& sequence = *waiting_.front();
    waiting_.pop_front();
    running_.push_back(&sequence);
    schedule_chunk(sequence);
  }
}

/// True if the pages of all its tokens can be had without taking any from those that run, each of which may
/// soon need one more.
bool Scheduler::fits(PagedSequence& sequence) {
  int64_t need = pages_for(static_cast<int64_t>(sequence.tokens.size()));
  if (running_.empty()) return need <= cache_.n_available();
  if (options_.share_prefixes) need -= pages_held_by_others(sequence);
  return need + promised_pages() + n_running() <= cache_.n_available();
}

/// Pages of its prefix that cost nothing, because running sequences hold them.
int64_t Scheduler::pages_held_by_others(PagedSequence& sequence) {
  int32_t before = PrefixCache::kNone;
  int64_t page = 0;
  for (; (page + 1) * kPage < static_cast<int64_t>(sequence.tokens.size()); ++page) {
    before = cache_.find(before, hash_of_page(sequence, page), tokens_of_page(sequence, page));
    if (before == PrefixCache::kNone || !cache_.held(before)) break;
  }
  return page;
}

/// Pages that running sequences will still need for the tokens they have.
int64_t Scheduler::promised_pages() const {
  int64_t n = 0;
  for (const PagedSequence* s : running_)
    n += pages_for(static_cast<int64_t>(s->tokens.size())) - static_cast<int64_t>(s->pages.size());
  return n;
}

void Scheduler::schedule_chunk(PagedSequence& sequence) {
  share_prefix(sequence);
  if (someone_computes_next_page(sequence)) return;
  int64_t n = std::min(sequence.remaining(), room_);
  // A chunk that does not finish the prompt ends with a page, so that others can share what it has computed.
  int64_t end = (sequence.computed + n) / kPage * kPage;
  if (n < sequence.remaining() && end > sequence.computed) n = end - sequence.computed;
  if (!ensure_pages(sequence, sequence.computed + n)) return;
  step_.push_back({&sequence, n});
  room_ -= n;
  if (!options_.share_prefixes) return;
  for (int64_t page = sequence.computed / kPage; (page + 1) * kPage <= sequence.computed + n; ++page)
    coming_.push_back(hash_of_page(sequence, page));
}

/// Takes the pages that are known to hold this sequence's next tokens. The last token is always computed: its
/// logits are wanted.
void Scheduler::share_prefix(PagedSequence& sequence) {
  if (!options_.share_prefixes || sequence.computed % kPage != 0) return;
  while (sequence.remaining() > kPage) {
    int64_t page = sequence.computed / kPage;
    if (static_cast<int64_t>(sequence.pages.size()) != page) return;
    int32_t known = cache_.find(page_before(sequence, page), hash_of_page(sequence, page),
                                tokens_of_page(sequence, page));
    if (known == PrefixCache::kNone) return;
    cache_.retain(known);
    sequence.pages.push_back(known);
    sequence.known_pages = page + 1;
    sequence.computed += kPage;
    sequence.shared += kPage;
    n_shared_tokens_ += kPage;
  }
}

/// True if a sequence of this step computes the page that this one needs next: it waits and shares it then.
/// A collision of hashes costs no more than the wait.
bool Scheduler::someone_computes_next_page(PagedSequence& sequence) {
  if (!options_.share_prefixes || sequence.computed % kPage != 0 || sequence.remaining() <= kPage)
    return false;
  return std::ranges::find(coming_, hash_of_page(sequence, sequence.computed / kPage)) != coming_.end();
}

/// Gets pages for the first `tokens` positions, from the youngest sequences if need be. False if this one was
/// the youngest itself and had to give up its pages.
bool Scheduler::ensure_pages(PagedSequence& sequence, int64_t tokens) {
  while (static_cast<int64_t>(sequence.pages.size()) < pages_for(tokens)) {
    int32_t page = cache_.take();
    if (page != PrefixCache::kNone) {
      sequence.pages.push_back(page);
      continue;
    }
    bool itself = running_.back() == &sequence;
    RETORT_CHECK(!itself || running_.size() > 1);  // a sequence that fits alone never runs out alone
    preempt_youngest();
    if (itself) return false;
  }
  return true;
}

void Scheduler::preempt_youngest() {
  PagedSequence& sequence = *running_.back();
  running_.pop_back();
  release_pages(sequence);
  unschedule(sequence);
  ++sequence.preemptions;
  ++n_preemptions_;
  waiting_.push_front(&sequence);
}

void Scheduler::release_pages(PagedSequence& sequence) {
  for (size_t i = sequence.pages.size(); i-- > 0;) cache_.release(sequence.pages[i]);
  sequence.pages.clear();
  sequence.known_pages = 0;
  sequence.computed = 0;
  sequence.shared = 0;
}

void Scheduler::unschedule(const PagedSequence& sequence) {
  std::erase_if(step_, [&](const ScheduledSequence& s) { return s.sequence == &sequence; });
}

void Scheduler::commit() {
  for (const ScheduledSequence& s : step_) {
    s.sequence->computed += s.n_tokens;
    if (options_.share_prefixes) make_known(*s.sequence);
  }
  step_.clear();
}

void Scheduler::make_known(PagedSequence& sequence) {
  for (; sequence.known_pages < sequence.computed / kPage; ++sequence.known_pages) {
    int64_t page = sequence.known_pages;
    int32_t& id = sequence.pages[static_cast<size_t>(page)];
    id = cache_.insert(id, page_before(sequence, page), hash_of_page(sequence, page),
                       tokens_of_page(sequence, page));
  }
}

uint64_t Scheduler::hash_of_page(PagedSequence& sequence, int64_t page) {
  auto& hashes = sequence.page_hashes;
  while (static_cast<int64_t>(hashes.size()) <= page) {
    auto next = static_cast<int64_t>(hashes.size());
    hashes.push_back(page_hash(hashes.empty() ? 0 : hashes.back(), tokens_of_page(sequence, next)));
  }
  return hashes[static_cast<size_t>(page)];
}

}  // namespace retort
