// The splitter and the stop matcher over any text in any chunks: the chunks make no difference, and no
// byte appears that was not fed. The first two bytes choose the start state and the chunks.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "retort/text/stop_strings.h"
#include "retort/text/think_splitter.h"

namespace {

template <typename Feed>
void in_chunks(std::string_view text, uint32_t seed, Feed feed) {
  for (size_t at = 0; at < text.size();) {
    seed = seed * 1664525 + 1013904223;
    size_t n = std::min<size_t>((seed >> 24) % 9, text.size() - at);
    feed(text.substr(at, n));
    at += n;
  }
}

retort::ThinkDelta split(std::string_view text, bool in_thought, uint32_t seed, bool whole) {
  retort::ThinkSplitter splitter(in_thought);
  retort::ThinkDelta all;
  auto add = [&](const retort::ThinkDelta& d) {
    all.reasoning += d.reasoning;
    all.content += d.content;
  };
  if (whole)
    add(splitter.feed(text));
  else
    in_chunks(text, seed, [&](std::string_view chunk) { add(splitter.feed(chunk)); });
  add(splitter.finish());
  return all;
}

std::string stopped(std::string_view text, uint32_t seed, bool whole) {
  retort::StopMatcher matcher({"</think>", "think", "\n\n", "aab", "ab"});
  std::string out;
  if (whole)
    out += matcher.feed(text);
  else
    in_chunks(text, seed, [&](std::string_view chunk) { out += matcher.feed(chunk); });
  return out + matcher.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  bool in_thought = data[0] & 1;
  auto whole = split(text, in_thought, 0, true);
  auto parts = split(text, in_thought, data[1], false);
  if (whole.reasoning != parts.reasoning || whole.content != parts.content) std::abort();
  if (whole.reasoning.size() + whole.content.size() > text.size()) std::abort();
  if (!text.ends_with(whole.content)) std::abort();
  if (text.find(whole.reasoning) == text.npos) std::abort();
  std::string out = stopped(text, data[1], false);
  if (out != stopped(text, 0, true) || !text.starts_with(out)) std::abort();
  return 0;
}
