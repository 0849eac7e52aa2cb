#include "retort/eval/sandbox/frames.h"

#include <gtest/gtest.h>

namespace retort::eval {
namespace {

TEST(Frames, AreTakenOneByOneAndOnlyWhole) {
  std::string bytes = make_frame("one") + make_frame("") + make_frame("three").substr(0, 6);
  EXPECT_EQ(**take_frame(bytes, 10), "one");
  EXPECT_EQ(**take_frame(bytes, 10), "");
  EXPECT_FALSE(take_frame(bytes, 10)->has_value());
  bytes += "ree";
  EXPECT_EQ(**take_frame(bytes, 10), "three");
  EXPECT_FALSE(take_frame(bytes, 10)->has_value());
}

TEST(Frames, AClaimBeyondTheLimitIsAnErrorBeforeAnyByteOfItArrives) {
  std::string bytes = "\xff\xff\xff\xff";
  EXPECT_FALSE(take_frame(bytes, 1 << 20).has_value());
}

}  // namespace
}  // namespace retort::eval
