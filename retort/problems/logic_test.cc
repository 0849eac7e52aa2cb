// Logic against oracles that read the question's text: a second evaluator of formulas with its own parser,
// all orders of the people, and the closure of the rules.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>

#include "retort/problems/generate.h"
#include "retort/problems/verify.h"

namespace retort::problems {
namespace {

template <typename F>
void for_many(std::string_view kind, F f) {
  for (int level = 1; level <= 6; ++level)
    for (Split split : {Split::train, Split::test})
      for (uint64_t i = 0; i < 250; ++i) {
        Problem p = generate({Family::logic, level, split, 21}, i);
        if (p.kind == kind) f(p);
      }
}

/// Words, and signs one by one.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (size_t i = 0; i < text.size();) {
    size_t first = i;
    while (i < text.size() && std::isalpha(static_cast<unsigned char>(text[i]))) ++i;
    if (i > first) {
      words.push_back(text.substr(first, i - first));
    } else if (text.compare(i, 2, "->") == 0) {
      words.emplace_back("->");
      i += 2;
    } else {
      if (text[i] != ' ') words.emplace_back(1, text[i]);
      ++i;
    }
  }
  return words;
}

/// Reads a formula whose operators are all the same inside one pair of brackets.
class FormulaReader {
 public:
  FormulaReader(std::vector<std::string> words, std::map<std::string, bool> values)
      : words_(std::move(words)), values_(std::move(values)) {}
  bool chain() {
    bool value = one();
    while (at_ < words_.size() && words_[at_] != ")") {
      std::string op = words_[at_++];
      bool right = one();
      if (op == "and" || op == "&")
        value = value && right;
      else if (op == "or" || op == "|")
        value = value || right;
      else if (op == "xor" || op == "^")
        value = value != right;
      else if (op == "implies" || op == "->")
        value = !value || right;
      else
        ADD_FAILURE() << "operator " << op;
    }
    return value;
  }

 private:
  bool one() {
    std::string word = words_.at(at_++);
    if (word == "not" || word == "!") return !one();
    if (word == "(") {
      bool value = chain();
      ++at_;
      return value;
    }
    return values_.at(word);
  }
  std::vector<std::string> words_;
  std::map<std::string, bool> values_;
  size_t at_ = 0;
};

bool formula_value(const std::string& user) {
  std::vector<std::string> words = words_of(user);
  std::map<std::string, bool> values;
  size_t i = 0;
  if (words[0] == "Let") i = 5;  // Let the values be :
  for (; words[i] != "."; ++i) {
    if (words[i + 1] != "is" && words[i + 1] != "=") continue;
    values[words[i]] = words[i + 2] == "true" || words[i + 2] == "T";
    i += 2;
    if (words[i + 1] == ".") {
      ++i;
      break;
    }
  }
  // The formula is what remains after the words of the question.
  const std::set<std::string> kAsked = {"Is",   "is",   "What",  "the", "value", "of", "Evaluate",
                                        "True", "true", "false", "?",   ".",     ":"};
  std::vector<std::string> formula;
  std::string question;
  for (size_t k = i; k < words.size(); ++k) question += words[k] + " ";
  std::vector<std::string> rest = words_of(question);
  for (size_t k = 0; k < rest.size(); ++k) {
    if (kAsked.contains(rest[k])) continue;
    // "true or false" and "True or false" belong to the question.
    if (rest[k] == "or" && k > 0 && (rest[k - 1] == "true" || rest[k - 1] == "True")) continue;
    formula.push_back(rest[k]);
  }
  return FormulaReader(formula, values).chain();
}

TEST(LogicFormula, ValuesAreThoseOfASecondEvaluatorThatReadsTheQuestion) {
  for_many("formula", [](const Problem& p) {
    ASSERT_EQ(p.turns[0].answer, formula_value(p.turns[0].user) ? "true" : "false") << p.turns[0].user;
  });
}

TEST(LogicFormula, ClaimsHoldByTruthTable) {
  for_many("formula", [](const Problem& p) {
    const std::string& thought = p.turns[0].short_thought;
    const std::string noted = ", " + thought.substr(0, thought.find('\n')) + ",";
    for (const Fact& fact : p.turns[0].facts) {
      const std::string operands = fact.claim.substr(0, fact.claim.find(':'));
      std::vector<std::string> words = words_of(operands), values;
      for (size_t i = 0; i < words.size(); ++i) {
        if (i + 1 == words.size() || words[i + 1] != "=") {
          values.push_back(words[i]);
          continue;
        }
        ASSERT_NE(noted.find(fmt::format(", {} = {},", words[i], words.at(i + 2))), std::string::npos)
            << thought;
        ++i;  // the value that follows stands for its variable
      }
      bool value = FormulaReader(values, {{"T", true}, {"F", false}}).chain();
      ASSERT_EQ(operands + (value ? ": T" : ": F"), fact.claim);
    }
  });
}

int nesting(const std::string& canonical) {
  int depth = 0, deepest = 0;
  for (char c : canonical) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    deepest = std::max(deepest, depth);
  }
  return deepest;
}

TEST(LogicFormula, ConnectivesAreNestedAsDeepAsTheLevel) {
  for_many("formula", [](const Problem& p) { ASSERT_EQ(nesting(p.canonical), p.level) << p.canonical; });
}

TEST(LogicFormula, EitherValueIsAsLikelyUnderEveryConnective) {
  std::map<std::string, std::pair<int, int>> counts;
  for (uint64_t i = 0; i < 6'000; ++i) {
    Problem p = generate({Family::logic, 3, Split::train, 5}, i);
    if (p.kind != "formula") continue;
    auto& [yes, all] = counts[p.canonical.substr(8, p.canonical.find('(') - 8)];
    yes += p.turns[0].answer == "true" ? 1 : 0;
    ++all;
  }
  EXPECT_EQ(counts.size(), 4u);
  for (const auto& [op, count] : counts)
    EXPECT_NEAR(static_cast<double>(count.first) / count.second, 0.5, 0.1) << op;
}

/// People and the pairs (above, below) that the clues say, from the text of any of the wordings.
struct ReadPuzzle {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::set<std::string> people;
};

ReadPuzzle read_puzzle(const std::string& user) {
  const std::set<std::string> kLess = {"shorter", "younger", "slower", "lighter", "poorer", "behind", "<"};
  const std::set<std::string> kMore = {"taller", "older", "faster", "heavier", "richer", "before", ">"};
  ReadPuzzle out;
  std::vector<std::string> words = words_of(user);
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    bool less = kLess.contains(words[i]), more = kMore.contains(words[i]);
    if ((!less && !more) || words[i + 1] == "mean" || words[i - 1] == "mean") continue;
    std::string left = words[i - 1] == "is" || words[i - 1] == "stands" ? words[i - 2] : words[i - 1];
    std::string right = words[i + 1] == "than" ? words[i + 2] : words[i + 1];
    out.pairs.push_back(less ? std::pair{right, left} : std::pair{left, right});
    out.people.insert({left, right});
  }
  return out;
}

TEST(LogicOrder, ExactlyOneOrderOfAllFitsTheClues) {
  for_many("order", [](const Problem& p) {
    ReadPuzzle puzzle = read_puzzle(p.turns[0].user);
    ASSERT_EQ(puzzle.people.size(), static_cast<size_t>(p.level) + 2) << p.turns[0].user;
    std::vector<std::string> names(puzzle.people.begin(), puzzle.people.end());
    std::map<std::string, size_t> id;
    for (size_t i = 0; i < names.size(); ++i) id[names[i]] = i;
    std::vector<std::pair<size_t, size_t>> pairs;
    for (const auto& [a, b] : puzzle.pairs) pairs.emplace_back(id[a], id[b]);

    std::vector<size_t> place(names.size());
    for (size_t i = 0; i < place.size(); ++i) place[i] = i;
    std::vector<std::vector<size_t>> fitting;
    do {
      if (std::all_of(pairs.begin(), pairs.end(),
                      [&](const auto& pair) { return place[pair.first] < place[pair.second]; }))
        fitting.push_back(place);
    } while (std::next_permutation(place.begin(), place.end()));
    ASSERT_EQ(fitting.size(), 1u) << p.turns[0].user;

    auto mark = p.canonical.find('?');
    size_t asked = std::stoull(p.canonical.substr(mark + 1));
    size_t who =
        static_cast<size_t>(std::find(fitting[0].begin(), fitting[0].end(), asked) - fitting[0].begin());
    ASSERT_EQ(p.turns[0].answer, names[who]) << p.turns[0].user;
  });
}

TEST(LogicOrder, AnotherPersonIsWrong) {
  for_many("order", [](const Problem& p) {
    for (const std::string& person : read_puzzle(p.turns[0].user).people)
      ASSERT_EQ(verify(p, person).correct(), person == p.turns[0].answer);
  });
}

TEST(LogicRules, AnswersAreThoseOfTheClosureOfTheRulesAsTold) {
  for_many("rules", [](const Problem& p) {
    // canonical: "rules 0>1 2>3 given 0 asked 1"
    std::istringstream in(p.canonical);
    std::string word;
    in >> word;
    std::vector<std::pair<int, int>> rules;
    while (in >> word && word != "given")
      rules.emplace_back(std::stoi(word), std::stoi(word.substr(word.find('>') + 1)));
    int given = 0, asked = 0;
    in >> given >> word >> asked;
    std::set<int> reached = {given};
    for (size_t round = 0; round < rules.size(); ++round)
      for (const auto& [from, to] : rules)
        if (reached.contains(from)) reached.insert(to);
    ASSERT_EQ(p.turns[0].answer, reached.contains(asked) ? "yes" : "no") << p.turns[0].user;
  });
}

TEST(LogicRules, TheQuestionHasTheRulesInTheOrderOfTheCanonicalForm) {
  for_many("rules", [](const Problem& p) {
    // Numbers by first appearance, found again from the words of the text.
    const std::set<std::string> kPlain = {"If", "then", "Now",  "holds", "Does",   "follow", "Every",
                                          "is", "a",    "Tim",  "Is",    "surely", "When",   "the",
                                          "on", "The",  "Must", "be",    "starts", "start"};
    std::vector<std::vector<std::string>> sentences(1);
    for (const std::string& word : words_of(p.turns[0].user)) {
      if (word == "." || word == "?")
        sentences.emplace_back();
      else if (word != "," && !kPlain.contains(word))
        sentences.back().push_back(word);
    }
    std::map<std::string, int> numbers;
    auto number = [&](const std::string& word) {
      return std::to_string(numbers.emplace(word, static_cast<int>(numbers.size())).first->second);
    };
    std::string text = "rules", given, asked;
    for (const auto& sentence : sentences)
      if (sentence.size() == 2) {
        std::string from = number(sentence[0]);
        text += " " + from + ">" + number(sentence[1]);
      } else if (sentence.size() == 1) {
        (given.empty() ? given : asked) = sentence[0];
      }
    text += " given " + number(given);
    ASSERT_EQ(p.canonical, text + " asked " + number(asked)) << p.turns[0].user;
  });
}

TEST(Logic, YesAndNoAreBalancedAtEveryLevel) {
  for (int level = 1; level <= 6; ++level)
    for (Split split : {Split::train, Split::test}) {
      std::map<std::string, std::map<std::string, int>> answers;
      for (const Problem& p : generate_distinct({Family::logic, level, split, 8}, 1'000))
        ++answers[p.kind][p.turns[0].answer];
      for (const std::string kind : {"formula", "rules"}) {
        int most = 0, all = 0;
        for (const auto& [answer, n] : answers[kind]) {
          most = std::max(most, n);
          all += n;
        }
        // Small spaces of distinct problems have what they have.
        if (all >= 100) EXPECT_LE(most, all * 6 / 10) << kind << " level " << level << " " << name(split);
      }
    }
}

}  // namespace
}  // namespace retort::problems
