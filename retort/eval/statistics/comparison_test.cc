#include "retort/eval/statistics/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/random.h"

namespace retort::eval {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Comparison, McNemarsTestIsTheBinomialsTwoTails) {
  EXPECT_NEAR(mcnemar(3, 10), 0.09228515625, 1e-12);  // 2 (1 + 13 + 78 + 286) / 2^13
  EXPECT_EQ(mcnemar(3, 10), mcnemar(10, 3));
  EXPECT_EQ(mcnemar(5, 5), 1);
  EXPECT_EQ(mcnemar(0, 0), 1);
  EXPECT_NEAR(mcnemar(0, 6), 2.0 / 64, 1e-12);
}

TEST(Comparison, HolmsStepsAreThoseOfTheHandWorkedExample) {
  // Sorted .01, .02, .03, .04 times 4, 3, 2, 1, never falling.
  const std::vector<double> p = {0.01, 0.04, 0.03, 0.02};
  EXPECT_THAT(holm(p), ElementsAre(DoubleNear(0.04, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.06, 1e-12),
                                   DoubleNear(0.06, 1e-12)));
  EXPECT_THAT(holm(std::vector<double>{0.6, 0.7}), ElementsAre(1, 1));
}

TEST(Comparison, CountsWhoAloneIsRightAndTheMeanDifference) {
  const std::vector<double> a = {1, 1, 0, 1, 0, 1}, b = {1, 0, 0, 0, 1, 1};
  const PairedDifference d = paired_difference(a, b);
  EXPECT_EQ(d.only_a, 2);
  EXPECT_EQ(d.only_b, 1);
  EXPECT_NEAR(d.difference.value, 1.0 / 6, 1e-12);
  EXPECT_NEAR(d.standard_deviation, 0.752773, 1e-6);  // of 0, 1, 0, 1, -1, 0
  EXPECT_NEAR(d.difference.high - d.difference.value, 2.570582 * 0.752773 / 2.449490, 1e-5);
}

/// Two models right on the same items but for `lost` and `gained`.
PairedDifference study(int items, int lost, int gained) {
  std::vector<double> a(static_cast<size_t>(items), 1), b = a;
  for (int i = 0; i < lost; ++i) a[static_cast<size_t>(i)] = 0;
  for (int i = 0; i < gained; ++i) b[static_cast<size_t>(lost + i)] = 0;
  return paired_difference(a, b);
}

TEST(NonInferiority, SaysWhatTheIntervalAllows) {
  EXPECT_EQ(non_inferiority(study(5000, 12, 10), 0.02).verdict, VerdictOnLoss::not_worse);
  EXPECT_EQ(non_inferiority(study(1000, 80, 5), 0.02).verdict, VerdictOnLoss::worse);
  const PairedDifference small = study(60, 3, 3);
  const NonInferiority open = non_inferiority(small, 0.02);
  EXPECT_EQ(open.verdict, VerdictOnLoss::undecided);
  EXPECT_GT(open.needed_items, 1500);
  EXPECT_LT(open.needed_items, 2500);
  EXPECT_THAT(to_text(open, small), HasSubstr("undecided: +0.0 points"));
  EXPECT_THAT(to_text(open, small), HasSubstr("items would show it"));
}

TEST(NonInferiority, EqualAnswersOnFewItemsProveNothing) {
  EXPECT_EQ(non_inferiority(study(20, 0, 0), 0.02).verdict, VerdictOnLoss::undecided);
  EXPECT_EQ(non_inferiority(study(400, 0, 0), 0.02).verdict, VerdictOnLoss::not_worse);
  EXPECT_EQ(non_inferiority(study(0, 0, 0), 0.02).verdict, VerdictOnLoss::undecided);
}

TEST(NonInferiority, NeededItemsDoShowItFourTimesInFive) {
  // Items of which a tenth change sides, as often one way as the other: s = sqrt(0.1).
  const double margin = 0.03, discordance = 0.1;
  const auto simulate = [&](Random& random, int items) {
    int lost = 0, gained = 0;
    for (int i = 0; i < items; ++i) {
      const double u = random.uniform();
      lost += u < discordance / 2;
      gained += u > 1 - discordance / 2;
    }
    return study(items, lost, gained);
  };
  Random random(7);
  const auto needed = static_cast<int>((1.96 + 0.8416) * (1.96 + 0.8416) * discordance / (margin * margin));
  int shown = 0;
  for (int i = 0; i < 1000; ++i)
    shown += non_inferiority(simulate(random, needed), margin).verdict == VerdictOnLoss::not_worse;
  EXPECT_GT(shown, 760);
  EXPECT_LT(shown, 840);
}

TEST(Comparison, IntervalsOfDifferencesCoverTheTruth) {
  Random random(11);
  int held = 0;
  constexpr int kStudies = 3000;
  for (int s = 0; s < kStudies; ++s) {
    std::vector<double> a, b;
    for (int i = 0; i < 150; ++i) {
      const double easy = random.uniform();  // makes the two go together
      a.push_back(random.uniform() < 0.4 + 0.5 * easy ? 1 : 0);
      b.push_back(random.uniform() < 0.3 + 0.5 * easy ? 1 : 0);
    }
    const Estimate e = paired_difference(a, b).difference;
    held += e.low <= 0.1 && 0.1 <= e.high;
  }
  EXPECT_GT(held, 0.93 * kStudies);
  EXPECT_LT(held, 0.97 * kStudies);
}

}  // namespace
}  // namespace retort::eval
