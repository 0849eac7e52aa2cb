// What a render may use: steps, live bytes, sizes and depths. Templates come with the model file and are
// untrusted, so every loop and every allocation asks the meter first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "retort/base/error.h"
#include "retort/text/marked_text.h"

namespace retort::jinja {

/// The published templates stay two orders of magnitude below each of these.
struct Limits {
  uint64_t max_source = 256 << 10;      // bytes of template source
  int max_nesting = 200;                // parentheses, operators, filters and blocks inside each other
  uint64_t max_steps = 20'000'000;      // nodes evaluated, items visited, 256-byte pieces of text moved
  uint64_t max_output = 64 << 20;       // bytes of the rendered prompt
  uint64_t max_string = 32 << 20;       // bytes of one string value
  uint64_t max_items = 1'000'000;       // items of one list or dict
  uint64_t max_range = 100'000;         // items of one range(); the same as Jinja2's sandbox
  uint64_t max_live_bytes = 256 << 20;  // bytes of all values made by the template
  uint32_t max_value_depth = 100;       // lists in lists
  int max_recursion = 600;              // evaluations inside each other at run time (macros)
};

/// Counts what one render uses. Every bound is an Error `resource` that says the limit.
class Meter {
 public:
  explicit Meter(const Limits& limits) : limits_(limits) {}
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  const Limits& limits() const { return limits_; }

  void step(uint64_t n = 1) {
    steps_ += n;
    if (steps_ > limits_.max_steps) over("steps of work", limits_.max_steps);
  }
  /// Work on `bytes` bytes of text.
  void step_bytes(uint64_t bytes) { step(1 + bytes / 256); }
  /// Work on trusted spans; each is little.
  void step_spans(uint64_t n) {
    spans_ += n;
    if (spans_ < kSpansPerStep) return;
    step(spans_ / kSpansPerStep);
    spans_ %= kSpansPerStep;
  }
  void hold(uint64_t bytes) {
    live_ += bytes;
    if (live_ > limits_.max_live_bytes) {
      live_ -= bytes;
      over("bytes of values", limits_.max_live_bytes);
    }
  }
  void release(uint64_t bytes) noexcept { live_ -= bytes; }
  void check_string(uint64_t bytes) const {
    if (bytes > limits_.max_string) over("bytes in one string", limits_.max_string);
  }
  void check_items(uint64_t n) const {
    if (n > limits_.max_items) over("items in one list", limits_.max_items);
  }

  [[noreturn]] static void over(std::string_view what, uint64_t limit) {
    fail(ErrorCode::resource, "the template needs more than the limit of {} {}", limit, what);
  }

 private:
  Limits limits_;
  static constexpr uint64_t kSpansPerStep = 16;
  uint64_t steps_ = 0;
  uint64_t spans_ = 0;  // that no step counts yet
  uint64_t live_ = 0;
};

/// Bytes held at a meter for as long as this lives. The meter must outlive it.
class Charge {
 public:
  Charge() = default;
  Charge(Meter& meter, uint64_t bytes) : meter_(&meter), bytes_(bytes) { meter.hold(bytes); }
  Charge(Charge&& other) noexcept
      : meter_(std::exchange(other.meter_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Charge& operator=(Charge&& other) noexcept {
    std::swap(meter_, other.meter_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Charge() {
    if (meter_) meter_->release(bytes_);
  }
  void add(uint64_t bytes) {
    meter_->hold(bytes);
    bytes_ += bytes;
  }

 private:
  Meter* meter_ = nullptr;
  uint64_t bytes_ = 0;
};

/// Builds one string within the meter's bounds, and keeps which parts of it are trusted.
class Writer {
 public:
  explicit Writer(Meter& meter) : Writer(meter, meter.limits().max_string) {}
  Writer(Meter& meter, uint64_t max_bytes) : meter_(meter), max_bytes_(max_bytes), charge_(meter, 0) {}

  /// Text that is not trusted.
  void append(std::string_view text) {
    admit(text.size());
    text_ += text;
  }
  /// Text of the template's own.
  void append_trusted(std::string_view text) {
    mark({text_.size(), text_.size() + text.size()});
    append(text);
  }
  /// Text of which `trusted`, spans of a text that `part` is within, are trusted.
  void append_marked(std::string_view text, const TrustedSpans& trusted, TextSpan part) {
    for_each_within(trusted, part, [&](TextSpan s) { mark({text_.size() + s.begin, text_.size() + s.end}); });
    append(text);
  }
  void repeat(std::string_view text, uint64_t n) {
    if (text.empty()) return;
    if (n > max_bytes_ / text.size()) Meter::over("bytes in one string", max_bytes_);
    admit(text.size() * n);
    for (uint64_t i = 0; i < n; ++i) text_ += text;
  }
  std::string_view text() const { return text_; }
  uint64_t size() const { return text_.size(); }
  Meter& meter() { return meter_; }
  std::string take() { return std::move(text_); }
  MarkedText take_marked() { return {std::move(text_), std::move(trusted_)}; }

 private:
  void mark(TextSpan span) {
    bool joins = !trusted_.empty() && trusted_.back().end == span.begin;
    if (!joins) charge_.add(sizeof(TextSpan));
    meter_.step_spans(1);
    add_trusted(trusted_, span);
  }

  void admit(uint64_t n) {
    if (n > max_bytes_ - text_.size()) Meter::over("bytes in one string", max_bytes_);
    meter_.step_bytes(n);
    charge_.add(n);
  }

  Meter& meter_;
  uint64_t max_bytes_;
  Charge charge_;
  std::string text_;
  TrustedSpans trusted_;
};

}  // namespace retort::jinja
