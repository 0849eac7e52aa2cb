#include "retort/eval/tasks/math_file.h"

#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/json.h"
#include "retort/eval/answers/extract.h"

namespace retort::eval {
namespace {

constexpr uint64_t kMaxFile = uint64_t{256} << 20;
constexpr size_t kMaxLine = size_t{1} << 20;
constexpr size_t kMaxQuestion = size_t{64} << 10;
constexpr size_t kMaxGold = 4096;

/// One line, with what to say where it is wrong.
struct Line {
  Json json;
  std::string where;  // "FILE:LINE"

  bool has(const char* key) const { return json.contains(key); }
  [[noreturn]] void fail_with(std::string_view what) const {
    fail(ErrorCode::bad_input, "{}: {}", where, what);
  }

  /// The text of the first of these keys that there is; a whole number counts as its digits.
  std::string text(std::initializer_list<const char*> keys, size_t limit) const {
    for (const char* key : keys) {
      const auto at = json.find(key);
      if (at == json.end()) continue;
      std::string out;
      if (at->is_string())
        out = at->get<std::string>();
      else if (at->is_number_integer())
        out = at->dump();
      else
        fail_with(fmt::format("\"{}\" must be text", key));
      if (out.find_first_not_of(" \t\r\n") == out.npos) fail_with(fmt::format("\"{}\" is empty", key));
      if (out.size() > limit)
        fail_with(fmt::format("\"{}\" has {} bytes; at most {} are read", key, out.size(), limit));
      return out;
    }
    fail_with(fmt::format("it has no \"{}\"", *keys.begin()));
  }
};

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
  return begin == text.npos ? "" : std::string(text.substr(begin, end - begin + 1));
}

MathLayout layout_of(const Line& line) {
  const bool problem = line.has("problem") || line.has("Problem");
  if (line.has("question") && line.has("answer")) return MathLayout::gsm8k;
  if (problem && (line.has("level") || line.has("subject") || line.has("type"))) return MathLayout::math;
  if (problem && (line.has("answer") || line.has("Answer"))) return MathLayout::aime;
  line.fail_with(
      "this is none of the layouts that are known: GSM8K {\"question\", \"answer\"}, MATH {\"problem\", "
      "\"solution\", \"level\"}, AIME {\"problem\", \"answer\"}");
}

std::string gsm8k_gold(const Line& line) {
  const std::string answer = line.text({"answer"}, kMaxLine);
  const size_t mark = answer.rfind("####");
  if (mark == answer.npos) line.fail_with("\"answer\" has no \"####\" with the gold answer behind it");
  std::string gold = trimmed(std::string_view(answer).substr(mark + 4));
  if (gold.empty() || gold.size() > kMaxGold) line.fail_with("no gold answer stands behind \"####\"");
  return gold;
}

std::string math_gold(const Line& line) {
  if (line.has("answer")) return line.text({"answer"}, kMaxGold);
  const auto boxed = extract_answer(line.text({"solution"}, kMaxLine));
  if (!boxed || boxed->kind != ExtractionKind::boxed || boxed->text.empty())
    line.fail_with("it has no \"answer\", and its \"solution\" no \\boxed{...}");
  return boxed->text;
}

/// "Level 3", or 3. MATH has a few "Level ?".
int level_of(const Line& line) {
  if (!line.has("level")) return 0;
  std::string text = line.text({"level"}, 32);
  if (text.starts_with("Level ")) text = text.substr(6);
  if (text == "?") return 0;
  int level = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error != std::errc() || end != text.data() + text.size() || level < 1 || level > 5)
    line.fail_with(fmt::format("\"level\" is \"{}\"; \"Level 1\" to \"Level 5\" are known", text));
  return level;
}

MathProblem problem_of(const Line& line, MathLayout layout) {
  MathProblem out;
  switch (layout) {
    case MathLayout::gsm8k:
      out.question = line.text({"question"}, kMaxQuestion);
      out.gold = gsm8k_gold(line);
      break;
    case MathLayout::math:
      out.question = line.text({"problem", "Problem"}, kMaxQuestion);
      out.gold = math_gold(line);
      out.level = level_of(line);
      if (line.has("subject") || line.has("type")) out.subject = line.text({"subject", "type"}, 256);
      break;
    case MathLayout::aime:
      out.question = line.text({"problem", "Problem"}, kMaxQuestion);
      out.gold = line.text({"answer", "Answer"}, kMaxGold);
      break;
  }
  out.question = trimmed(out.question);
  return out;
}

}  // namespace

std::string_view name(MathLayout layout) {
  static constexpr std::string_view kNames[] = {"gsm8k", "math", "aime"};
  return kNames[static_cast<size_t>(layout)];
}

MathFile read_math_file(const std::filesystem::path& path) {
  const std::string all = read_file(path, kMaxFile);
  MathFile out;
  std::optional<MathLayout> layout;
  int64_t number = 0;
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find('\n', at), all.size());
    const std::string_view text = std::string_view(all).substr(at, end - at);
    at = end + 1;
    ++number;
    if (text.find_first_not_of(" \t\r") == text.npos) continue;
    const std::string where = fmt::format("{}:{}", path.string(), number);
    if (text.size() > kMaxLine)
      fail(ErrorCode::bad_input, "{}: the line has {} bytes; at most {} are read", where, text.size(),
           kMaxLine);
    const Line line{parse_json(text, where), where};
    if (!line.json.is_object()) line.fail_with("a JSON object was expected, one problem a line");
    if (!layout) layout = layout_of(line);
    out.problems.push_back(problem_of(line, *layout));
    out.problems.back().line = number;
  }
  if (!layout) fail(ErrorCode::bad_input, "{}: it has no problems", path.string());
  out.layout = *layout;
  return out;
}

}  // namespace retort::eval
