#include "retort/train/adamw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort::train {
namespace {

/// Algorithm 2 of the paper, one weight, in double.
struct ExactAdamW {
  double w, m = 0, v = 0;
  void step(const AdamWOptions& o, int64_t t, double rate, double g, bool decays) {
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const double mean = m / (1 - std::pow(o.beta1, t)), square = v / (1 - std::pow(o.beta2, t));
    w -= rate * (mean / (std::sqrt(square) + o.epsilon) + (decays ? o.weight_decay * w : 0));
  }
};

TEST(AdamW, EqualsThePapersAlgorithm) {
  const AdamWOptions options;
  for (bool decays : {true, false}) {
    Random random(11);
    const int64_t n = 37;
    std::vector<float> w(n), m(n, 0.0f), v(n, 0.0f), g(n);
    std::vector<ExactAdamW> exact;
    for (auto& x : w) exact.push_back({static_cast<double>(x = random.normal())});
    for (int64_t t = 1; t <= 20; ++t) {
      const double rate = 0.01 * static_cast<double>(t), clip = t % 3 == 0 ? 0.25 : 1.0;
      for (auto& x : g) x = random.normal();
      adamw_update(adamw_step(options, t, rate, clip, decays), 0, n, g.data(), m.data(), v.data(), w.data());
      for (size_t i = 0; i < exact.size(); ++i)
        exact[i].step(options, t, rate, clip * static_cast<double>(g[i]), decays);
    }
    for (size_t i = 0; i < exact.size(); ++i)
      EXPECT_NEAR(w[i], exact[i].w, 2e-5) << i << " decays " << decays;
  }
}

TEST(AdamW, LeavesWhatIsOutsideItsRange) {
  std::vector<float> w(8, 1.0f), m(8, 0.0f), v(8, 0.0f), g(8, 1.0f);
  adamw_update(adamw_step({}, 1, 0.1, 1, true), 2, 5, g.data(), m.data(), v.data(), w.data());
  for (size_t i = 0; i < w.size(); ++i) EXPECT_EQ(w[i] != 1.0f, i >= 2 && i < 5) << i;
}

TEST(AdamW, RefusesImpossibleOptions) {
  EXPECT_THROW(check(AdamWOptions{.beta1 = 1.0}), Error);
  EXPECT_THROW(check(AdamWOptions{.epsilon = 0}), Error);
  EXPECT_THROW(check(AdamWOptions{.weight_decay = -1}), Error);
  EXPECT_NO_THROW(check(AdamWOptions{}));
}

}  // namespace
}  // namespace retort::train
