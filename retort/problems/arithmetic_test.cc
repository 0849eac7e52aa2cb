// Arithmetic against a second evaluator that reads the question's and the scratchpad's own text.
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "retort/problems/generate.h"
#include "retort/problems/verify.h"

namespace retort::problems {
namespace {

/// Reads "12+3-4" and "7*6" from left to right, with brackets of the form "((8 + 5) - 3) * 2" and spaces.
int64_t left_to_right(std::string_view text) {
  int64_t value = 0;
  char op = '+';
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (std::isdigit(static_cast<unsigned char>(c))) {
      int64_t n = 0;
      auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), n);
      value = op == '+' ? value + n : op == '-' ? value - n : value * n;
      i = static_cast<size_t>(end - text.data());
    } else {
      if (c == '+' || c == '-' || c == '*') op = c;
      ++i;
    }
  }
  return value;
}

bool holds(const std::string& claim) {
  if (auto at = claim.find('<'); at != claim.npos)
    return left_to_right(claim.substr(0, at)) < left_to_right(claim.substr(at + 1));
  auto at = claim.find('=');
  return left_to_right(claim.substr(0, at)) == left_to_right(claim.substr(at + 1));
}

std::vector<int64_t> numbers_in(const std::string& text) {
  std::vector<int64_t> numbers;
  std::string digits;
  for (char c : text + " ") {
    if (std::isdigit(static_cast<unsigned char>(c))) {
      digits += c;
    } else if (!digits.empty()) {
      numbers.push_back(std::stoll(digits));
      digits.clear();
    }
  }
  return numbers;
}

/// The answer from the canonical text: "sum 3 4", "chain 8 +5 *2".
int64_t solved(const std::string& canonical) {
  std::istringstream in(canonical);
  std::string kind;
  int64_t a = 0, b = 0;
  in >> kind >> a;
  if (kind == "chain") {
    std::string step;
    while (in >> step) {
      b = std::stoll(step.substr(1));
      a = step[0] == '+' ? a + b : step[0] == '-' ? a - b : a * b;
    }
    return a;
  }
  in >> b;
  return kind == "sum" ? a + b : kind == "difference" ? a - b : a * b;
}

template <typename F>
void for_many(F f) {
  for (int level = 1; level <= 6; ++level)
    for (Split split : {Split::train, Split::test})
      for (uint64_t i = 0; i < 400; ++i) f(generate({Family::arithmetic, level, split, 11}, i));
}

TEST(Arithmetic, AnswersAreThoseOfASecondEvaluator) {
  for_many([](const Problem& p) {
    ASSERT_EQ(p.turns[0].answer, fmt::format("{}", solved(p.canonical))) << p.canonical;
  });
}

TEST(Arithmetic, EveryLineOfTheScratchpadHolds) {
  for_many([](const Problem& p) {
    for (const Fact& fact : p.turns[0].facts)
      ASSERT_TRUE(holds(fact.claim)) << p.canonical << ": " << fact.claim;
  });
}

TEST(Arithmetic, ColumnsReadFromTheLastGiveTheAnswer) {
  for_many([](const Problem& p) {
    if (p.kind != "sum" && p.kind != "difference") return;
    int64_t value = 0, place = 1, last = 0;
    for (const Fact& fact : p.turns[0].facts) {
      auto at = fact.claim.find('=');
      if (at == fact.claim.npos) continue;
      last = std::stoll(fact.claim.substr(at + 1));
      value += last % 10 * place;
      place *= 10;
    }
    value += last / 10 * place;
    ASSERT_EQ(std::abs(std::stoll(p.turns[0].answer)), value) << p.canonical;
  });
}

TEST(Arithmetic, TheQuestionNamesTheOperandsAndNothingElse) {
  for_many([](const Problem& p) {
    auto asked = numbers_in(p.turns[0].user), meant = numbers_in(p.canonical);
    if (p.kind == "sum" || p.kind == "product") std::sort(asked.begin(), asked.end());
    ASSERT_EQ(asked, meant) << p.turns[0].user;
  });
}

TEST(Arithmetic, OffByOneAndTheWrongSignAreWrong) {
  for_many([](const Problem& p) {
    int64_t right = std::stoll(p.turns[0].answer);
    for (int64_t n : {right + 1, right - 1, right + 10, right * 10})
      if (n != right) ASSERT_EQ(verify(p, fmt::format("{}", n)).status, VerdictStatus::wrong);
    if (right != 0) ASSERT_FALSE(verify(p, fmt::format("{}", -right)).correct());
  });
}

TEST(Arithmetic, OnlyPlainDecimalIsAnAnswer) {
  Problem p = generate({Family::arithmetic, 3, Split::train, 1}, 0);
  std::string gold = p.turns[0].answer;
  for (const std::string& bad : {"+" + gold, "0" + gold, gold + ".0", gold + ".", "= " + gold, "--" + gold,
                                 std::string("-0"), std::string("eighty"), gold + "e0", std::string(40, '9')})
    EXPECT_EQ(verify(p, bad).status, VerdictStatus::malformed) << bad;
}

TEST(Arithmetic, DigitsFollowTheLevel) {
  for (int level = 1; level <= 6; ++level)
    for (uint64_t i = 0; i < 300; ++i) {
      Problem p = generate({Family::arithmetic, level, Split::train, 2}, i);
      if (p.kind == "chain") EXPECT_EQ(p.turns[0].facts.size(), static_cast<size_t>(std::max(2, level)));
      if (p.kind == "sum" || p.kind == "difference")
        for (int64_t n : numbers_in(p.canonical)) {
          size_t digits = fmt::format("{}", n).size();
          // Level 1 takes one digit from, or adds it to, up to two.
          EXPECT_TRUE(digits == static_cast<size_t>(level) || (level == 1 && digits == 2)) << p.canonical;
        }
    }
}

}  // namespace
}  // namespace retort::problems
