#include "retort/train/token_loss.h"

#include <gtest/gtest.h>

#include <numeric>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort::train {
namespace {

struct Case {
  std::string_view name;
  LossMix mix;
};

const Case kCases[] = {
    {"cross entropy", {}},
    {"forward KL", {.cross_entropy = 0, .forward_kl = 1}},
    {"forward KL, warm", {.cross_entropy = 0, .forward_kl = 1, .temperature = 2.5}},
    {"reverse KL", {.cross_entropy = 0, .reverse_kl = 1, .temperature = 0.7}},
    {"JSD", {.cross_entropy = 0, .jsd = 1, .jsd_beta = 0.3, .temperature = 1.5}},
    {"JSD near 1", {.cross_entropy = 0, .jsd = 1, .jsd_beta = 0.95}},
    {"JSD at 0", {.cross_entropy = 0, .jsd = 1, .jsd_beta = 0}},
    {"JSD at 1", {.cross_entropy = 0, .jsd = 1, .jsd_beta = 1, .temperature = 2}},
    {"a mix of all",
     {.cross_entropy = 0.5,
      .forward_kl = 0.3,
      .reverse_kl = 0.2,
      .jsd = 0.7,
      .jsd_beta = 0.6,
      .temperature = 2}},
};

/// A random student and teacher over n tokens; the teacher lists its k likeliest (0: all, densely).
struct Problem {
  std::vector<double> z;
  std::vector<int32_t> ids;
  std::vector<float> log_probs;
  int32_t target = 0;

  Problem(int64_t n, size_t k, uint64_t seed, float spread = 2.0f) {
    Random random(seed);
    std::vector<float> p(static_cast<size_t>(n));
    for (auto& x : p) x = spread * random.normal();
    const float lse = [&] {
      std::vector<float> copy = p;
      return plain_softmax(copy.data(), n);
    }();
    for (auto& x : p) x -= lse;
    for (int64_t i = 0; i < n; ++i) z.push_back(static_cast<double>(spread * random.normal()));
    target = static_cast<int32_t>(random.below(static_cast<uint64_t>(n)));
    log_probs = p;
    if (k == 0) return;
    ids.resize(static_cast<size_t>(n));
    std::iota(ids.begin(), ids.end(), 0);
    std::sort(ids.begin(), ids.end(),
              [&](int32_t a, int32_t b) { return p[static_cast<size_t>(a)] > p[static_cast<size_t>(b)]; });
    ids.resize(k);
    log_probs.clear();
    for (int32_t id : ids) log_probs.push_back(p[static_cast<size_t>(id)]);
  }
  TeacherRow teacher() const { return {ids, log_probs}; }
  int64_t n() const { return static_cast<int64_t>(z.size()); }
};

template <typename T>
TokenLoss evaluate(const Problem& problem, const LossMix& mix, std::vector<T>& dz) {
  std::vector<T> z(problem.z.begin(), problem.z.end());
  dz.assign(z.size(), T(-77));
  return TokenLossFunction<T>(mix)(z.data(), problem.n(), problem.target, problem.teacher(), plain_softmax<T>,
                                   dz.data());
}

double value(const Problem& problem, const LossMix& mix) {
  std::vector<double> dz;
  return evaluate<double>(problem, mix, dz).total(mix);
}

/// |a - b| over the gradients' size.
template <typename A, typename B>
double relative_difference(const std::vector<A>& a, const std::vector<B>& b) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    difference += (x - y) * (x - y);
    size += y * y;
  }
  return std::sqrt(difference / size);
}

TEST(TokenLoss, GradientsEqualFiniteDifferences) {
  for (const Case& c : kCases) {
    const LossMix mix = checked(c.mix);
    for (size_t k : {size_t{0}, size_t{1}, size_t{4}, size_t{17}}) {
      Problem problem(17, k, 100 + k);
      std::vector<double> dz, numeric;
      evaluate<double>(problem, mix, dz);
      for (double& z : problem.z) {
        const double h = 1e-4, at = z;
        auto f = [&](double x) {
          z = x;
          return value(problem, mix);
        };
        // Fourth order central differences.
        numeric.push_back((8 * (f(at + h) - f(at - h)) - (f(at + 2 * h) - f(at - 2 * h))) / (12 * h));
        z = at;
      }
      EXPECT_LT(relative_difference(dz, numeric), 1e-7) << c.name << ", k = " << k;
    }
  }
}

TEST(TokenLoss, FloatIsWithin1e5OfDouble) {
  for (const Case& c : kCases) {
    const LossMix mix = checked(c.mix);
    for (size_t k : {size_t{0}, size_t{16}}) {
      const Problem problem(1000, k, 7 + k, 3.0f);
      std::vector<double> exact;
      std::vector<float> single;
      const double a = evaluate<double>(problem, mix, exact).total(mix);
      const double b = evaluate<float>(problem, mix, single).total(mix);
      EXPECT_NEAR(b, a, 1e-5 * std::max(1.0, a)) << c.name << ", k = " << k;
      EXPECT_LT(relative_difference(single, exact), 1e-5) << c.name << ", k = " << k;
    }
  }
}

TEST(TokenLoss, DivergencesFromItselfAreZero) {
  Problem problem(50, 0, 3);
  problem.z.assign(problem.log_probs.begin(), problem.log_probs.end());
  for (const Case& c : kCases) {
    LossMix mix = checked(c.mix);
    mix.cross_entropy = 0;
    if (!mix.needs_teacher()) continue;
    std::vector<double> dz;
    EXPECT_NEAR(evaluate<double>(problem, mix, dz).total(mix), 0, 1e-6) << c.name;
    for (double d : dz) EXPECT_NEAR(d, 0, 1e-6) << c.name;
  }
}

TEST(TokenLoss, ASparseTeacherThatListsAllIsTheDenseOne) {
  const LossMix mix = checked(kCases[8].mix);
  std::vector<double> dense, sparse;
  const double a = evaluate<double>(Problem(17, 0, 5), mix, dense).total(mix);
  const double b = evaluate<double>(Problem(17, 17, 5), mix, sparse).total(mix);
  EXPECT_NEAR(a, b, 1e-12);
  EXPECT_LT(relative_difference(sparse, dense), 1e-12);
}

TEST(TokenLoss, IsFiniteWhereProbabilitiesUnderflow) {
  Problem problem(20, 4, 9);
  for (size_t i = 0; i < problem.z.size(); ++i) problem.z[i] = i == 0 ? 300.0 : -300.0;
  problem.log_probs = {-0.0f, -200.0f, -300.0f, -1000.0f};  // adds up to 1: the remainder is at its least
  for (const Case& c : kCases) {
    const LossMix mix = checked(c.mix);
    std::vector<float> dz;
    EXPECT_TRUE(std::isfinite(evaluate<float>(problem, mix, dz).total(mix))) << c.name;
    for (float d : dz) EXPECT_TRUE(std::isfinite(d)) << c.name;
  }
}

TEST(TokenLoss, RefusesImpossibleMixes) {
  auto message = [](LossMix mix) -> std::string {
    try {
      checked(mix);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(message({.cross_entropy = -1}), "loss: the weight of cross_entropy is -1; it must be 0 or more");
  EXPECT_EQ(message({.cross_entropy = 0}), "loss: all weights are 0: there is nothing to learn from");
  EXPECT_EQ(message({.jsd = 1, .jsd_beta = 1.5}), "loss: jsd_beta 1.5 is outside 0 to 1");
  EXPECT_EQ(message({.temperature = 0}), "loss: temperature 0 is not above 0");
}

}  // namespace
}  // namespace retort::train
