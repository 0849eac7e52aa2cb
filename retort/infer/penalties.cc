#include "retort/infer/penalties.h"

namespace retort {

Penalties::Penalties(const SamplingParameters& parameters, int64_t vocab_size,
                     std::span<const int32_t> prompt)
    : active_(parameters.penalizes()),
      repetition_(parameters.repetition_penalty),
      presence_(parameters.presence_penalty),
      frequency_(parameters.frequency_penalty) {
  if (!active_) return;
  place_.assign(static_cast<size_t>(vocab_size), -1);
  if (repetition_ != 1.0f)
    for (int32_t token : prompt) seen(token);
}

Penalties::Seen& Penalties::seen(int32_t token) {
  int32_t& place = place_[static_cast<size_t>(token)];
  if (place < 0) {
    place = static_cast<int32_t>(seen_.size());
    seen_.push_back({token, 0});
  }
  return seen_[static_cast<size_t>(place)];
}

void Penalties::count(int32_t token) {
  if (active_) ++seen(token).in_output;
}

void Penalties::apply(float* logits) const {
  for (const Seen& s : seen_) {
    float& l = logits[s.token];
    l = l > 0 ? l / repetition_ : l * repetition_;
    if (s.in_output > 0) l -= static_cast<float>(s.in_output) * frequency_ + presence_;
  }
}

}  // namespace retort
