#include "retort/eval/answers/extract.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "retort/eval/answers/ascii.h"

namespace retort::eval {
namespace {

constexpr std::string_view kBoxes[] = {"\\boxed", "\\fbox"};
constexpr std::string_view kAnchors[] = {"answer is", "answer:", "answer =", "answer**:", "####"};
constexpr std::string_view kBlanks = " \t\r\n\f\v";
constexpr std::string_view kDecoration = " \t\r\n\f\v*:=";  // Markdown, and what follows an anchor

std::string_view after_thought(std::string_view text) {
  constexpr std::string_view kClose = "</think>";
  const size_t close = text.rfind(kClose);
  return close == text.npos ? text : text.substr(close + kClose.size());
}

/// The length of a box command at `at`, 0 if none is there.
size_t box_command(std::string_view text, size_t at) {
  for (std::string_view box : kBoxes)
    if (text.substr(at).starts_with(box) &&
        (at + box.size() == text.size() || !is_alpha(text[at + box.size()])))
      return box.size();
  return 0;
}

/// \boxed 5: up to white space or the end of the formula, and not far.
std::string_view bare_box(std::string_view text, size_t at) {
  constexpr size_t kMaxBareBox = 64;
  text = text.substr(0, at + kMaxBareBox);
  const size_t end = std::min(text.find_first_of(" \t\r\n$", at), text.size());
  return trimmed(text.substr(at, end - at), ".,;");
}

/// One pass with a stack of open braces; the last box to close is the last outer one.
std::optional<std::string_view> last_box(std::string_view text) {
  struct Open {
    size_t content;
    bool box;
  };
  std::vector<Open> open;
  std::optional<std::string_view> found;
  auto keep = [&](std::string_view content) {
    if (!trimmed(content).empty()) found = content;
  };
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') {
      open.push_back({at + 1, false});
    } else if (text[at] == '}' && !open.empty()) {
      if (open.back().box) keep(text.substr(open.back().content, at - open.back().content));
      open.pop_back();
    } else if (text[at] == '\\') {
      const size_t n = box_command(text, at);
      const size_t next = n == 0 ? text.npos : text.find_first_not_of(kBlanks, at + n);
      if (next == text.npos) {
        ++at;  // the escaped character; the other letters of a command do no harm
      } else if (text[next] == '{') {
        open.push_back({next + 1, true});
        at = next;
      } else {
        keep(bare_box(text, next));
        at = next - 1;
      }
    }
  }
  return found;
}

struct Anchor {
  size_t begin;
  size_t end;
};

std::optional<Anchor> last_anchor(std::string_view text) {
  const std::string lower = lowered(text);
  std::optional<Anchor> last;
  for (std::string_view anchor : kAnchors) {
    const size_t at = lower.rfind(anchor);
    if (at != lower.npos && (!last || at > last->begin)) last = Anchor{at, at + anchor.size()};
  }
  return last;
}

/// $...$, \(...\) or \[...\] at the start: the formula alone.
std::optional<std::string_view> leading_formula(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kFormulas[] = {
      {"$$", "$$"}, {"$", "$"}, {"\\(", "\\)"}, {"\\[", "\\]"}};
  for (const auto& [open, close] : kFormulas) {
    if (!text.starts_with(open)) continue;
    const size_t end = text.find(close, open.size());
    if (end == text.npos) return std::nullopt;
    return text.substr(open.size(), end - open.size());
  }
  return std::nullopt;
}

/// Up to the end of the line or of the sentence.
std::string_view first_sentence(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  for (size_t at = text.find('.'); at != text.npos; at = text.find('.', at + 1))
    if (at + 1 == text.size() || is_blank(text[at + 1])) return text.substr(0, at);
  return text;
}

std::optional<std::string_view> stated(std::string_view text) {
  const auto anchor = last_anchor(text);
  if (!anchor) return std::nullopt;
  const std::string_view rest = trimmed(text.substr(anchor->end), kDecoration);
  std::string_view answer = rest;
  if (auto formula = leading_formula(rest))
    answer = *formula;
  else
    answer = first_sentence(rest);
  answer = trimmed(answer, kDecoration);
  return answer.empty() ? std::nullopt : std::optional(answer);
}

bool part_of_number(char c) {
  return is_digit(c) || c == '.' || c == ',' || c == '/';
}

std::optional<std::string_view> last_number(std::string_view text) {
  size_t end = text.find_last_of("0123456789");
  if (end == text.npos) return std::nullopt;
  size_t begin = end++;
  while (begin > 0 && part_of_number(text[begin - 1])) --begin;
  while (text[begin] == ',' || text[begin] == '/') ++begin;
  const bool minus = begin > 0 && text[begin - 1] == '-' && (begin == 1 || !is_letter_byte(text[begin - 2]));
  const bool subtracts = minus && begin > 1 && is_digit(text[begin - 2]);
  if (minus && !subtracts) --begin;
  if (end < text.size() && text[end] == '%') ++end;
  return text.substr(begin, end - begin);
}

}  // namespace

Result<Extraction> extract_answer(std::string_view text) {
  text = after_thought(text);
  if (auto box = last_box(text)) return Extraction{std::string(trimmed(*box)), ExtractionKind::boxed};
  if (auto answer = stated(text)) return Extraction{std::string(*answer), ExtractionKind::stated};
  if (auto number = last_number(text)) return Extraction{std::string(*number), ExtractionKind::last_number};
  return tl::unexpected(make_error(
      ErrorCode::not_found, "answer: no box, no \"answer is\" and no number in {} bytes", text.size()));
}

}  // namespace retort::eval
