#include "retort/eval/sample.h"

#include <iterator>

namespace retort::eval {
namespace {

struct Row {
  std::string_view name, text;
};
constexpr Row kStatuses[] = {
#define X(name, text) {#name, text},
#include "retort/eval/sample_statuses.inc"
#undef X
};

}  // namespace

std::string_view name(SampleStatus status) {
  return kStatuses[static_cast<size_t>(status)].name;
}

std::string_view text(SampleStatus status) {
  return kStatuses[static_cast<size_t>(status)].text;
}

std::optional<SampleStatus> parse_sample_status(std::string_view name) {
  for (size_t i = 0; i < std::size(kStatuses); ++i)
    if (kStatuses[i].name == name) return static_cast<SampleStatus>(i);
  return std::nullopt;
}

bool is_cut_off(SampleStatus status) {
  return status == SampleStatus::truncated_in_thought || status == SampleStatus::truncated_in_answer ||
         status == SampleStatus::too_long;
}

std::vector<Sample> scorable(std::vector<Sample> samples) {
  std::erase_if(samples, [](const Sample& sample) { return sample.status == SampleStatus::api_error; });
  return samples;
}

}  // namespace retort::eval
