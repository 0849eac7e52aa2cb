#include "retort/problems/verify.h"

#include <fmt/core.h>

#include <algorithm>

#include "retort/base/check.h"
#include "retort/problems/verify_program.h"

namespace retort::problems {
namespace {

constexpr std::string_view kStatuses[] = {"correct", "wrong", "malformed", "empty", "unfinished"};
constexpr std::string_view kEndOfThought = "</think>";
constexpr std::string_view kSpace = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// A short printable piece of a hostile text.
std::string shown(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, 60)) out += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > 60 ? out + "..." : out;
}

bool is_integer(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 20) return false;
  if (text[0] == '0' && (text.size() > 1 || negative)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool has_form(AnswerForm form, std::string_view answer) {
  if (form == AnswerForm::integer) return is_integer(answer);
  return answer.find('\n') == answer.npos;
}

}  // namespace

std::string_view name(VerdictStatus status) {
  return kStatuses[static_cast<size_t>(status)];
}

Verdict verify(const Problem& problem, std::string_view text, size_t turn) {
  RETORT_CHECK(turn < problem.turns.size());
  const Turn& asked = problem.turns[turn];
  std::string_view answer = trimmed(text);
  if (answer.empty()) return {VerdictStatus::empty, "no answer"};
  if (answer.size() > kMaxAnswerBytes)
    return {VerdictStatus::malformed,
            fmt::format("an answer of {} bytes; at most {} are read", answer.size(), kMaxAnswerBytes)};
  if (asked.form == AnswerForm::program) {
    RETORT_CHECK(problem.function.has_value());
    return verify_program(*problem.function, answer);
  }
  if (!has_form(asked.form, answer))
    return {VerdictStatus::malformed, fmt::format("not {}: '{}'", name(asked.form), shown(answer))};
  if (answer == asked.answer) return {VerdictStatus::correct, ""};
  return {VerdictStatus::wrong, fmt::format("expected {}, got {}", asked.answer, shown(answer))};
}

Completion split_completion(std::string_view text) {
  size_t end = text.find(kEndOfThought);
  if (end == text.npos) return {text, {}, false};
  return {text.substr(0, end), text.substr(end + kEndOfThought.size()), true};
}

Verdict verify_completion(const Problem& problem, std::string_view text, size_t turn) {
  Completion parts = split_completion(text);
  if (!parts.thought_ended) return {VerdictStatus::unfinished, "the thought did not end"};
  return verify(problem, parts.answer, turn);
}

}  // namespace retort::problems
