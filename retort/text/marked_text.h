// Text with the parts of it that are trusted: those that a template wrote itself, not its caller. Only there
// do special tokens count (Tokenizer::encode). What has lost its origin is not trusted.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "retort/text/text_span.h"

namespace retort {

/// In order, none empty, none touching the next.
using TrustedSpans = std::vector<TextSpan>;

struct MarkedText {
  std::string text;
  TrustedSpans trusted;
};

/// Adds a span at the end; it begins where the last one ends, or behind it. An empty one adds nothing.
void add_trusted(TrustedSpans& spans, TextSpan span);

/// Calls f(TextSpan) for what of `spans` lies in `part`, with offsets from the part's begin.
template <typename F>
void for_each_within(std::span<const TextSpan> spans, TextSpan part, F f);

/// What of `spans` lies in `part`, with offsets from the part's begin.
TrustedSpans trusted_within(std::span<const TextSpan> spans, TextSpan part);

/// Whether all of the part is trusted.
bool all_trusted(std::span<const TextSpan> spans, TextSpan part);

/// The first of `spans` that ends behind `at`.
std::span<const TextSpan>::iterator first_behind(std::span<const TextSpan> spans, size_t at);

/// Valid UTF-8: as repair_utf8 of each trusted part and of what stands between.
MarkedText repair_utf8(const MarkedText& marked);

/// The text of nfc(). A character that normalizing changes is trusted if what it was made of is.
MarkedText nfc(MarkedText marked);

template <typename F>
void for_each_within(std::span<const TextSpan> spans, TextSpan part, F f) {
  for (auto span = first_behind(spans, part.begin); span != spans.end() && span->begin < part.end; ++span) {
    size_t begin = span->begin > part.begin ? span->begin - part.begin : 0;
    size_t end = (span->end < part.end ? span->end : part.end) - part.begin;
    f(TextSpan{begin, end});
  }
}

}  // namespace retort
