#include "retort/eval/tasks/claims.h"

#include <gtest/gtest.h>

#include <time.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/problems/generate.h"

namespace retort::eval {
namespace {

using problems::Fact;
using problems::Family;

struct Case {
  const char* text;
  int64_t claims, false_claims;
};

void expect(std::span<const Case> cases) {
  for (const Case& one : cases) {
    const StepErrors e = step_errors(one.text);
    EXPECT_EQ(e.claims, one.claims) << one.text;
    EXPECT_EQ(e.false_claims, one.false_claims) << one.text << "   [" << e.first_false << "]";
  }
}

TEST(StepErrors, FindsSumsInProse) {
  const Case cases[] = {{"So 16 - 3 - 4 = 9 eggs, and 9 * 2 = $18 per day.", 2, 0},
                        {"5 + 3 = 9", 1, 1},
                        {"2 + 2 = 4 = 5", 2, 1},
                        {"- 3 + 4 = 8", 1, 1},
                        {"1. 3 + 4 = 8", 1, 1},
                        {"2) 3 + 4 = 8", 1, 1},
                        {"(so 3 + 4 = 8)", 1, 1},
                        {"**7 * 8 = 54**", 1, 1},
                        {"7 plus 8 equals 16", 1, 1},
                        {"20 divided by 5 equals 4", 1, 0},
                        {"3 x 4 = 13, 3x5=15", 2, 1},
                        {"12 ÷ 4 = 3 − 1 and 2 × 6 = 12", 2, 1},
                        {"1 – 3/4 = 1/4", 1, 0},
                        {"-5 + 3 = -2", 1, 0},
                        {"20% of 50 = 10, 1/4 * 100 = 25%", 2, 0},
                        {"60 / 15 = 4 (15 minutes each)", 1, 0},
                        {"16 eggs - 3 eggs = 12 eggs", 1, 1},
                        {"<<16-3-4=9>>9", 1, 0}};
  expect(cases);
}

TEST(StepErrors, CalculatesExactly) {
  const Case cases[] = {{"0.1 + 0.2 = 0.3", 1, 0},
                        {"1,234 + 1 = 1,235 and 999,999 + 1 = 1,000,000", 2, 0},
                        {"2^10 = 1024, 2**10 = 1000, 2^{-1} = 1/2", 3, 1},
                        {"17 mod 5 = 2 and 17 % 5 = 3, -7 mod 5 = 3", 3, 1},
                        {"17 \\equiv 2 \\pmod{5}, 17 ≡ 3 (mod 5), 2^4 = 16 = 1 (mod 5)", 4, 1},
                        {"10/3 = 3.33, 2/3 = .66, 10/3 = 3.5", 3, 1},
                        {"5! = 120, 5!=121, 3(4+1) = 15", 3, 1},
                        {"(2 + 3) * (4 - [1 + 1]) = 10", 1, 0},
                        {"7 // 2 = 3", 1, 0},
                        {"1 < 5 < 3", 2, 1},
                        {"123456789012345678901234567890 + 1 = 123456789012345678901234567892", 1, 1}};
  expect(cases);
}

TEST(StepErrors, ReadsLatex) {
  const Case cases[] = {{"$3 \\times 4 = 12$ and $\\frac{1}{2} + \\frac{1}{3} = \\frac{5}{6}$", 2, 0},
                        {"\\[\\frac12 \\cdot 4 = 2\\]", 0, 0},
                        {"\\sqrt{16} + 1 = 6", 1, 1},
                        {"7!\\times 2!=\\boxed{10,\\!080}", 1, 0},
                        {"\\left(3 + 4\\right)^2 &= 49 \\\\ 3^2 &= 8", 2, 1},
                        {"3 \\leq 2, \\binom{5}{2} = 10", 2, 1},
                        {"2 \\text{ m} + 3 \\text{ m} = 6 \\text{ m}", 1, 1}};
  expect(cases);
}

TEST(StepErrors, LeavesOutWhatItCannotDecide) {
  const Case cases[] = {
      {"Is 3 + 4 = 8?", 0, 0},
      {"3 + 4 = 8, which is not true", 0, 0},
      {"12 hours = 720 minutes", 0, 0},
      {"3 apples + 2 pears = 6 fruits", 0, 0},
      {"cost - 3 = 4", 0, 0},
      {"1 + 2 + ... + 10 = 55", 0, 0},
      {"f(2, 3) = 5, gcd(12, 18) = 6, log_2 8 = 3, sin(3) = 4", 0, 0},
      {"Step 1 = 5, 5 = 7", 0, 0},
      {"3 feet^2 = 4", 0, 0},
      {"0.\\overline{3} = 1/3, 1/3 = 0.\\overline{3}", 0, 0},
      {"1/0 = 3, 0^{-1} = 2, 2^(1/2) = 3", 0, 0},
      {"2 \\sin 3 = 5, 4 = 2\\pi", 0, 0},
      {"a -> 3 + 4", 0, 0},
      {"2 dozen + 3 = 27, 2 squared + 1 = 5, 6 = 1 + 1 million", 0, 0},
      {"twice 3 + 1 = 7, half of 6 + 1 = 4, 3,5 + 1 = 4,5, 0x10 + 1 = 17", 0, 0},
      {"√9 + 1 = 4, 3² + 4² = 25, |3 - 5| = 2, 30° + 60° = 90°, at 3:45 - 1:30 = 2:15", 0, 0},
      {"5 boxes of 3 + 2 = 17, 1 1/2 + 1/2 = 2, 1.5e3 + 1 = 1501", 0, 0},
      {"= 3 + 4 =", 0, 0}};
  expect(cases);
}

TEST(StepErrors, OfVariablesAreUnderTheirLastDefinition) {
  const Case cases[] = {{"x = 3. Then 2x + 1 = 7. Then x + 1 = 5.", 2, 1},
                        {"x = 3; x = x + 4; x - 7 = 0", 1, 0},
                        {"y + 2 = 5, so y = 3. Then y + 2 = 6", 0, 0},  // solved for: other cases may follow
                        {"x = 2 or x = 3. x + 1 = 7", 0, 0},
                        {"x + 1 = 7", 0, 0},
                        {"let n_1 = 4, n_1 * 2 = 9", 1, 1}};
  expect(cases);
}

TEST(StepErrors, OfFormulasAreUnderTheirValues) {
  const Case cases[] = {{"x = F, y = T\nSo x = F or y = T: T\nSo T and F: T", 2, 1},
                        {"So not x = F implies F: F", 1, 0},
                        {"x = T\nSo x = F or F: F", 1, 1},
                        {"(T and !F) -> F: T", 1, 1},
                        {"T xor T: F, F implies F implies F: T", 2, 0}};
  expect(cases);
  const std::vector<Fact> facts = {{"p = T and not q = F: T", {}}};
  EXPECT_EQ(step_errors("p = T, q = F", facts).false_claims, 0);
  EXPECT_EQ(step_errors("p = T, q = T", facts).false_claims, 1);
}

TEST(StepErrors, OfThingsAreWhatTheFactsSay) {
  const std::vector<Fact> pairs = {{"red cup = cellar", {}}, {"pen = 12", {}}, {"jat -> gop", {}}};
  EXPECT_EQ(step_errors("The red cup = cellar. pen = 12\njat -> gop, so gop.", pairs).claims, 3);
  EXPECT_EQ(step_errors("The red cup = cellar. pen = 12\njat -> gop, so gop.", pairs).false_claims, 0);
  EXPECT_EQ(step_errors("red cup = hall\npen = 13\njat -> mib", pairs).false_claims, 3);
  EXPECT_EQ(step_errors("blue cup = hall\nbook = 13\nmib -> jat", pairs).claims, 0);
  const std::vector<Fact> order = {{"Ann > Bob", {}}, {"Bob > Cid", {}}, {"Ann > Bob > Cid", {0, 1}}};
  EXPECT_EQ(step_errors("Cid < Ann, Ann > Bob > Cid", order).false_claims, 0);
  EXPECT_EQ(step_errors("Ann > Cid > Bob, Dan > Ann", order).false_claims, 1);
}

TEST(StepErrors, SayWhereAndWhatAndHowMuchWasRead) {
  const StepErrors e = step_errors("1 + 1 = 2, 1 + 1 = 2, 2 + 2 = 5. The year is 1999.");
  EXPECT_EQ(e.claims, 3);
  EXPECT_EQ(e.repeated, 1);
  EXPECT_EQ(e.first_false, "2 + 2 = 5");
  EXPECT_NEAR(e.first_error, 22.0 / 50, 1e-9);
  EXPECT_NEAR(e.rate(), 1.0 / 3, 1e-9);
  EXPECT_NEAR(e.coverage, 12.0 / 16, 1e-9);  // nine digits and three signs, of those and four digits
  EXPECT_EQ(step_errors("").first_error, 1);
  EXPECT_EQ(step_errors("").coverage, 0);
}

/// Both gold thoughts of every turn of `n` problems of each family and level.
template <typename F>
void each_gold_thought(uint64_t n, F f) {
  for (Family family : problems::all_families())
    for (int level = problems::kMinLevel; level <= problems::kMaxLevel; ++level)
      for (uint64_t i = 0; i < n; ++i) {
        const problems::Problem p = problems::generate({family, level, problems::Split::test, 3}, i);
        for (const problems::Turn& turn : p.turns)
          for (const std::string* thought : {&turn.short_thought, &turn.long_thought}) f(p, turn, *thought);
      }
}

TEST(StepErrors, OfGoldThoughtsAreNone) {
  int64_t thoughts = 0, claims = 0;
  each_gold_thought(
      120, [&](const problems::Problem& p, const problems::Turn& turn, const std::string& thought) {
        const StepErrors e = step_errors(thought, turn.facts);
        EXPECT_EQ(e.false_claims, 0) << problems::id(p) << ": " << e.first_false << "\n" << thought;
        claims += e.claims;
        ++thoughts;
      });
  EXPECT_GT(thoughts, 10'000);
  EXPECT_GT(claims, 25'000);
}

std::string with_another_digit(std::string text, Random& random) {
  std::vector<size_t> places;
  for (size_t i = 0; i < text.size(); ++i)
    if (std::isdigit(static_cast<unsigned char>(text[i])) != 0) places.push_back(i);
  if (places.empty()) return text;
  char& digit = text[places[random.below(places.size())]];
  digit = static_cast<char>('0' + (digit - '0' + 1 + static_cast<int>(random.below(9))) % 10);
  return text;
}

/// Of "T and F: F" "T and F: T", of "Ann > Bob" "Bob > Ann", of "pen = red" "pen = xyz".
std::string with_another_end(const std::string& claim) {
  const size_t word = claim.rfind(' ') + 1;
  const std::string last = claim.substr(word);
  const size_t greater = claim.find(" > ");
  if (greater != claim.npos) return last + claim.substr(greater, word - greater) + claim.substr(0, greater);
  return claim.substr(0, word) + (last == "T" ? "F" : last == "F" ? "T" : "xyz");
}

/// The thought with one change in the claim of one fact; empty where it has none.
std::string with_a_false_fact(const std::string& thought, const problems::Turn& turn, Random& random) {
  if (turn.facts.empty()) return {};
  const std::string& claim = turn.facts[random.below(turn.facts.size())].claim;
  const size_t at = thought.find(claim);
  if (at == thought.npos) return {};
  const std::string digits = with_another_digit(claim, random);
  std::string out = thought;
  return out.replace(at, claim.size(), digits == claim ? with_another_end(claim) : digits);
}

struct Detection {
  int found = 0, all = 0;
  double share() const { return static_cast<double>(found) / all; }
};

/// By family; changes that change nothing are left out.
template <typename Change>
std::map<Family, Detection> detections(const char* what, Change change) {
  std::map<Family, Detection> out;
  Random random(11);
  each_gold_thought(60,
                    [&](const problems::Problem& p, const problems::Turn& turn, const std::string& thought) {
                      const std::string changed = change(thought, turn, random);
                      if (changed.empty() || changed == thought) return;
                      ++out[p.family].all;
                      out[p.family].found += step_errors(changed, turn.facts).false_claims > 0 ? 1 : 0;
                    });
  for (const auto& [family, d] : out)
    std::printf("%s, %s: %d of %d found\n", what, std::string(problems::name(family)).c_str(), d.found,
                d.all);
  return out;
}

TEST(StepErrors, FindAFalseFactInAGoldThought) {
  auto found = detections("a false fact", with_a_false_fact);
  EXPECT_GT(found[Family::arithmetic].share(), 0.97);
  EXPECT_GT(found[Family::logic].share(), 0.97);
  EXPECT_GT(found[Family::dialogue].share(), 0.97);
  EXPECT_GT(found[Family::recall].share(), 0.97);
  // Facts about programs are no claims between numbers: their coverage is about 0.
  EXPECT_EQ(found[Family::functions].found, 0);
}

/// Digits outside claims count too: restated questions, "write 3, carry 1", the last line.
TEST(StepErrors, FindMostChangesOfAnyDigit) {
  auto found =
      detections("another digit", [](const std::string& thought, const problems::Turn&, Random& random) {
        return with_another_digit(thought, random);
      });
  EXPECT_GT(found[Family::arithmetic].share(), 0.65);
  EXPECT_GT(found[Family::dialogue].share(), 0.65);
  EXPECT_GT(found[Family::recall].share(), 0.45);
}

std::string repeated(std::string_view what, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += what;
  return out;
}

/// Processor time of this thread, which other programs do not lengthen.
double seconds_of(const std::string& thought) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  const double begin = now();
  const StepErrors e = step_errors(thought);
  EXPECT_GE(e.claims, e.false_claims + e.repeated) << thought.substr(0, 20);
  EXPECT_LE(e.first_false.size(), 120u);
  EXPECT_TRUE(e.coverage >= 0 && e.coverage <= 1);
  return now() - begin;
}

TEST(StepErrors, TakeTimeInProportionToHostileThoughts) {
  using Make = std::string (*)(size_t n);
  constexpr Make kHostile[] = {[](size_t n) { return repeated("1+1=", n); },
                               [](size_t n) { return repeated("(", n) + "=" + repeated(")", n); },
                               [](size_t n) { return repeated("9^999*", n) + "=1"; },
                               [](size_t n) { return repeated("x = 3 ", n); },
                               [](size_t n) { return repeated("1/3+1/7=", n); },
                               [](size_t n) { return repeated("F or ", n) + "T: T"; },
                               [](size_t n) { return repeated("F or F: T ", n); },
                               [](size_t n) { return repeated("not ", n) + "T: T"; },
                               [](size_t n) { return repeated("\\frac{", n); },
                               [](size_t n) { return repeated("\\text{", n); },
                               [](size_t n) { return repeated("12 eggs ", n); },
                               [](size_t n) { return repeated("\xff\xfe=", n); },
                               [](size_t n) { return repeated("-", n) + "1=1"; },
                               [](size_t n) { return "1" + repeated(",000", n) + "=1"; },
                               [](size_t n) { return repeated("T -> ", n) + "T: T"; }};
  for (const Make make : kHostile) {
    const double small = seconds_of(make(1'000)), large = seconds_of(make(64'000));
    EXPECT_LT(large, 512 * small + 0.05) << make(1);  // quadratic time would be 4,096 times as long
  }
}

/// Worked solutions by people: nearly every claim is true. They are not free of errors themselves.
TEST(StepErrors, OfPublishedSolutionsAreFew) {
  struct File {
    const char *path, *field;
    int64_t least_claims, most_false;
  };
  constexpr File kFiles[] = {{"gsm8k/test.jsonl", "answer", 4000, 5},
                             {"math500/test500.jsonl", "solution", 500, 5}};
  int read = 0;
  for (const File& file : kFiles)
    for (const char* folder : {"/../shared/data/", "/../../shared/data/"}) {
      std::ifstream in(std::string(RETORT_SOURCE_DIR) + folder + file.path);
      int64_t claims = 0, wrong = 0;
      for (std::string line; std::getline(in, line);) {
        const StepErrors e = step_errors(nlohmann::json::parse(line)[file.field].get<std::string>());
        claims += e.claims;
        wrong += e.false_claims;
        if (e.false_claims > 0) std::printf("%s: %s\n", file.path, e.first_false.c_str());
      }
      if (claims == 0) continue;
      ++read;
      EXPECT_GE(claims, file.least_claims);
      EXPECT_LE(wrong, file.most_false);
      break;
    }
  if (read == 0) GTEST_SKIP() << "the benchmarks are not here";
}

}  // namespace
}  // namespace retort::eval
