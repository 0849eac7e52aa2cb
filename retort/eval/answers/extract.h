// Finds the final answer in what a model wrote.
#pragma once

#include <string>
#include <string_view>

#include "retort/base/error.h"

namespace retort::eval {

enum class ExtractionKind {
  boxed,        // the last \boxed{...}
  stated,       // after the last "answer is", "Answer:" or "####"
  last_number,  // nothing was marked: the last number in the text. A guess
};

struct Extraction {
  std::string text;
  ExtractionKind kind = ExtractionKind::boxed;
  bool weak() const { return kind == ExtractionKind::last_number; }
};

/// Looks in the text after the last `</think>` (all of it, if there is none), in linear time. Of nested boxes
/// the outer one counts. not_found when there is no box, no such words and no number.
Result<Extraction> extract_answer(std::string_view text);

}  // namespace retort::eval
