#include "retort/text/marked_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "retort/text/unicode.h"

namespace retort {
namespace {

void append(MarkedText& out, std::string_view text, bool trusted) {
  out.text += text;
  if (trusted) add_trusted(out.trusted, {out.text.size() - text.size(), out.text.size()});
}

/// Walks over the parts of a text that are trusted or not as a whole, in order.
class Runs {
 public:
  explicit Runs(const MarkedText& marked) : text_(marked.text), spans_(marked.trusted) {}

  /// Where the run that holds `at` ends, and whether it is trusted; `at` grows from call to call.
  std::pair<size_t, bool> at(size_t at) {
    while (!spans_.empty() && spans_.front().end <= at) spans_ = spans_.subspan(1);
    if (spans_.empty()) return {text_.size(), false};
    bool trusted = spans_.front().begin <= at;
    return {trusted ? spans_.front().end : spans_.front().begin, trusted};
  }

 private:
  std::string_view text_;
  std::span<const TextSpan> spans_;
};

/// Whether normalizing what begins at `at` can be done apart from what stands before.
bool begins_apart(std::string_view text, size_t at) {
  if (at == text.size()) return true;
  if ((uint8_t(text[at]) & 0xC0) == 0x80) return false;
  return is_surely_nfc(text.substr(at, utf8_step(text.substr(at)).length));
}

/// How many bytes the texts have in common at their begins, cut at a character.
size_t common_begin(std::string_view a, std::string_view b) {
  auto n = size_t(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  auto inside = [](std::string_view s, size_t i) { return i < s.size() && (uint8_t(s[i]) & 0xC0) == 0x80; };
  while (n > 0 && (inside(a, n) || inside(b, n))) --n;
  return n;
}

/// A part in which trust changes: it stays with the bytes that normalizing leaves as they are at the begin.
void append_mixed(MarkedText& out, const MarkedText& marked, TextSpan part) {
  auto before = std::string_view(marked.text).substr(part.begin, part.end - part.begin);
  auto after = nfc(before);
  auto base = out.text.size();
  for_each_within(marked.trusted, {part.begin, part.begin + common_begin(before, after)}, [&](TextSpan s) {
    add_trusted(out.trusted, {base + s.begin, base + s.end});
  });
  out.text += after;
}

}  // namespace

void add_trusted(TrustedSpans& spans, TextSpan span) {
  if (span.begin >= span.end) return;
  if (!spans.empty() && spans.back().end == span.begin)
    spans.back().end = span.end;
  else
    spans.push_back(span);
}

std::span<const TextSpan>::iterator first_behind(std::span<const TextSpan> spans, size_t at) {
  return std::upper_bound(spans.begin(), spans.end(), at,
                          [](size_t a, const TextSpan& s) { return a < s.end; });
}

TrustedSpans trusted_within(std::span<const TextSpan> spans, TextSpan part) {
  TrustedSpans within;
  for_each_within(spans, part, [&](TextSpan span) { add_trusted(within, span); });
  return within;
}

bool all_trusted(std::span<const TextSpan> spans, TextSpan part) {
  if (part.begin >= part.end) return true;
  auto span = first_behind(spans, part.begin);
  return span != spans.end() && span->begin <= part.begin && span->end >= part.end;
}

MarkedText repair_utf8(const MarkedText& marked) {
  MarkedText out;
  Runs runs(marked);
  for (size_t at = 0; at < marked.text.size();) {
    auto [end, trusted] = runs.at(at);
    append(out, repair_utf8(std::string_view(marked.text).substr(at, end - at)), trusted);
    at = end;
  }
  return out;
}

/// A run is normalized on its own where the next one begins with a character that joins nothing before it.
/// Else the run's last such character and what follows, up to the next, are normalized as one.
MarkedText nfc(MarkedText marked) {
  if (is_surely_nfc(marked.text)) return marked;
  std::string_view text = marked.text;
  MarkedText out;
  Runs runs(marked);
  for (size_t at = 0; at < text.size();) {
    auto [run_end, trusted] = runs.at(at);
    size_t end = run_end;
    while (end > at && !begins_apart(text, end)) --end;
    append(out, nfc(text.substr(at, end - at)), trusted);
    at = end;
    if (end == run_end) continue;
    while (!begins_apart(text, run_end)) ++run_end;
    append_mixed(out, marked, {at, run_end});
    at = run_end;
  }
  return out;
}

}  // namespace retort
