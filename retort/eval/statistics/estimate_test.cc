#include "retort/eval/statistics/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "retort/base/random.h"

namespace retort::eval {
namespace {

/// The share of `runs` simulated studies whose interval holds the truth.
double coverage(int runs, double truth, const std::function<Estimate(Random&)>& study) {
  int held = 0;
  Random random(42);
  for (int i = 0; i < runs; ++i) {
    const Estimate e = study(random);
    held += e.low <= truth && truth <= e.high;
  }
  return static_cast<double>(held) / runs;
}

TEST(Estimate, WilsonsIntervalIsThatOfTheFormula) {
  const Estimate e = proportion(45, 50);
  EXPECT_DOUBLE_EQ(e.value, 0.9);
  EXPECT_NEAR(e.low, 0.786398, 1e-6);
  EXPECT_NEAR(e.high, 0.956524, 1e-6);
  EXPECT_EQ(percent_text(e), "90.0 % (78.6 to 95.7)");
  EXPECT_EQ(percent_text(proportion(0, 0)), "n/a");
  EXPECT_EQ(proportion(0, 10).low, 0);
  EXPECT_EQ(proportion(10, 10).high, 1);
}

TEST(Estimate, IntervalsOfSharesCoverTheTruthIn95OfAHundred) {
  // Averaged over truths: for one truth the discrete number of successes makes coverage jump.
  for (int n : {40, 200, 1000}) {
    double sum = 0;
    int truths = 0;
    for (double p = 0.05; p < 0.96; p += 0.09, ++truths)
      sum += coverage(2000, p, [&](Random& random) {
        int64_t successes = 0;
        for (int i = 0; i < n; ++i) successes += random.uniform() < p;
        return proportion(successes, n);
      });
    EXPECT_GT(sum / truths, 0.93) << n;
    EXPECT_LT(sum / truths, 0.97) << n;
  }
}

/// Items of 20 templates whose difficulty differs: each template has its own probability.
struct Templates {
  std::vector<double> scores;
  std::vector<int> clusters;

  Templates(Random& random, int n_clusters, int items) {
    for (int c = 0; c < n_clusters; ++c) {
      const double p = random.uniform() < 0.5 ? 0.35 : 0.85;
      for (int i = 0; i < items; ++i) {
        scores.push_back(random.uniform() < p ? 1 : 0);
        clusters.push_back(c);
      }
    }
  }
};

TEST(Estimate, IntervalsOverClustersCoverTheTruthWhereIndependentOnesDoNot) {
  const double truth = 0.6;
  const double clustered = coverage(3000, truth, [&](Random& random) {
    const Templates t(random, 20, 25);
    return clustered_share(t.scores, t.clusters);
  });
  EXPECT_GT(clustered, 0.93);
  EXPECT_LT(clustered, 0.97);
  const double independent = coverage(1000, truth, [&](Random& random) {
    const Templates t(random, 20, 25);
    int64_t successes = 0;
    for (double s : t.scores) successes += s > 0.5;
    return proportion(successes, static_cast<int64_t>(t.scores.size()));
  });
  EXPECT_LT(independent, 0.7);
}

TEST(Estimate, ClustersOfOneItemChangeLittleAndOneClusterNothing) {
  std::vector<double> scores;
  std::vector<int> own, same;
  for (int i = 0; i < 400; ++i) {
    scores.push_back(i % 4 == 0 ? 0 : 1);
    own.push_back(i);
    same.push_back(7);
  }
  const Estimate plain = proportion(300, 400), one = clustered_share(scores, same),
                 each = clustered_share(scores, own);
  EXPECT_DOUBLE_EQ(plain.low, one.low);
  EXPECT_DOUBLE_EQ(plain.high, one.high);
  EXPECT_NEAR(plain.low, each.low, 0.001);
  EXPECT_LE(each.low, plain.low);
}

TEST(Estimate, MeansHaveStudentsInterval) {
  const std::vector<double> x = {2, 4, 6};  // s = 2, t(2) = 4.3027
  const Estimate e = mean(x);
  EXPECT_DOUBLE_EQ(e.value, 4);
  EXPECT_NEAR(e.high, 4 + 4.30265272991 * 2 / std::sqrt(3.0), 1e-8);
  EXPECT_TRUE(std::isinf(mean(std::vector<double>{1}).high));
  const double covered = coverage(4000, 3, [](Random& random) {
    std::vector<double> sample(12);
    for (double& value : sample) value = 3 + 2.5 * static_cast<double>(random.normal());
    return mean(sample);
  });
  EXPECT_GT(covered, 0.94);
  EXPECT_LT(covered, 0.96);
}

}  // namespace
}  // namespace retort::eval
