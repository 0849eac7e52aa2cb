// Any text as the answer to a problem of every family: a verdict comes at once, its reason is one printable
// line, and only the gold answer of a number or a text is correct. The first byte chooses the problem.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "retort/problems/generate.h"
#include "retort/problems/verify.h"

namespace {

using namespace retort::problems;

const std::vector<Problem>& problems() {
  static const std::vector<Problem> all = [] {
    std::vector<Problem> made;
    for (Family family : all_families())
      for (int level = kMinLevel; level <= kMaxLevel; ++level)
        made.push_back(generate({family, level, Split::test, 1}, 0));
    return made;
  }();
  return all;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  while (!text.empty() && kSpace.find(text.front()) != kSpace.npos) text.remove_prefix(1);
  while (!text.empty() && kSpace.find(text.back()) != kSpace.npos) text.remove_suffix(1);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Problem& p = problems()[data[0] % problems().size()];
  size_t turn = data[1] % p.turns.size();
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  for (std::string_view answer : {text, split_completion(text).answer}) {
    Verdict v = verify(p, answer, turn);
    for (char c : v.reason)
      if (c < ' ' || c > '~') std::abort();
    bool gold = trimmed(answer) == p.turns[turn].answer;
    if (p.turns[turn].form != AnswerForm::program && v.correct() != gold) std::abort();
  }
  Verdict whole = verify_completion(p, text, turn);
  if (text.find("</think>") == text.npos && whole.status != VerdictStatus::unfinished) std::abort();
  return 0;
}
