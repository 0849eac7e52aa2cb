#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/eval/tasks/proofs/check.h"
#include "retort/eval/tasks/proofs/rules.h"

namespace retort::eval::proofs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Formula formula(std::string_view text) {
  return or_throw(parse_formula(text));
}

ProofProblem of_formulas(std::vector<std::string> givens, std::string goal, std::string letters,
                         bool follows = true) {
  ProofProblem p;
  p.kind = Kind::formulas;
  p.follows = follows;
  p.letters = std::move(letters);
  for (const std::string& given : givens) p.givens.push_back(formula(given));
  p.goal = formula(goal);
  return p;
}
ProofProblem of_equations(std::vector<std::string> givens, std::string goal) {
  ProofProblem p;
  p.kind = Kind::equations;
  for (const std::string& given : givens) p.equations.push_back(or_throw(parse_equation(given)));
  p.equal = or_throw(parse_equation(goal));
  return p;
}
std::vector<LineState> states(const Checked& c) {
  std::vector<LineState> out;
  for (const CheckedLine& line : c.lines) out.push_back(line.state);
  return out;
}

TEST(Formula, IsReadWithThePrecedenceOfTheSigns) {
  EXPECT_EQ(show(formula("p -> q -> r")), "p -> (q -> r)");
  EXPECT_EQ(show(formula("~p & q | r -> s")), "((~p & q) | r) -> s");
  EXPECT_EQ(formula("¬p ∧ q → r"), formula("((~p) & q) -> r"));
  for (const char* wrong : {"", "p q", "(p", "p)", "p &", "~", "x", "p <-> q", "p ; q"})
    EXPECT_FALSE(parse_formula(wrong)) << wrong;
  EXPECT_FALSE(parse_formula(std::string(500, '(') + "p"));
  EXPECT_FALSE(parse_formula(std::string(500, '~') + "p"));
  std::string wide = "p";
  for (int i = 0; i < 150; ++i) wide += "&p";
  EXPECT_FALSE(parse_formula(wide));
  EXPECT_FALSE(parse_formula("p & r", "pq"));
}

TEST(Formula, TablesSayWhatFollows) {
  EXPECT_TRUE(entails(truth_table(formula("p & (p -> q)")), truth_table(formula("q"))));
  EXPECT_FALSE(entails(truth_table(formula("q & (p -> q)")), truth_table(formula("p"))));
  EXPECT_FALSE(satisfiable(truth_table(formula("d & ~d"))));
  EXPECT_TRUE(entails(all_true(), truth_table(formula("d | ~d"))));
}

TEST(Rules, AreSchemas) {
  struct Case {
    const char* rule;
    std::vector<const char*> premises;
    const char* conclusion;
    bool follows;
  };
  const Case cases[] = {{"mp", {"p", "p -> q"}, "q", true},
                        {"mp", {"p -> q", "p"}, "q", true},
                        {"mp", {"q", "p -> q"}, "p", false},
                        {"split", {"p & q"}, "q", true},
                        {"split", {"p | q"}, "q", false},
                        {"and", {"p", "q"}, "q & p", true},
                        {"or", {"p"}, "q | p", true},
                        {"or", {"p"}, "p & q", false},
                        {"ds", {"p | q", "~q"}, "p", true},
                        {"ds", {"p | q", "q"}, "p", false},
                        {"mt", {"p -> q", "~q"}, "~p", true},
                        {"mt", {"p -> q", "~p"}, "~q", false},
                        {"hs", {"q -> r", "p -> q"}, "p -> r", true},
                        {"dn", {"~~p"}, "p", true},
                        {"dn", {"p"}, "~~p", true},
                        {"dn", {"~p"}, "p", false},
                        {"cases", {"p -> r", "q -> r", "p | q"}, "r", true},
                        {"cases", {"p -> r", "q -> s", "p | q"}, "r", false},
                        {"magic", {"p"}, "p", false}};
  for (const Case& one : cases) {
    std::vector<Formula> formulas;
    for (const char* text : one.premises) formulas.push_back(formula(text));
    std::vector<const Formula*> premises;
    for (const Formula& f : formulas) premises.push_back(&f);
    EXPECT_EQ(follows_by(one.rule, premises, formula(one.conclusion)), one.follows)
        << one.rule << " " << one.conclusion;
  }
  EXPECT_EQ(rules().size(), 9u);
}

TEST(CheckProof, TellsWhyALineDoesNotStand) {
  const ProofProblem p = of_formulas({"p & q", "q -> r", "s"}, "r & s", "pqrs");
  const Checked good =
      check_proof(p, "Here it is:\n4. q ; split ; 1\n5. r ; mp ; 4, 2\n6. r & s ; and ; 5, 3\nDone.");
  EXPECT_TRUE(good.closed);
  EXPECT_TRUE(good.right(p));
  EXPECT_EQ(good.sound(), 3);

  using enum LineState;
  const Checked bad =
      check_proof(p,
                  "4. q ; mp ; 1\n5. r ; mp ; 2, 3\n6. ~s ; dn ; 3\n7. x ; mp ; 1\n8. p ; split ; 99\n"
                  "4. p ; split ; 1\n9 p ; split ; 1\n10. p & q & s ; and ; 1, 3");
  EXPECT_THAT(states(bad),
              ElementsAre(mislabelled, gap, wrong, malformed, malformed, malformed, malformed, sound));
  EXPECT_FALSE(bad.closed);
  EXPECT_THAT(bad.note, HasSubstr("mislabelled: 4. q ; mp ; 1"));
}

TEST(CheckProof, ClosesByNoShortCut) {
  const ProofProblem p = of_formulas({"p & q", "q -> r", "s"}, "r & s", "pqrs");
  EXPECT_FALSE(check_proof(p, "4. r & s ; and ; 1, 2, 3").closed);              // true, by no rule
  EXPECT_FALSE(check_proof(p, "4. r & s ; and ; 4, 4").closed);                 // itself
  EXPECT_FALSE(check_proof(p, "4. r ; mp ; 5, 2\n5. q ; split ; 1").closed);    // a later line
  EXPECT_FALSE(check_proof(p, "4. r ; dn ; 3\n5. r & s ; and ; 4, 3").closed);  // a line that is wrong
  EXPECT_FALSE(check_proof(p, "r & s").closed);
  EXPECT_FALSE(check_proof(p, "countermodel ; p=T q=T r=T s=T").right(p));
  // Another way than the given ones is as good; stray lines are not.
  const Checked stray =
      check_proof(p, "4. q ; split ; 1\n5. r ; mp ; 4, 2\n6. r & s ; and ; 5, 3\n7. ~p ; dn ; 1");
  EXPECT_TRUE(stray.closed);
  EXPECT_FALSE(stray.right(p));
}

TEST(CheckProof, ChecksCountermodels) {
  const ProofProblem p = of_formulas({"p -> q", "q"}, "p", "pq", false);
  EXPECT_TRUE(check_proof(p, "countermodel ; p=F q=T").right(p));
  EXPECT_TRUE(check_proof(p, "It does not follow.\ncountermodel ; q=T, p=F").right(p));
  for (const char* wrong :
       {"countermodel ; p=T q=T", "countermodel ; p=F q=F", "countermodel ; p=F",
        "countermodel ; p=F q=T r=T", "countermodel ; p=F p=F q=T", "countermodel p=F q=T",
        "countermodel ; p=F q=", "countermodel", "countermodel ; p=F q=T\ncountermodel ; p=T q=T",
        "3. p ; mp ; 1, 2\ncountermodel ; p=F q=T", "3. p ; mp ; 1, 2"})
    EXPECT_FALSE(check_proof(p, wrong).right(p)) << wrong;
  EXPECT_EQ(check_proof(p, "countermodel ; p=T q=T").note, "the goal is true under the assignment");
}

TEST(CheckProof, RewritesByEquations) {
  const ProofProblem p = of_equations({"x * e = x", "a * b = c"}, "a * b * e = c");
  EXPECT_TRUE(check_proof(p,
                          "3. a * b * e = a * b * e ; same ;\n4. a * b * e = a * b ; rewrite ; 3, 1\n"
                          "5. a * b * e = c ; rewrite ; 4, 2")
                  .right(p));
  // Other way round, by swap and chain, and both rewritings on other parts.
  EXPECT_TRUE(
      check_proof(p,
                  "3. c = c ; same ;\n4. c = c * e ; rewrite ; 3, 1\n5. c = a * b * e ; rewrite ; 4, 2\n"
                  "6. a * b * e = c ; swap ; 5")
          .right(p));
  EXPECT_FALSE(check_proof(p, "3. a * b * e = a * b * e ; same ;\n4. a * b * e = c ; rewrite ; 3, 2")
                   .closed);  // two steps
  EXPECT_FALSE(check_proof(p, "3. a * b * e = c ; same ;").closed);
  EXPECT_FALSE(check_proof(p, "3. a * b * e = c ; rewrite ; 1, 2").closed);
  // Variables stand for terms in givens only.
  const ProofProblem q = of_equations({"x * y = y * x"}, "a * b = c");
  EXPECT_FALSE(
      check_proof(q, "2. x = x ; same ;\n3. a * b = a * b ; same ;\n4. a * b = c ; rewrite ; 3, 2").closed);
  for (const char* wrong : {"a", "a = b = c", "a * = b", "f a = b", "f(a = b", "a b = c", "g(a) = b"})
    EXPECT_FALSE(parse_equation(wrong)) << wrong;
  EXPECT_FALSE(parse_equation(std::string(900, '(') + "a = b"));
}

TEST(GenerateProof, GivesWhatTheLevelSaysAndTheSameAgain) {
  int refuted = 0, equations = 0, all = 0;
  std::map<int, double> lines;
  std::set<std::string> different;
  for (int level = 1; level <= 6; ++level)
    for (uint64_t i = 0; i < 400; ++i, ++all) {
      const ProofProblem p = generate_proof(level, 1, i);
      refuted += p.follows ? 0 : 1;
      equations += p.kind == Kind::equations ? 1 : 0;
      different.insert(p.canonical());
      if (p.follows && p.kind == Kind::formulas)
        lines[level] += 1 + static_cast<double>(std::count(p.gold.begin(), p.gold.end(), '\n'));
      if (i % 50 == 0) EXPECT_EQ(generate_proof(level, 1, i).user, p.user);
      if (i % 50 == 0) EXPECT_NE(generate_proof(level, 2, i).canonical(), p.canonical());
    }
  EXPECT_NEAR(refuted / static_cast<double>(all), 0.2, 0.03);
  EXPECT_NEAR(equations / static_cast<double>(all), 0.3, 0.04);
  EXPECT_GT(different.size(), 2000u);
  for (int level = 2; level <= 6; ++level) EXPECT_GT(lines[level], lines[level - 1]);
}

TEST(GenerateProof, GoldAnswersOfThousandsAreRight) {
  for (int level = 1; level <= 6; ++level)
    for (uint64_t i = 0; i < 500; ++i) {
      const ProofProblem p = generate_proof(level, 7, i);
      const Checked c = check_proof(p, p.gold);
      EXPECT_TRUE(c.right(p)) << p.user << "\n\n" << p.gold << "\n" << c.note;
      EXPECT_EQ(c.sound(), static_cast<int64_t>(c.lines.size()));
    }
}

/// The example in the prompt of each kind is of the form that the checker reads.
TEST(GenerateProof, ExamplesInThePromptsHold) {
  for (uint64_t i = 0; i < 20; ++i) {
    const ProofProblem p = generate_proof(2, 3, i);
    const std::string marker = "is proved by\n";
    const size_t at = p.user.find(marker);
    ASSERT_NE(at, std::string::npos);
    const ProofProblem example = p.kind == Kind::formulas
                                     ? of_formulas({"p & q", "q -> r"}, "r", "pqr")
                                     : of_equations({"x * e = x", "a * b = c"}, "(a * b) * e = c");
    EXPECT_TRUE(check_proof(example, p.user.substr(at + marker.size())).right(example)) << p.user;
  }
}

using Mutation = std::function<std::string(const std::string&, Random&)>;

/// The share of gold proofs that are no longer right with one thing changed.
double refused(const char* what, const Mutation& mutation) {
  Random random(5);
  int changed = 0, wrong = 0;
  for (int level = 1; level <= 6; ++level)
    for (uint64_t i = 0; i < 200; ++i) {
      const ProofProblem p = generate_proof(level, 9, i);
      const std::string other = mutation(p.gold, random);
      if (other == p.gold) continue;
      ++changed;
      wrong += check_proof(p, other).right(p) ? 0 : 1;
    }
  std::printf("%s: %d of %d are refused\n", what, wrong, changed);
  EXPECT_GT(changed, 400);
  return wrong / static_cast<double>(changed);
}

/// Changes one of the places where `fits` by `change`.
std::string change_one(const std::string& text, Random& random, const std::function<bool(size_t)>& fits,
                       const std::function<std::string(size_t)>& change) {
  std::vector<size_t> places;
  for (size_t i = 0; i < text.size(); ++i)
    if (fits(i)) places.push_back(i);
  if (places.empty()) return text;
  const size_t at = places[random.below(places.size())];
  return text.substr(0, at) + change(at) + text.substr(at + 1);
}

TEST(GenerateProof, ChangedGoldAnswersAreNotRight) {
  const auto letter = [](const std::string& t, Random& r) {
    return change_one(
        t, r,
        [&](size_t i) {
          const size_t semicolon = t.find(';', i), line = t.find('\n', i);
          const bool statement = semicolon != t.npos && semicolon < line && t.find(';', semicolon + 1) < line;
          return statement && std::string_view("pqrabcd").find(t[i]) != std::string_view::npos;
        },
        [&](size_t i) {
          return std::string(1, t[i] == 'a' ? 'b' : t[i] == 'p' ? 'q' : t[i] == 'b' ? 'a' : 'p');
        });
  };
  const auto citation = [](const std::string& t, Random& r) {
    return change_one(
        t, r,
        [&](size_t i) {
          const size_t line = t.rfind('\n', i) == t.npos ? 0 : t.rfind('\n', i) + 1;
          const std::string before = t.substr(line, i - line);
          return std::isdigit(static_cast<unsigned char>(t[i])) != 0 &&
                 std::count(before.begin(), before.end(), ';') == 2;
        },
        [&](size_t i) {
          return std::string(1, static_cast<char>('1' + (t[i] - '1' + 1 + static_cast<int>(r.below(3))) % 9));
        });
  };
  const auto line = [](const std::string& t, Random& r) {
    std::vector<size_t> ends;
    for (size_t i = 0; i < t.size(); ++i)
      if (t[i] == '\n') ends.push_back(i);
    if (ends.empty()) return t;
    const size_t at = r.below(ends.size());
    const size_t begin = at == 0 ? 0 : ends[at - 1] + 1;
    return t.substr(0, begin) + t.substr(ends[at] + 1);
  };
  const auto sign = [](const std::string& t, Random& r) {
    return change_one(
        t, r,
        [&](size_t i) { return (t[i] == '&' || t[i] == '|' || t[i] == '~') && t.find(';', i) != t.npos; },
        [&](size_t i) {
          return std::string(t[i] == '&' ? "|" : t[i] == '|' ? "&" : "");
        });
  };
  const auto value = [](const std::string& t, Random& r) {
    return change_one(
        t, r, [&](size_t i) { return i > 0 && t[i - 1] == '=' && (t[i] == 'T' || t[i] == 'F'); },
        [&](size_t i) { return std::string(t[i] == 'T' ? "F" : "T"); });
  };
  EXPECT_GT(refused("another letter", letter), 0.97);
  EXPECT_GT(refused("another citation", citation), 0.95);
  EXPECT_GT(refused("one line less", line), 0.97);
  EXPECT_GT(refused("another sign", sign), 0.97);
  // Letters that do not matter may have either value: fewer than half do.
  Random random(5);
  int changed = 0, wrong = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const ProofProblem p = generate_proof(1 + static_cast<int>(i % 6), 9, i);
    if (p.follows) continue;
    ++changed;
    wrong += check_proof(p, value(p.gold, random)).right(p) ? 0 : 1;
  }
  std::printf("another value: %d of %d are refused\n", wrong, changed);
  EXPECT_GT(wrong, changed / 2);
}

TEST(CheckProof, ReadsAnyBytesWithinItsBounds) {
  Random random(3);
  const ProofProblem problems[] = {of_formulas({"p -> q", "p"}, "q", "pq"),
                                   of_equations({"x * e = x"}, "a * e = a")};
  for (const ProofProblem& p : problems) {
    for (int i = 0; i < 2000; ++i) {
      std::string answer;
      for (uint64_t n = random.below(120); n > 0; --n) {
        constexpr std::string_view kLikely = "0123456789.;,;pqrab()~&|->=* fie\n countermodel TF mp";
        answer += random.below(10) == 0 ? static_cast<char>(random.below(256))
                                        : kLikely[random.below(kLikely.size())];
      }
      EXPECT_FALSE(check_proof(p, answer).closed && check_proof(p, answer).lines.empty());
    }
    std::string many;
    for (int i = 0; i < 100'000; ++i) many += "3. p ; mp ; 1, 2\n";
    EXPECT_LE(check_proof(p, many).lines.size(), kMaxProofLines);
    EXPECT_EQ(
        check_proof(p, "99999999999999999999. p ; mp ; 1\n3. p ; mp ; -1\n3. p ; mp ; 1,2,3,4,5,6,7,8,9")
            .sound(),
        0);
  }
}

}  // namespace
}  // namespace retort::eval::proofs
