#include "retort/base/progress_bar.h"

#include <gtest/gtest.h>

#include <string>

#include "retort/base/terminal.h"

namespace retort {
namespace {

TEST(ProgressLine, ShowsShareAmountRateAndTimeLeft) {
  EXPECT_EQ(progress_line("repacking", 500'000'000, 1'000'000'000, 2.0, ProgressUnit::bytes, 0),
            "repacking  [############------------]  50 %  500 MB of 1.00 GB  250 MB/s  2.0 s left");
}

TEST(ProgressLine, FitsTheTerminal) {
  EXPECT_LT(progress_line("repacking", 1, 2, 1.0, ProgressUnit::count, 30).size(), 30u);
}

TEST(ProgressLine, NothingToDoIsDone) {
  EXPECT_EQ(progress_line("x", 0, 0, 1.0, ProgressUnit::count, 0),
            "x  [########################] 100 %  0 of 0");
}

TEST(ProgressBar, ShortWorkLeavesNoTrace) {
  FILE* stream = std::tmpfile();
  {
    ProgressBar bar(stream, ProgressUnit::count);
    for (uint64_t i = 0; i <= 1000; ++i) bar.update("counting", i, 1000);
  }
  EXPECT_EQ(std::ftell(stream), 0);
  std::fclose(stream);
}

TEST(Format, BytesKeepThreeDigits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1'234'567'890), "1.23 GB");
  EXPECT_EQ(format_bytes(999'999), "1.00 MB");
  EXPECT_EQ(format_bytes(UINT64_MAX), "18.4 EB");
}

TEST(Format, SecondsReadAsAPersonSaysThem) {
  EXPECT_EQ(format_seconds(0.84), "0.8 s");
  EXPECT_EQ(format_seconds(200), "3 min 20 s");
  EXPECT_EQ(format_seconds(7500), "2 h 5 min");
  EXPECT_EQ(format_seconds(1.0 / 0.0), "?");
}

TEST(Terminal, AFileHasNoColoursAndNoPerson) {
  FILE* stream = std::tmpfile();
  Terminal terminal = Terminal::of(stream);
  EXPECT_FALSE(terminal.interactive);
  EXPECT_EQ(terminal.styled(Style::bold, "x"), "x");
  std::fclose(stream);
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\x1b[31mb\tc\n"), "a\\x1b[31mb\tc\n");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J");
  EXPECT_EQ(printable("1 \xe2\x89\xa4 2"), "1 \xe2\x89\xa4 2");
}

}  // namespace
}  // namespace retort
