// Chains of if-then rules: one thing is given; does another follow? Beside the chain that starts at the given
// thing there is one as long that starts nowhere, rules that lead into a chain from outside, and branches, so
// that neither the number of rules nor their ends say which answer it is.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "retort/problems/logic.h"
#include "retort/problems/words.h"

namespace retort::problems {
namespace {

struct Rule {
  size_t from, to;
};

struct Rules {
  std::vector<size_t> chain;  // the given thing, and what follows step by step
  std::vector<Rule> rules;    // in the order told
  size_t asked = 0;
  size_t things = 0;
};

struct Shape {
  int hops;
  int least_entries, most_entries;  // rules into a chain from outside
  int most_branches;                // rules out of the idle chain
};
constexpr Shape kShapes[] = {{1, 1, 2, 2}, {2, 1, 1, 1}, {3, 1, 1, 1},
                             {4, 1, 1, 1}, {5, 1, 1, 1}, {5, 3, 3, 1}};

/// Things number `first`.. one after another.
std::vector<size_t> add_chain(Rules& r, int hops) {
  std::vector<size_t> chain;
  for (int i = 0; i <= hops; ++i) {
    chain.push_back(r.things++);
    if (i > 0) r.rules.push_back({chain[chain.size() - 2], chain.back()});
  }
  return chain;
}

Rules draw_structure(Random& random, const Shape& shape) {
  Rules r;
  r.chain = add_chain(r, shape.hops);
  std::vector<size_t> idle = add_chain(r, shape.hops);
  std::vector<size_t> outside;
  int64_t entries = draw_between(random, shape.least_entries, shape.most_entries);
  for (int64_t i = 0; i < entries; ++i) {
    const std::vector<size_t>& into = draw_chance(random, 60) ? r.chain : idle;
    size_t at = draw_index(random, into.size());
    outside.push_back(r.things);
    r.rules.push_back({r.things++, into[at]});
  }
  int64_t branches = draw_between(random, 1, shape.most_branches);
  for (int64_t i = 0; i < branches; ++i) {
    size_t at = draw_index(random, idle.size());
    r.rules.push_back({idle[at], r.things++});
  }

  bool follows = draw_chance(random, 50);
  // Not where there is one hop: of so few problems twice as many would say no.
  bool ask_outside = draw_chance(random, 30) && shape.hops > 1;
  r.asked = follows ? r.chain.back() : ask_outside ? outside[0] : idle.back();
  shuffle(random, r.rules);
  return r;
}

/// Things by their first appearance in the rules as told.
std::string canonical(const Rules& r) {
  std::vector<size_t> numbers(r.things, r.things);
  size_t next = 0;
  auto number = [&](size_t thing) {
    if (numbers[thing] == r.things) numbers[thing] = next++;
    return numbers[thing];
  };
  std::string text = "rules";
  for (const Rule& rule : r.rules) {
    size_t from = number(rule.from);
    size_t to = number(rule.to);
    text += fmt::format(" {}>{}", from, to);
  }
  size_t given = number(r.chain[0]);
  return text + fmt::format(" given {} asked {}", given, number(r.asked));
}

struct Wording {
  const std::array<std::string_view, 20>& words;
  const char* rule;
  const char* given;
  const char* question;
};
constexpr Wording kWordings[] = {
    {kSyllables, "If {} then {}.", "Now {} holds.", "Does {} follow?"},
    {kSyllables, "Every {} is a {}.", "Tim is a {}.", "Is Tim surely a {}?"},
    {kDevices, "When the {} is on, the {} is on.", "The {} is on.", "Must the {} be on?"},
    {kDevices, "The {} starts the {}.", "The {} starts.", "Does the {} surely start?"}};

void work_out(const Rules& r, const std::vector<std::string>& words, bool follows, Turn& turn) {
  turn.long_thought = words[r.chain[0]] + " is given.\n";
  for (size_t i = 1; i < r.chain.size(); ++i) {
    const std::string& reached = words[r.chain[i]];
    std::string text = fmt::format("{} -> {}", words[r.chain[i - 1]], reached);
    turn.short_thought += "So " + text + "\n";
    turn.long_thought += fmt::format("{}, so {}.\n", text, reached);
    std::vector<int> parents;
    if (i > 1) parents.push_back(static_cast<int>(i) - 2);
    turn.facts.push_back({std::move(text), std::move(parents)});
  }
  turn.short_thought += turn.answer;
  turn.long_thought +=
      fmt::format("Nothing more follows. {} is {}.", words[r.asked], follows ? "reached" : "not reached");
}

}  // namespace

Problem draw_rules(Random& random, int level) {
  Rules r = draw_structure(random, kShapes[level - 1]);
  bool follows = r.asked == r.chain.back();
  size_t number = draw_index(random, std::size(kWordings));
  const Wording& wording = kWordings[number];
  std::vector<std::string> words;
  for (size_t i : draw_different(random, wording.words.size(), r.things))
    words.emplace_back(wording.words[i]);
  bool given_first = draw_chance(random, 50);

  Turn turn;
  std::string given = fmt::format(fmt::runtime(wording.given), words[r.chain[0]]);
  std::vector<std::string> sentences;
  if (given_first) sentences.push_back(given);
  for (const Rule& rule : r.rules)
    sentences.push_back(fmt::format(fmt::runtime(wording.rule), words[rule.from], words[rule.to]));
  if (!given_first) sentences.push_back(given);
  sentences.push_back(fmt::format(fmt::runtime(wording.question), words[r.asked]));
  turn.user = joined(sentences, " ");
  turn.answer = follows ? "yes" : "no";
  work_out(r, words, follows, turn);

  Problem problem;
  problem.kind = "rules";
  problem.template_id = fmt::format("logic.rules.{}", number);
  problem.canonical = canonical(r);
  problem.turns.push_back(std::move(turn));
  return problem;
}

}  // namespace retort::problems
