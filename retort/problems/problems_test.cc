// What every family promises: gold answers verify, wrong ones do not, problems are reproducible, and the two
// splits share nothing.
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "retort/base/error.h"
#include "retort/problems/generate.h"
#include "retort/problems/split.h"
#include "retort/problems/verify.h"

namespace retort::problems {
namespace {

template <typename F>
void for_each_selection(F f) {
  for (Family family : all_families())
    for (int level = kMinLevel; level <= kMaxLevel; ++level)
      for (Split split : {Split::train, Split::test}) {
        SCOPED_TRACE(fmt::format("{} level {} {}", name(family), level, name(split)));
        f(Selection{family, level, split, 1});
      }
}

std::string whole_text(const Problem& p) {
  std::string text = p.kind + "|" + p.template_id + "|" + p.canonical;
  for (const Turn& t : p.turns)
    text += "|" + t.user + "|" + t.answer + "|" + t.short_thought + "|" + t.long_thought;
  return text;
}

TEST(Problems, GoldCompletionsAreCorrectInEveryStyle) {
  for_each_selection([](const Selection& s) {
    for (uint64_t i = 0; i < 60; ++i) {
      Problem p = generate(s, i);
      for (size_t t = 0; t < p.turns.size(); ++t)
        for (TraceStyle style : {TraceStyle::none, TraceStyle::brief, TraceStyle::full}) {
          Verdict v = verify_completion(p, completion(p.turns[t], style), t);
          ASSERT_TRUE(v.correct()) << id(p) << ": " << v.reason << "\n" << p.turns[t].user;
        }
    }
  });
}

TEST(Problems, AnAnswerInsideTheThoughtAloneIsNone) {
  for_each_selection([](const Selection& s) {
    Problem p = generate(s, 3);
    const std::string& gold = p.turns[0].answer;
    EXPECT_EQ(verify_completion(p, gold).status, VerdictStatus::unfinished);
    EXPECT_EQ(verify_completion(p, gold + "\n</think>\n\n").status, VerdictStatus::empty);
    EXPECT_EQ(verify_completion(p, "").status, VerdictStatus::unfinished);
    EXPECT_EQ(verify(p, " \n\t ").status, VerdictStatus::empty);
  });
}

TEST(Problems, JunkAroundAnAnswerIsRefused) {
  for_each_selection([](const Selection& s) {
    for (uint64_t i = 0; i < 8; ++i) {
      Problem p = generate(s, i);
      for (size_t t = 0; t < p.turns.size(); ++t) {
        const std::string& gold = p.turns[t].answer;
        for (const std::string& bad : {gold + " )", gold + "\n" + gold + "?", gold + " or " + gold,
                                       "$" + gold, gold + "</think>" + gold, gold + std::string(1, '\0')})
          EXPECT_FALSE(verify(p, bad, t).correct()) << id(p) << ": " << bad;
        EXPECT_TRUE(verify(p, "\n " + gold + " \r\n", t).correct());
      }
    }
  });
}

TEST(Problems, AMegabyteOfOutputIsRefusedAtOnce) {
  for_each_selection([](const Selection& s) {
    Problem p = generate(s, 0);
    for (const std::string& unit :
         {std::string("9"), std::string("</think>"), std::string("(\n"), p.turns[0].answer}) {
      std::string text = "</think>";
      while (text.size() < (1 << 20)) text += unit;
      EXPECT_FALSE(verify_completion(p, text).correct());
    }
  });
}

TEST(Problems, DependOnTheirFiveNumbersOnly) {
  for_each_selection([](const Selection& s) {
    std::string text = whole_text(generate(s, 5));
    (void)generate(s, 6);
    EXPECT_EQ(whole_text(generate(s, 5)), text);
    std::set<std::string> others;
    for (uint64_t seed = 2; seed < 12; ++seed)
      others.insert(whole_text(generate({s.family, s.level, s.split, seed}, 5)));
    EXPECT_GT(others.size(), 1u);
  });
}

TEST(Problems, TheSplitsShareNothing) {
  for (Family family : all_families()) {
    std::map<Split, std::set<std::string>> seen;
    for (int level = kMinLevel; level <= kMaxLevel; ++level)
      for (Split split : {Split::train, Split::test})
        for (uint64_t i = 0; i < 150; ++i) {
          Problem p = generate({family, level, split, i % 3}, i);
          EXPECT_EQ(split_of(p.canonical), split);
          seen[split].insert(p.canonical);
        }
    std::vector<std::string> overlap;
    std::set_intersection(seen[Split::train].begin(), seen[Split::train].end(), seen[Split::test].begin(),
                          seen[Split::test].end(), std::back_inserter(overlap));
    EXPECT_TRUE(overlap.empty()) << name(family) << ": " << overlap[0];
  }
}

TEST(Problems, EveryLevelHasAThousandHeldOutOnes) {
  for (Family family : all_families())
    for (int level = kMinLevel; level <= kMaxLevel; ++level)
      EXPECT_EQ(generate_distinct({family, level, Split::test, 0x5eed}, 1'000).size(), 1'000u)
          << name(family) << " level " << level;
}

TEST(Problems, ExhaustionEnds) {
  // Level 1 of arithmetic has about 1,170.
  uint64_t most = 20'000;
  EXPECT_LT(generate_distinct({Family::arithmetic, 1, Split::test, 1}, most).size(), most);
}

TEST(Problems, DistinctOnesDiffer) {
  for (Family family : all_families()) {
    auto problems = generate_distinct({family, 1, Split::test, 1}, 500);
    std::set<std::string> canonical;
    for (const Problem& p : problems) canonical.insert(p.canonical);
    EXPECT_EQ(canonical.size(), problems.size());
    EXPECT_EQ(problems.size(), 500u) << name(family);
  }
}

TEST(Problems, FactsRestOnEarlierOnesAndStandInBothThoughts) {
  for_each_selection([](const Selection& s) {
    for (uint64_t i = 0; i < 60; ++i) {
      Problem p = generate(s, i);
      for (const Turn& turn : p.turns)
        for (size_t f = 0; f < turn.facts.size(); ++f) {
          const Fact& fact = turn.facts[f];
          for (int parent : fact.parents) ASSERT_TRUE(parent >= 0 && static_cast<size_t>(parent) < f);
          ASSERT_NE(turn.short_thought.find(fact.claim), std::string::npos) << id(p) << ": " << fact.claim;
          ASSERT_NE(turn.long_thought.find(fact.claim), std::string::npos) << id(p) << ": " << fact.claim;
        }
    }
  });
}

TEST(Problems, WordingsVary) {
  for (Family family : all_families()) {
    std::map<std::string, std::set<std::string>> wordings;
    for (int level = kMinLevel; level <= kMaxLevel; ++level)
      for (uint64_t i = 0; i < 200; ++i) {
        Problem p = generate({family, level, Split::train, 9}, i);
        wordings[p.kind].insert(p.template_id);
      }
    for (const auto& [kind, ids] : wordings) EXPECT_GE(ids.size(), 3u) << name(family) << " " << kind;
  }
}

TEST(Problems, NoConstantGuessGoesFar) {
  for (Family family : all_families())
    for (int level = kMinLevel; level <= kMaxLevel; ++level) {
      std::map<std::string, int> answers;
      int asked = 0;
      for (uint64_t i = 0; i < 300; ++i)
        for (const Turn& turn : generate({family, level, Split::train, 4}, i).turns) {
          ++answers[turn.answer];
          ++asked;
        }
      int most = 0;
      for (const auto& [answer, n] : answers) most = std::max(most, n);
      EXPECT_LE(most, asked * 6 / 10) << name(family) << " level " << level;
    }
}

TEST(Problems, AreTheSameOnEveryPlatformAndInEveryVersion) {
  // One figure a family over all its texts. Who changes a generator changes what models were measured by:
  // change the figure with it, and measure again.
  const std::map<std::string_view, uint64_t> kFingerprints = {{"arithmetic", 10206810602388473673u},
                                                              {"logic", 7662529874467552565u},
                                                              {"dialogue", 12341247084108634921u},
                                                              {"recall", 6074549680467691179u},
                                                              {"functions", 4144782879580700763u}};
  for (Family family : all_families()) {
    uint64_t fingerprint = 0;
    for (int level = kMinLevel; level <= kMaxLevel; ++level)
      for (Split split : {Split::train, Split::test})
        for (uint64_t i = 0; i < 20; ++i)
          fingerprint = text_hash(
              fmt::format("{} {}", fingerprint, whole_text(generate({family, level, split, 7}, i))));
    EXPECT_EQ(fingerprint, kFingerprints.at(name(family))) << name(family);
  }
}

TEST(Problems, LevelsOutsideOneToSixAreRefused) {
  for (int level : {-1, 0, 7, 1000})
    EXPECT_THROW(generate({Family::arithmetic, level, Split::train, 1}, 0), Error);
}

TEST(Problems, NamesAreReadBack) {
  for (Family family : all_families()) EXPECT_EQ(parse_family(name(family)), family);
  for (Split split : {Split::train, Split::test}) EXPECT_EQ(parse_split(name(split)), split);
  EXPECT_EQ(parse_family("chess"), std::nullopt);
}

}  // namespace
}  // namespace retort::problems
