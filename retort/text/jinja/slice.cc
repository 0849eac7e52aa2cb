#include "retort/text/jinja/slice.h"

#include <algorithm>

#include "retort/text/jinja/unicode.h"

namespace retort::jinja {
namespace {

/// Byte offset of the n-th code point.
size_t offset_of(std::string_view text, int64_t n) {
  size_t at = 0;
  for (; n > 0; --n) at += code_point_size(text, at);
  return at;
}

struct Range {
  int64_t begin;
  int64_t end;
  int64_t step;
};

int64_t bound(const Value& value, int64_t fallback) {
  if (value.is(Kind::none)) return fallback;
  require_defined(value);
  if (!value.is_integral())
    fail(ErrorCode::bad_input, "a slice's bounds must be ints, not a {}", type_name(value));
  return value.integer();
}

/// Python's slice.indices().
Range indices(int64_t n, const Value& begin, const Value& end, const Value& step_value) {
  int64_t step = bound(step_value, 1);
  if (step == 0) fail(ErrorCode::bad_input, "a slice's step must not be 0");
  step = std::clamp<int64_t>(step, -n - 1, n + 1);  // further is the same, and cannot overflow
  int64_t low = step < 0 ? -1 : 0;
  int64_t high = step < 0 ? n - 1 : n;
  auto place = [&](const Value& value, int64_t fallback) {
    if (value.is(Kind::none)) return fallback;
    int64_t i = bound(value, 0);
    if (i < 0) i = i < -n ? low : i + n;
    return std::clamp(i, low, high);
  };
  return {place(begin, step < 0 ? high : low), place(end, step < 0 ? low : high), step};
}

std::string_view run_of(std::string_view text, const Range& r, bool ascii) {
  if (r.end <= r.begin) return {};
  size_t from = ascii ? static_cast<size_t>(r.begin) : offset_of(text, r.begin);
  auto n = static_cast<size_t>(r.end - r.begin);
  return text.substr(from, ascii ? n : offset_of(text.substr(from), r.end - r.begin));
}

std::string picked(Meter& meter, std::string_view text, const Range& r) {
  Charge charge(meter, text.size() * sizeof(size_t));
  auto at = offsets(text);
  std::string out;
  for (int64_t i = r.begin; r.step > 0 ? i < r.end : i > r.end; i += r.step)
    out +=
        text.substr(at[static_cast<size_t>(i)], at[static_cast<size_t>(i) + 1] - at[static_cast<size_t>(i)]);
  return out;
}

bool indexable(const Sequence& s) {
  return s.style != SequenceStyle::view && s.style != SequenceStyle::iterator;
}

}  // namespace

std::optional<Value> item_at(Meter& meter, const Value& object, int64_t index) {
  if (object.is(Kind::string)) {
    auto text = object.text();
    meter.step_bytes(text.size());
    auto n = static_cast<int64_t>(length(text));
    if (index < 0) index += n;
    if (index < 0 || index >= n) return std::nullopt;
    size_t at = offset_of(text, index);
    return make_part(meter, object, text.substr(at, code_point_size(text, at)));
  }
  const Sequence& s = object.sequence();
  auto n = static_cast<int64_t>(s.items.size());
  if (index < 0) index += n;
  if (!indexable(s) || index < 0 || index >= n) return std::nullopt;
  return s.items[static_cast<size_t>(index)];
}

Value slice_of(Meter& meter, const Value& object, const Value& begin, const Value& end, const Value& step) {
  require_defined(object);
  if (object.is(Kind::string)) {
    auto text = object.text();
    meter.step_bytes(text.size());
    size_t n = length(text);
    Range r = indices(static_cast<int64_t>(n), begin, end, step);
    if (r.step == 1) return make_part(meter, object, run_of(text, r, n == text.size()));
    return make_derived(meter, picked(meter, text, r), object);
  }
  if (!object.is(Kind::sequence) || !indexable(object.sequence()))
    fail(ErrorCode::bad_input, "a {} cannot be sliced", type_name(object));
  const Sequence& s = object.sequence();
  Range r = indices(static_cast<int64_t>(s.items.size()), begin, end, step);
  std::vector<Value> items;
  for (int64_t i = r.begin; r.step > 0 ? i < r.end : i > r.end; i += r.step)
    items.push_back(s.items[static_cast<size_t>(i)]);
  return make_sequence(meter, std::move(items),
                       s.style == SequenceStyle::tuple ? SequenceStyle::tuple : SequenceStyle::list);
}

}  // namespace retort::jinja
