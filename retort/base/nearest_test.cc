#include "retort/base/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace retort {
namespace {

const std::vector<std::string> kNames{"--temperature", "--top-p", "--top-k", "--threads"};

TEST(EditDistance, CountsInsertionsDeletionsSubstitutionsAndSwaps) {
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("run", "run"), 0);
  EXPECT_EQ(edit_distance("runn", "run"), 1);
  EXPECT_EQ(edit_distance("bnech", "bench"), 1);
  EXPECT_EQ(edit_distance("doctor", "bench"), 6);
}

TEST(DidYouMean, NamesTheNearest) {
  EXPECT_EQ(did_you_mean("--temprature", kNames), "; did you mean '--temperature'?");
  EXPECT_EQ(did_you_mean("--thread", kNames), "; did you mean '--threads'?");
}

TEST(DidYouMean, ABeginningIsEnough) {
  EXPECT_EQ(did_you_mean("--temp", kNames), "; did you mean '--temperature'?");
}

TEST(DidYouMean, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("--frobnicate", kNames), "");
  EXPECT_EQ(did_you_mean("", kNames), "");
  EXPECT_EQ(did_you_mean(std::string(100000, 'x'), kNames), "");
}

}  // namespace
}  // namespace retort
