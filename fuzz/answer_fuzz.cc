// Any two texts as gold and answer, split at the first zero byte: the comparison ends within its bounds,
// gives the same verdict again, and what is extracted stands in the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "retort/eval/answers/equivalent.h"
#include "retort/eval/answers/extract.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace retort::eval;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t split = std::min(text.find('\0'), text.size());
  const std::string_view gold = text.substr(0, split), answer = text.substr(std::min(split + 1, text.size()));
  const Verdict verdict = equivalent(gold, answer);
  if (verdict.reason.empty() || verdict.equality != equivalent(gold, answer).equality) std::abort();
  if (auto found = extract_answer(text); found && text.find(found->text) == text.npos) std::abort();
  return 0;
}
