// One answer of a model to one turn of one item, as it is kept: everything that a scorer may want to know,
// and nothing that a scorer says.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retort::eval {

enum class SampleStatus : uint8_t {
#define X(name, text) name,
#include "retort/eval/sample_statuses.inc"
#undef X
};
/// "ok", "truncated_in_thought", ...
std::string_view name(SampleStatus status);
/// For people: "cut off while thinking".
std::string_view text(SampleStatus status);
std::optional<SampleStatus> parse_sample_status(std::string_view name);
/// The answer did not end within the tokens that it was allowed, or that fit.
bool is_cut_off(SampleStatus status);

/// Which answer. Within a run no two samples have the same key.
struct SampleKey {
  std::string item;
  int64_t sample = 0;  // 0 to samples - 1
  int64_t turn = 0;

  auto operator<=>(const SampleKey&) const = default;
};

struct Sample {
  SampleKey key;
  SampleStatus status = SampleStatus::ok;
  std::string prompt;              // as the model was given it, with the template's marks
  std::string reasoning, content;  // what it wrote, without tags
  int64_t prompt_tokens = 0, reasoning_tokens = 0, answer_tokens = 0;
  int64_t cached_tokens = 0;  // of the prompt's, that a hosted model says it did not compute anew
  std::string served_by;      // the name that a hosted model gives itself: "gpt-4o-2024-08-06"
  std::string detail;         // one line, where the status needs one
  // The only fields in which two runs with the same key may differ.
  double queue_seconds = 0, prefill_seconds = 0, decode_seconds = 0;
};

/// Those that may be scored: what the API failed to answer says nothing of the model, and is missing.
std::vector<Sample> scorable(std::vector<Sample> samples);

}  // namespace retort::eval
