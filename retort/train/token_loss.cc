#include "retort/train/token_loss.h"

#include <string_view>

#include "retort/base/error.h"

namespace retort::train {

LossMix checked(LossMix mix) {
  const std::pair<std::string_view, double> weights[] = {{"cross_entropy", mix.cross_entropy},
                                                         {"forward_kl", mix.forward_kl},
                                                         {"reverse_kl", mix.reverse_kl},
                                                         {"jsd", mix.jsd}};
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    if (!(weight >= 0) || !std::isfinite(weight))
      fail(ErrorCode::bad_input, "loss: the weight of {} is {}; it must be 0 or more", name, weight);
    sum += weight;
  }
  if (sum == 0) fail(ErrorCode::bad_input, "loss: all weights are 0: there is nothing to learn from");
  if (!(mix.jsd_beta >= 0 && mix.jsd_beta <= 1))
    fail(ErrorCode::bad_input, "loss: jsd_beta {} is outside 0 to 1", mix.jsd_beta);
  if (!(mix.temperature > 0) || !std::isfinite(mix.temperature))
    fail(ErrorCode::bad_input, "loss: temperature {} is not above 0", mix.temperature);
  if (mix.jsd_beta == 0) mix.forward_kl += std::exchange(mix.jsd, 0);
  if (mix.jsd_beta == 1) mix.reverse_kl += std::exchange(mix.jsd, 0);
  return mix;
}

}  // namespace retort::train
