// Bots that know everything, nothing, or how to list: what the suites say of them. A figure that a list can
// raise measures nothing.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/eval/suite.h"
#include "retort/eval/tasks/facts.h"
#include "retort/eval/tasks/generated.h"
#include "retort/eval/tasks/generated_scores.h"
#include "retort/eval/tasks/proofs/problem.h"
#include "retort/eval/tasks/proofs/rules.h"

namespace retort::eval {
namespace {

using problems::Family;
using problems::Problem;
using problems::Turn;

constexpr double kListingMayAdd = 0.05;

/// Says something to a turn, having seen what the user said so far.
using Bot = std::function<void(const std::string& seen, const Turn& turn, Sample& sample)>;

double value_of(const SuiteScores& scores, std::string_view id) {
  for (const Figure& f : scores.figures)
    if (f.row_id() == id) return f.estimate.value;
  ADD_FAILURE() << "no figure " << id;
  return -1;
}

struct Outcome {
  SuiteScores scores;
  double bytes = 0;   // of thought
  double listed = 0;  // share of facts that stand somewhere in the thoughts, whatever else does
  double operator[](std::string_view id) const { return value_of(scores, id); }
};

Outcome ask(const std::vector<Problem>& all, const Bot& bot) {
  Outcome out;
  std::vector<Sample> samples;
  int64_t facts = 0, hits = 0;
  for (const Problem& problem : all) {
    std::string seen;
    for (size_t turn = 0; turn < problem.turns.size(); ++turn) {
      seen += problem.turns[turn].user + "\n";
      Sample sample{.key = {problems::id(problem), 0, static_cast<int64_t>(turn)}};
      bot(seen, problem.turns[turn], sample);
      out.bytes += static_cast<double>(sample.reasoning.size());
      const std::vector<bool> asserted = asserted_facts(problem.turns[turn].facts, sample.reasoning);
      facts += static_cast<int64_t>(asserted.size());
      hits += std::count(asserted.begin(), asserted.end(), true);
      samples.push_back(std::move(sample));
    }
  }
  out.scores = score_generated(all, samples, 1);
  out.listed = static_cast<double>(hits) / static_cast<double>(std::max<int64_t>(1, facts));
  return out;
}

std::vector<Problem> some(Family family) {
  return problems_of({.families = {family}, .levels = {1, 2, 3, 4, 5, 6}, .problems = 15, .seed = 2});
}

void oracle(const std::string&, const Turn& turn, Sample& sample) {
  sample.reasoning = turn.short_thought;
  sample.content = turn.answer;
}

std::vector<std::string> words_of(const std::string& text, bool (*fits)(char)) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text + " ")
    if (fits(c)) {
      word += c;
    } else if (!word.empty()) {
      if (std::find(out.begin(), out.end(), word) == out.end()) out.push_back(word);
      word.clear();
    }
  return out;
}
bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

/// Any number, or any word that was said; no thought.
Bot random_bot(Random& random) {
  return [&random](const std::string& seen, const Turn& turn, Sample& sample) {
    const auto words = words_of(seen, is_letter);
    sample.content = turn.form == problems::AnswerForm::integer ? std::to_string(random.below(200))
                     : words.empty()                            ? ""
                                                                : words[random.below(words.size())];
  };
}

void number_lister(const std::string& seen, const Turn&, Sample& sample) {
  for (const std::string& n : words_of(seen, is_digit)) sample.reasoning += n + " ";
  sample.content = sample.reasoning;
}

using Numbers = std::set<int64_t>;

/// All sums, differences and products of the numbers, true ones; returns them with what came out.
Numbers list_results(const Numbers& numbers, size_t most, std::string& out) {
  Numbers all = numbers;
  size_t n = 0;
  for (const int64_t a : numbers)
    for (const int64_t b : numbers) {
      if (++n > most) return all;
      out += fmt::format("{0}+{1}={2}\n{0}-{1}={3}\n{0}*{1}={4}\n", a, b, a + b, a - b, a * b);
      for (const int64_t c : {a + b, a - b, a * b}) all.insert(c);
    }
  return all;
}

Numbers numbers_in(const std::string& text) {
  Numbers out;
  for (const std::string& n : words_of(text, is_digit)) out.insert(std::stoll(n.substr(0, 9)));
  return out;
}

/// Everything that one step can make of the numbers.
void sum_lister(const std::string& seen, const Turn&, Sample& sample) {
  list_results(numbers_in(seen), 10'000, sample.reasoning);
  sample.content = sample.reasoning.substr(0, 1000);
}

/// And that a second step can make of those.
void deep_sum_lister(const std::string& seen, const Turn&, Sample& sample) {
  const Numbers first = list_results(numbers_in(seen), 10'000, sample.reasoning);
  list_results(first, 10'000, sample.reasoning);
  sample.content = "0";
}

/// Column by column: every sum and difference of two digits, with and without a carry.
void digit_lister(const std::string& seen, const Turn&, Sample& sample) {
  std::set<int> digits;
  for (const char c : seen)
    if (is_digit(c)) digits.insert(c - '0');
  for (const int a : digits)
    for (const int b : digits)
      sample.reasoning += fmt::format("{0}+{1}={2}\n{0}+{1}+1={3}\n{0}-{1}={4}\n{5}-{1}={6}\n{5}-{1}-1={7}\n",
                                      a, b, a + b, a + b + 1, a - b, a + 10, a + 10 - b, a + 9 - b);
  sample.content = "0";
}

/// Every pair of names in both orders, every formula of two values.
void pair_lister(const std::string& seen, const Turn&, Sample& sample) {
  const auto words = words_of(seen, is_letter);
  for (const std::string& a : words)
    for (const std::string& b : words)
      if (a != b && a.size() == 3 && b.size() == 3)
        sample.reasoning += fmt::format("{0} > {1}\n{0} -> {1}\n", a, b);
  for (const char* a : {"T", "F"})
    for (const char* b : {"T", "F"}) {
      const bool x = *a == 'T', y = *b == 'T';
      auto letter = [](bool v) { return v ? 'T' : 'F'; };
      sample.reasoning += fmt::format(
          "So {0} and {1}: {2}\nSo {0} or {1}: {3}\nSo {0} xor {1}: {4}\nSo {0} implies {1}: {5}\n", a, b,
          letter(x && y), letter(x || y), letter(x != y), letter(!x || y));
    }
  sample.content = "yes";
}

/// "silver cup" of "the silver cup": what things of two words are called.
std::vector<std::string> things_of(const std::string& text) {
  std::vector<std::string> out;
  for (const std::string_view word : {"the ", "The "})
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
      const size_t first = at + 4, blank = text.find(' ', first);
      size_t end = std::min(blank, text.size());
      if (end < text.size()) ++end;
      while (end < text.size() && is_letter(text[end])) ++end;
      const std::string thing = text.substr(first, end - first);
      if (std::find(out.begin(), out.end(), thing) == out.end()) out.push_back(thing);
    }
  return out;
}

/// Every thing with every value that was ever said.
void value_lister(const std::string& seen, const Turn&, Sample& sample) {
  constexpr size_t kMost = 60;
  std::vector<std::string> keys = things_of(seen), values = words_of(seen, is_digit);
  for (const std::string& word : words_of(seen, is_letter)) {
    if (word.size() == 3) keys.insert(keys.begin(), word);  // names first
    values.push_back(word);
  }
  values.insert(values.begin(), keys.begin(), keys.end());
  keys.resize(std::min(keys.size(), kMost));
  values.resize(std::min(values.size(), 2 * kMost));
  for (const std::string& a : keys)
    for (const std::string& b : values)
      if (a != b) sample.reasoning += fmt::format("{} = {}\n", a, b);
  sample.content = "unknown";
}

TEST(Bots, OneThatKnowsAllScoresOneOnEveryFamily) {
  for (const Family family : problems::all_families()) {
    const auto all = some(family);
    for (const bool brief : {true, false}) {
      const Outcome o = ask(all, [&](const std::string& seen, const Turn& turn, Sample& sample) {
        oracle(seen, turn, sample);
        if (!brief) sample.reasoning = turn.long_thought;
      });
      EXPECT_EQ(o["correct"], 1) << problems::name(family);
      EXPECT_EQ(o["steps.completeness"], 1) << problems::name(family);
      EXPECT_EQ(o["steps.unsupported"], 0) << problems::name(family);
    }
  }
}

TEST(Bots, ListingRaisesNoFigure) {
  struct Lister {
    Family family;
    const char* name;
    Bot bot;
  };
  const Lister listers[] = {{Family::arithmetic, "numbers", number_lister},
                            {Family::arithmetic, "sums", sum_lister},
                            {Family::arithmetic, "sums of sums", deep_sum_lister},
                            {Family::arithmetic, "digits", digit_lister},
                            {Family::logic, "pairs", pair_lister},
                            {Family::dialogue, "values", value_lister},
                            {Family::recall, "numbers", number_lister},
                            {Family::recall, "values", value_lister}};
  double most_listed = 0;
  for (const Lister& lister : listers) {
    const auto all = some(lister.family);
    Random random(4);
    const Outcome chance = ask(all, random_bot(random)), gold = ask(all, oracle), o = ask(all, lister.bot);
    std::printf(
        "%s, %s: solved %.3f (%.3f at random), steps asserted %.3f (%.3f listed), %.0f times the gold's "
        "length\n",
        std::string(problems::name(lister.family)).c_str(), lister.name, o["correct"], chance["correct"],
        o["steps.completeness"], o.listed, o.bytes / gold.bytes);
    if (lister.family == Family::arithmetic || lister.family == Family::recall)
      EXPECT_LT(chance["correct"], 0.05);
    EXPECT_EQ(chance["steps.completeness"], 0);
    // Between yes and no a list is right as often as a guess: logic asks so in two fifths of its problems.
    const double guess = lister.family == Family::logic ? 0.2 : chance["correct"];
    EXPECT_LE(o["correct"], guess + kListingMayAdd) << lister.name;
    EXPECT_LE(o["steps.completeness"], chance["steps.completeness"] + kListingMayAdd) << lister.name;
    most_listed = std::max(most_listed, o.listed);
  }
  // It is not that the lists have no facts.
  EXPECT_GT(most_listed, 0.5);
}

/// The problems of a proofs suite, by their items' ids.
std::vector<proofs::ProofProblem> proof_problems(const Suite& suite) {
  std::vector<proofs::ProofProblem> out;
  for (const Item& item : suite.items()) {
    int level = 0;
    unsigned long seed = 0, index = 0;
    EXPECT_EQ(std::sscanf(item.id.c_str(), "proof-%d-%lu-%lu", &level, &seed, &index), 3);
    out.push_back(proofs::generate_proof(level, seed, index));
  }
  return out;
}

SuiteScores ask_proofs(const Suite& suite,
                       const std::function<std::string(const proofs::ProofProblem&)>& bot) {
  std::vector<Sample> samples;
  for (const proofs::ProofProblem& p : proof_problems(suite)) {
    Sample sample{.key = {p.id, 0, 0}};
    sample.content = bot(p);
    samples.push_back(std::move(sample));
  }
  return suite.score(samples, 1, {});
}

std::string random_assignment(const proofs::ProofProblem& p, Random& random) {
  std::string out = "countermodel ;";
  for (const char letter : p.letters) out += fmt::format(" {}={}", letter, random.below(2) == 0 ? 'T' : 'F');
  return out;
}

/// The goal by every rule from every two lines.
std::string list_goal(const proofs::ProofProblem& p) {
  const bool formulas = p.kind == proofs::Kind::formulas;
  const std::string goal = formulas ? show(p.goal) : show(p.equal);
  std::string out;
  size_t n = p.n_givens();
  for (size_t i = 1; i <= p.n_givens(); ++i)
    for (size_t j = 1; j <= p.n_givens(); ++j)
      for (const auto& rule : proofs::rules())
        out += fmt::format("{}. {} ; {} ; {}, {}\n", ++n, goal, rule.name, i, j);
  return out;
}

TEST(Bots, ProofsAreNotGuessed) {
  const auto suite = make_suite("proofs", {.levels = {1, 2, 3, 4, 5, 6}, .problems = 60, .seed = 5});
  const SuiteScores gold = ask_proofs(*suite, [](const auto& p) { return p.gold; });
  for (const char* id : {"correct", "proofs.closed", "proofs.lines"}) EXPECT_EQ(value_of(gold, id), 1) << id;
  EXPECT_EQ(gold.missing, 0);
  EXPECT_EQ(gold.breakdowns[0].points.size(), 6u);
  EXPECT_EQ(gold.breakdowns[1].points.size(), 3u);

  Random random(8);
  const SuiteScores chance = ask_proofs(*suite, [&](const auto& p) { return random_assignment(p, random); });
  EXPECT_LT(value_of(chance, "correct"), 0.06);  // of a few letters one in a few assignments refutes
  ASSERT_EQ(chance.notes.size(), 1u);            // false countermodels
  const SuiteScores list = ask_proofs(*suite, list_goal);
  EXPECT_LE(value_of(list, "correct"), value_of(chance, "correct") + kListingMayAdd);
  EXPECT_LE(value_of(list, "proofs.closed"), kListingMayAdd);
  EXPECT_LT(value_of(list, "proofs.lines"), 0.05);
  EXPECT_NE(list.notes[0].find("goals that do not follow"), std::string::npos);
  const SuiteScores numbers = ask_proofs(*suite, [](const auto& p) { return p.user; });
  EXPECT_EQ(value_of(numbers, "correct"), 0);
}

TEST(Bots, MathematicsIsNotListed) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "bots_math.jsonl";
  Random random(6);
  std::vector<int64_t> gold;
  {
    std::ofstream file(path);
    for (int i = 0; i < 200; ++i) {
      const auto a = static_cast<int64_t>(random.below(90)) + 10,
                 b = static_cast<int64_t>(random.below(90)) + 10;
      gold.push_back(a + b);
      file << Json{{"question", fmt::format("Ann has {} eggs and {} hens. How many are both?", a, b)},
                   {"answer", fmt::format("It is {}+{}.\n#### {}", a, b, a + b)}}
                  .dump()
           << "\n";
    }
  }
  const auto suite = make_suite("math", {.problems = 200, .file = path});
  const auto items = suite->items();
  const auto ask_math = [&](const std::function<void(size_t, Sample&)>& bot) {
    std::vector<Sample> samples;
    for (size_t i = 0; i < items.size(); ++i) {
      Sample sample{.key = {items[i].id, 0, 0}};
      bot(i, sample);
      samples.push_back(std::move(sample));
    }
    return value_of(suite->score(samples, 1, {}), "correct");
  };
  EXPECT_EQ(ask_math([&](size_t i, Sample& s) { s.content = fmt::format("It is \\boxed{{{}}}.", gold[i]); }),
            1);
  const double chance =
      ask_math([&](size_t, Sample& s) { s.content = fmt::format("\\boxed{{{}}}", random.below(200)); });
  EXPECT_LT(chance, 0.05);
  // Sums of all numbers, the right one among them, last or in one box.
  const auto list = [&](size_t i) {
    std::string out;
    list_results(numbers_in(items[i].turns[0]), 100, out);
    return out + std::to_string(gold[i]);
  };
  EXPECT_LE(ask_math([&](size_t i, Sample& s) { s.content = list(i); }), chance + kListingMayAdd);
  EXPECT_LE(
      ask_math([&](size_t i, Sample& s) { s.content = fmt::format("\\boxed{{1, 2, 3, {}}}", gold[i]); }),
      chance + kListingMayAdd);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace retort::eval
