#include "retort/infer/sampling_parameters.h"

#include <algorithm>

#include "retort/base/error.h"

namespace retort {
namespace {

struct Range {
  const char* name;
  float SamplingParameters::*value;
  float low, high;
  bool low_excluded = false;
};

constexpr Range kRanges[] = {
    {"temperature", &SamplingParameters::temperature, 0.0f, 100.0f},
    {"top_p", &SamplingParameters::top_p, 0.0f, 1.0f, true},
    {"min_p", &SamplingParameters::min_p, 0.0f, 1.0f},
    {"repetition_penalty", &SamplingParameters::repetition_penalty, 0.01f, 100.0f},
    {"presence_penalty", &SamplingParameters::presence_penalty, -2.0f, 2.0f},
    {"frequency_penalty", &SamplingParameters::frequency_penalty, -2.0f, 2.0f},
};

/// NaN is in no range.
void check_range(const char* name, float value, float low, float high, bool low_excluded) {
  if (value >= low && value <= high && !(low_excluded && value == low)) return;
  fail(ErrorCode::bad_input, "sampling: {} is {}; it must be in {}{}, {}]", name, value,
       low_excluded ? "(" : "[", low, high);
}

void check_integer(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return;
  fail(ErrorCode::bad_input, "sampling: {} is {}; it must be in [{}, {}]", name, value, low, high);
}

}  // namespace

void SamplingParameters::validate(int64_t vocab_size) const {
  for (const Range& r : kRanges) check_range(r.name, this->*r.value, r.low, r.high, r.low_excluded);
  check_integer("top_k", top_k, 0, INT32_MAX);
  check_integer("top_logprobs", top_logprobs, 0, std::min<int64_t>(kMaxTopLogprobs, vocab_size));
  check_integer("number of logit_bias entries", static_cast<int64_t>(logit_bias.size()), 0, vocab_size);
  for (const LogitBias& b : logit_bias) {
    check_integer("a token of logit_bias", b.token, 0, vocab_size - 1);
    check_range("a bias of logit_bias", b.bias, -100.0f, 100.0f, false);
  }
}

}  // namespace retort
