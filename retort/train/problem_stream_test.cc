#include "retort/train/problem_stream.h"

#include <gtest/gtest.h>

#include <map>

#include "retort/problems/split.h"

namespace retort::train {
namespace {

DataRecipe data() {
  DataRecipe d;
  d.families = {{"arithmetic", 1}};
  d.styles = {"brief", "full"};
  return d;
}

TEST(ProblemStream, APlaceHoldsTheSameLessonInEveryRun) {
  ProblemStream a(data(), {1, 2, 3}, 7), b(data(), {1, 2, 3}, 7);
  for (uint64_t place : {90u, 3u, 3u, 100'000u}) {
    Lesson x = a.at(place), y = b.at(place);
    EXPECT_EQ(problems::id(x.problem), problems::id(y.problem));
    EXPECT_EQ(x.problem.turns[x.turn].user, y.problem.turns[y.turn].user);
    EXPECT_EQ(x.style, y.style);
  }
}

TEST(ProblemStream, SeedsGiveOtherProblems) {
  ProblemStream a(data(), {3}, 7), b(data(), {3}, 8);
  int same = 0;
  for (uint64_t place = 0; place < 200; ++place)
    same += a.at(place).problem.canonical == b.at(place).problem.canonical ? 1 : 0;
  EXPECT_LT(same, 20);
}

TEST(ProblemStream, LevelsAndStylesComeInEqualShares) {
  ProblemStream stream(data(), {2, 5}, 1);
  std::map<int, int> levels;
  std::map<problems::TraceStyle, int> styles;
  for (uint64_t place = 0; place < 2000; ++place) {
    Lesson lesson = stream.at(place);
    ++levels[lesson.problem.level];
    ++styles[lesson.style];
  }
  ASSERT_EQ(levels.size(), 2u);
  ASSERT_EQ(styles.size(), 2u);
  // Five standard deviations of a fair coin.
  EXPECT_NEAR(levels[2], 1000, 112);
  EXPECT_NEAR(styles[problems::TraceStyle::full], 1000, 112);
}

TEST(ProblemStream, NoneIsOfTheTestSplit) {
  ProblemStream stream(data(), {1, 2, 3, 4, 5, 6}, 1);
  for (uint64_t place = 0; place < 500; ++place)
    EXPECT_EQ(problems::split_of(stream.at(place).problem.canonical), problems::Split::train);
}

}  // namespace
}  // namespace retort::train
