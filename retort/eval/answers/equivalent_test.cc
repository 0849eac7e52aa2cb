#include "retort/eval/answers/equivalent.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "retort/base/random.h"

namespace retort::eval {
namespace {

struct Pair {
  std::string gold;
  std::string answer;
  bool equal;
};

std::vector<Pair> pairs() {
  std::ifstream file(RETORT_SOURCE_DIR "/retort/eval/answers/equivalent_pairs.tsv");
  std::vector<Pair> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    all.push_back({line.substr(first + 1, second - first - 1), line.substr(second + 1), line[0] == '='});
  }
  return all;
}

TEST(Equivalent, DecidesEveryPairOfTheTable) {
  const auto all = pairs();
  EXPECT_GE(all.size(), 400u);
  for (const Pair& pair : all) {
    const Verdict verdict = equivalent(pair.gold, pair.answer);
    EXPECT_EQ(verdict.equality, pair.equal ? Equality::equal : Equality::different)
        << pair.gold << "   and   " << pair.answer << "   (" << verdict.reason << ")";
  }
}

TEST(Equivalent, EveryAnswerOfTheTableEqualsItself) {
  for (const Pair& pair : pairs())
    for (const std::string& text : {pair.gold, pair.answer})
      EXPECT_TRUE(equivalent(text, text).equal()) << text;
}

TEST(Equivalent, ThePairsOfTheTableAreDistinct) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Pair& pair : pairs())
    EXPECT_TRUE(seen.emplace(pair.gold, pair.answer).second) << pair.gold << "   and   " << pair.answer;
}

TEST(Equivalent, DecidesTheSameInEveryThread) {
  const auto all = pairs();
  std::vector<std::string> reasons(4);
  std::vector<std::thread> threads;
  for (std::string& mine : reasons)
    threads.emplace_back([&] {
      for (const Pair& pair : all) mine += equivalent(pair.gold, pair.answer).reason + "\n";
    });
  for (auto& thread : threads) thread.join();
  for (const std::string& other : reasons) EXPECT_EQ(other, reasons[0]);
}

TEST(Equivalent, AnswersOutsideTheSubsetAreUndecidedUnlessTheyAreTheSameText) {
  EXPECT_TRUE(equivalent("\\int_0^1 x dx", "\\int _0^1 x dx").equal());
  EXPECT_TRUE(equivalent("\\int_0^1 x dx", "\\frac12").undecided());
  EXPECT_TRUE(equivalent("5", "\\sum_{k=1}^5 1").undecided());
  EXPECT_TRUE(equivalent("5", "5 6").undecided());
  EXPECT_TRUE(equivalent("5", "(5").undecided());
  EXPECT_TRUE(equivalent("5", "5 dozen").undecided());
  EXPECT_TRUE(equivalent("3x", "x apples 3").undecided());
  EXPECT_TRUE(equivalent("x^2", "x^2 \\text{ for } x > 0").undecided());
}

TEST(Equivalent, AnEmptyAnswerIsDifferent) {
  for (const char* empty : {"", "  ", "$$", "\\,", "."})
    EXPECT_TRUE(equivalent("5", empty).different()) << empty;
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Equivalent, HugeAnswersEndWithinTheBounds) {
  const std::vector<std::string> hostile = {
      repeated("(", 4000),
      repeated("{", 4000) + "5" + repeated("}", 4000),
      repeated("-", 8000) + "5",
      "5" + repeated("!", 8000),
      "9" + repeated("^9", 2000),
      "9!!!!!",
      "9^{9^{9^{9}}}",
      "2^{2^{2^{2^{2^{2}}}}}",
      "\\sin(10^{100000})",
      "\\sin(e^{e^{e^{e}}})",
      repeated("\\frac", 1500) + "1",
      repeated("\\sqrt", 1500) + "1",
      repeated("x+", 4000) + "x",
      repeated("1,", 4000) + "2",
      "\\{" + repeated("\\sqrt{2}+\\pi,", 500) + "1\\}",
      repeated("\\pm1", 1500),
      repeated("|", 8000),
      repeated("\\text{", 1000),
      repeated("\\begin{pmatrix}", 500),
      repeated("9", 8192),
      repeated("9", 9000),
      repeated("x=", 4000) + "1",
      repeated("1/", 4000) + "1",
      "10^{9999999999999999999}",
      "\\binom{5000}{2500}^{1000}",
      "(x+1)^{2147483647}",
      "(\\sqrt{x}+1)^{1099511627776}",
  };
  for (const std::string& a : hostile)
    for (const std::string& b : {a + "+1", std::string("5"), std::string("\\sqrt{x}+\\pi")}) {
      equivalent(a, b);
      equivalent(b, a);
    }
}

TEST(Equivalent, RandomChangesOfBytesNeverBreakIt) {
  const auto all = pairs();
  constexpr std::string_view kAlphabet = "\\{}()[]^_$,.+-*/=<>!%|&0123456789xei \t\n\xc3\xb7\x80";
  Random random(7);
  for (int round = 0; round < 6; ++round) {
    for (const Pair& pair : all) {
      std::string text = random.below(2) == 0 ? pair.gold : pair.answer;
      for (uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
        const size_t at = random.below(text.size() + 1);
        const char c = kAlphabet[random.below(kAlphabet.size())];
        if (random.below(3) == 0 && at < text.size())
          text.erase(at, 1 + random.below(3));
        else if (random.below(2) == 0 && at < text.size())
          text[at] = c;
        else
          text.insert(at, 1, c);
      }
      equivalent(pair.gold, text);
      EXPECT_TRUE(equivalent(text, text).equal() || text.find_first_not_of(" \t\n$.*\\,~") == text.npos ||
                  equivalent(text, text).reason.find("close") != std::string::npos ||
                  equivalent(text, text).reason == "the answer is empty")
          << text << ": " << equivalent(text, text).reason;
    }
  }
}

}  // namespace
}  // namespace retort::eval
