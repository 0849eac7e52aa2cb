#include "retort/eval/tasks/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/problems/generate.h"

namespace retort::eval {
namespace {

using problems::Fact;
using testing::ElementsAre;

const std::vector<Fact> kChain = {{"16+4=20", {}}, {"20+19=39", {0}}};

TEST(Facts, CountWhereTheyStandBehindWhatTheyRestOn) {
  EXPECT_THAT(asserted_facts(kChain, "16+4=20\n20+19=39\n39"), ElementsAre(true, true));
  EXPECT_THAT(asserted_facts(kChain, "20+19=39\n16+4=20\n39"), ElementsAre(true, false));
  EXPECT_THAT(asserted_facts(kChain, "20+19=39"), ElementsAre(false, false));
  EXPECT_DOUBLE_EQ(completeness(kChain, "16+4=20\n39"), 0.5);
  EXPECT_EQ(completeness({}, ""), 1);
}

TEST(Facts, AreFoundAsAWholeWhateverTheBlanks) {
  EXPECT_THAT(asserted_facts(kChain, "First 16 + 4 = 20, then 20 +19= 39."), ElementsAre(true, true));
  EXPECT_THAT(asserted_facts(kChain, "116+4=20\n16+4=201\n-16+4=20"), ElementsAre(false, false));
  const std::vector<Fact> order = {{"Ann > Bob", {}}};
  EXPECT_THAT(asserted_facts(order, "So Ann > Bob"), ElementsAre(true));
  EXPECT_THAT(asserted_facts(order, "So Ann > Bobby"), ElementsAre(false));
  EXPECT_THAT(asserted_facts(order, "Joann > Bob"), ElementsAre(false));
}

TEST(Facts, AreTakenAwayByFalseClaims) {
  EXPECT_DOUBLE_EQ(completeness(kChain, "16+4=20\n20+19=39\n20+19=38"), 0.5);
  EXPECT_DOUBLE_EQ(completeness(kChain, "16+4=20\n20+19=38\n1+1=3"), 0);
  const std::vector<Fact> order = {{"Ann > Bob", {}}, {"Bob > Cid", {}}, {"Ann > Bob > Cid", {0, 1}}};
  EXPECT_EQ(completeness(order, "Ann > Bob, Bob > Cid, Ann > Bob > Cid"), 1);
  EXPECT_EQ(completeness(order, "Ann > Bob, Bob > Ann, Bob > Cid, Cid > Bob, Ann > Cid, Cid > Ann"), 0);
}

TEST(Facts, CountLessTheMoreIsSaidBesideThePoint) {
  const std::string gold = "16+4=20\n20+19=39\n";
  EXPECT_EQ(completeness(kChain, gold + "39-19=20, 16+4=20"), 1);  // a check, and the same again
  EXPECT_EQ(completeness(kChain, gold + "16-3=13, 16*4=64"), 1);   // two asides are free
  EXPECT_DOUBLE_EQ(completeness(kChain, gold + "1+1=2, 2+2=4, 3+3=6, 4+5=9, 5+6=11, 6+7=13"), 0.25);
  const std::vector<Fact> formula = {{"F or T: T", {}}};
  EXPECT_EQ(completeness(formula, "p = T, q = T, r = F, s = F\nSo F or T: T"), 1);
  EXPECT_LT(completeness(formula, "T or T: T\nF or T: T\nT and T: T\nT xor T: F\nF and F: F\nF or F: F"),
            0.3);
}

TEST(Facts, OfEveryGoldThoughtAreAllThere) {
  for (problems::Family family : problems::all_families())
    for (int level = problems::kMinLevel; level <= problems::kMaxLevel; ++level)
      for (uint64_t i = 0; i < 40; ++i) {
        const problems::Problem p = problems::generate({family, level, problems::Split::test, 3}, i);
        for (const problems::Turn& turn : p.turns) {
          EXPECT_EQ(completeness(turn.facts, turn.short_thought), 1) << problems::id(p) << "\n"
                                                                     << turn.short_thought;
          EXPECT_EQ(completeness(turn.facts, turn.long_thought), 1) << problems::id(p) << "\n"
                                                                    << turn.long_thought;
        }
      }
}

}  // namespace
}  // namespace retort::eval
