#include "retort/train/trace_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "retort/base/error.h"
#include "retort/base/file.h"

namespace retort::train {
namespace {

class TraceFile : public testing::Test {
 protected:
  static TraceSet set() {
    TraceSet s;
    s.traces = {{3, {5, 6}, {5, 1, 6, 2}, {-0.1f, -3.0f, -0.2f, -2.5f}}, {9, {7}, {7, 0}, {-0.5f, -1.0f}}};
    s.accepted = {2, 5};
    s.sampled_tokens = 11;
    return s;
  }
  std::string path = testing::TempDir() + "traces.safetensors";
};

TEST_F(TraceFile, ReadsWhatWasWritten) {
  write_traces(path, set(), 2);
  TraceSet read = read_traces(path, 2);
  ASSERT_EQ(read.traces.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.traces[i].place, set().traces[i].place);
    EXPECT_EQ(read.traces[i].completion, set().traces[i].completion);
    EXPECT_EQ(read.traces[i].top_ids, set().traces[i].top_ids);
    EXPECT_EQ(read.traces[i].top_log_probs, set().traces[i].top_log_probs);
  }
  EXPECT_EQ(read.accepted.successes, 2);
  EXPECT_EQ(read.accepted.trials, 5);
  EXPECT_EQ(read.sampled_tokens, 11);
}

TEST_F(TraceFile, EveryFlippedByteIsNoticed) {
  write_traces(path, set(), 2);
  const std::string good = read_file(path);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(path, std::ios::binary) << bad;
    // Padding and the order of the header's members carry nothing.
    try {
      TraceSet read = read_traces(path, 2);
      EXPECT_EQ(read.traces[0].completion, set().traces[0].completion) << "byte " << i;
      EXPECT_EQ(read.traces[1].top_log_probs, set().traces[1].top_log_probs) << "byte " << i;
      EXPECT_EQ(read.accepted.trials, 5) << "byte " << i;
    } catch (const Error&) {
    }
  }
}

TEST_F(TraceFile, AnotherNumberOfTokensIsRefused) {
  write_traces(path, set(), 2);
  try {
    read_traces(path, 3);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), testing::HasSubstr("unequal lengths"));
  }
}

}  // namespace
}  // namespace retort::train
