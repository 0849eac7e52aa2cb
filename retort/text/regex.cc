#include "retort/text/regex.h"

#include <cstdint>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "retort/base/error.h"
#include "retort/text/shown.h"
#include "retort/text/unicode.h"

namespace retort {
namespace {

constexpr size_t kLongestPattern = 64 * 1024;
constexpr uint32_t kDeepestNesting = 50;
constexpr uint32_t kHeapKiB = 256 * 1024;  // for the interpreter's backtracking, which JIT code does without
constexpr uint32_t kCalloutsPerClock = 64;
// The published patterns need about 20 ns a byte; one that needs 50 times that is not from this world.
constexpr auto kTimeAtLeast = std::chrono::milliseconds(500);
constexpr auto kTimePerByte = std::chrono::nanoseconds(1000);

template <auto Free>
struct Deleter {
  void operator()(auto* p) const { Free(p); }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

std::string pcre2_message(int code) {
  char text[256];
  pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(text), sizeof(text));
  return text;
}

}  // namespace

struct Regex::Code {
  Owned<pcre2_code, pcre2_code_free> code;
};

Regex::Regex(std::string_view pattern, std::string_view where, RegexOptions options)
    : pattern_(pattern), where_(where), timed_(options.timed), code_(std::make_unique<Code>()) {
  if (pattern.size() > kLongestPattern)
    fail(ErrorCode::unsupported, "{}: a regex of {} bytes; at most {} are supported", where, pattern.size(),
         kLongestPattern);
  auto translated = to_pcre2(pattern, where);
  Owned<pcre2_compile_context, pcre2_compile_context_free> context(pcre2_compile_context_create(nullptr));
  pcre2_set_parens_nest_limit(context.get(), kDeepestNesting);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->code.reset(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | (timed_ ? PCRE2_AUTO_CALLOUT : 0),
                    &error, &offset, context.get()));
  if (!code_->code)
    fail(ErrorCode::bad_input, "{}: regex '{}': {}", where, shown(pattern), pcre2_message(error));
  // Where the system forbids generated code this fails, and the pattern is interpreted.
  if (options.jit) pcre2_jit_compile(code_->code.get(), PCRE2_JIT_COMPLETE);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

struct Regex::Matches::State {
  const Regex& regex;
  std::string_view text;
  Owned<pcre2_match_data, pcre2_match_data_free> data;
  Owned<pcre2_match_context, pcre2_match_context_free> context;
  size_t from = 0;             // where the next search begins
  size_t last_end = SIZE_MAX;  // where the last match ended
  uint32_t callouts = 0;
  std::chrono::steady_clock::time_point deadline;

  /// Called between any two items of the pattern: a single item takes at most one walk over the text.
  static int check_time(pcre2_callout_block*, void* state) {
    auto& s = *static_cast<State*>(state);
    bool late = ++s.callouts % kCalloutsPerClock == 0 && std::chrono::steady_clock::now() > s.deadline;
    return late ? PCRE2_ERROR_CALLOUT : 0;
  }
};

Regex::Matches::Matches(const Regex& regex, size_t total)
    : state_(new State{regex, {}, {}, {}, 0, SIZE_MAX, 0, {}}) {
  state_->data.reset(pcre2_match_data_create(1, nullptr));
  state_->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_heap_limit(state_->context.get(), kHeapKiB);
  pcre2_set_match_limit(state_->context.get(), UINT32_MAX);
  if (!regex.timed_) return;
  state_->deadline = std::chrono::steady_clock::now() + kTimeAtLeast + kTimePerByte * int64_t(total);
  pcre2_set_callout(state_->context.get(), State::check_time, state_.get());
}

void Regex::Matches::start(std::string_view text) {
  state_->text = text;
  state_->from = 0;
  state_->last_end = SIZE_MAX;
}

Regex::Matches::~Matches() = default;

/// Whether there is a match at or after `from`; throws where the engine gives up.
bool Regex::Matches::search() {
  auto& s = *state_;
  auto* code = s.regex.code_->code.get();
  auto* subject = reinterpret_cast<PCRE2_SPTR>(s.text.data());
  int rc =
      pcre2_match(code, subject, s.text.size(), s.from, PCRE2_NO_UTF_CHECK, s.data.get(), s.context.get());
  if (rc == PCRE2_ERROR_JIT_STACKLIMIT)  // the interpreter keeps its stack on the heap
    rc = pcre2_match(code, subject, s.text.size(), s.from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, s.data.get(),
                     s.context.get());
  if (rc >= 0) return true;
  if (rc == PCRE2_ERROR_NOMATCH) return false;
  if (rc == PCRE2_ERROR_CALLOUT)
    fail(ErrorCode::resource, "{}: regex '{}' takes too long on a text of {} bytes", s.regex.where_,
         shown(s.regex.pattern_), s.text.size());
  fail(ErrorCode::resource, "{}: regex '{}' gave up on a text of {} bytes: {}", s.regex.where_,
       shown(s.regex.pattern_), s.text.size(), pcre2_message(rc));
}

std::optional<RegexMatch> Regex::Matches::next() {
  auto& s = *state_;
  while (s.from <= s.text.size()) {
    if (!search()) break;
    auto* found = pcre2_get_ovector_pointer(s.data.get());
    RegexMatch match{found[0], found[1]};
    if (match.begin == match.end && match.end == s.last_end) {
      if (match.end == s.text.size()) break;
      s.from = match.end + utf8_step(s.text.substr(match.end)).length;
      continue;
    }
    s.from = s.last_end = match.end;
    return match;
  }
  s.from = SIZE_MAX;
  return std::nullopt;
}

}  // namespace retort
