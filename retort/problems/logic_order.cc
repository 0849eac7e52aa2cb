// Ordering puzzles: comparisons between neighbours, which fix one order, some that say nothing new, all in
// random order and direction; the question is who stands at a place.
#include <fmt/core.h>

#include <algorithm>

#include "retort/problems/logic.h"
#include "retort/problems/words.h"

namespace retort::problems {
namespace {

/// People are their ranks here: 0 is the first.
struct Clue {
  size_t above, below;
  bool reversed;  // said from the lower one's side
};

struct Puzzle {
  std::vector<std::string> names;  // by rank
  std::vector<Clue> clues;
  size_t place = 0;  // asked for
};

struct Attribute {
  std::string_view more, less, most, least;
};
constexpr Attribute kAttributes[] = {{"taller", "shorter", "tallest", "shortest"},
                                     {"older", "younger", "oldest", "youngest"},
                                     {"faster", "slower", "fastest", "slowest"},
                                     {"heavier", "lighter", "heaviest", "lightest"},
                                     {"richer", "poorer", "richest", "poorest"}};
constexpr std::string_view kOrdinals[] = {"first", "second", "third",   "fourth",
                                          "fifth", "sixth",  "seventh", "eighth"};

/// Of three people there is little to know: what is known already is said from the other side too.
std::vector<Clue> draw_clues_of_three(Random& random) {
  std::vector<Clue> clues = {{0, 1, draw_chance(random, 50)}};
  clues.push_back({1, 2, draw_chance(random, 50)});
  std::vector<Clue> known = {{0, 2, false}, {0, 2, true}};
  for (size_t i = 0; i < 2; ++i) known.push_back({clues[i].above, clues[i].below, !clues[i].reversed});
  int64_t extra = draw_between(random, 0, 3);
  shuffle(random, known);
  clues.insert(clues.end(), known.begin(), known.begin() + extra);
  shuffle(random, clues);
  return clues;
}

std::vector<Clue> draw_clues(Random& random, size_t n) {
  if (n == 3) return draw_clues_of_three(random);
  std::vector<Clue> clues, known;
  for (size_t a = 0; a < n; ++a)
    for (size_t b = a + 1; b < n; ++b) (b == a + 1 ? clues : known).push_back({a, b, false});
  int64_t extra = draw_between(random, 0, std::min<int64_t>(2, static_cast<int64_t>(known.size())));
  shuffle(random, known);
  clues.insert(clues.end(), known.begin(), known.begin() + extra);
  shuffle(random, clues);
  for (Clue& clue : clues) clue.reversed = draw_chance(random, 50);
  return clues;
}

/// The order in which the clues are given and the side each is told from are part of the problem: they decide
/// how hard it is. Names and attribute are not.
std::string canonical(const Puzzle& p) {
  std::string text = fmt::format("order {} ?{}", p.names.size(), p.place);
  for (const Clue& c : p.clues)
    text += c.reversed ? fmt::format(" {}>{}", c.below, c.above) : fmt::format(" {}<{}", c.above, c.below);
  return text;
}

/// "Ann is taller than Bob. Cid is shorter than Bob. Who is the second tallest?"
std::string in_words(const Puzzle& p, const Attribute& by) {
  std::string text;
  for (const Clue& c : p.clues)
    text += c.reversed ? fmt::format("{} is {} than {}. ", p.names[c.below], by.less, p.names[c.above])
                       : fmt::format("{} is {} than {}. ", p.names[c.above], by.more, p.names[c.below]);
  if (p.place == 0) return text + fmt::format("Who is the {}?", by.most);
  if (p.place + 1 == p.names.size()) return text + fmt::format("Who is the {}?", by.least);
  return text + fmt::format("Who is the {} {}?", kOrdinals[p.place], by.most);
}

std::string in_signs(const Puzzle& p, const Attribute& by) {
  std::vector<std::string> clues;
  for (const Clue& c : p.clues)
    clues.push_back(c.reversed ? fmt::format("{} < {}", p.names[c.below], p.names[c.above])
                               : fmt::format("{} > {}", p.names[c.above], p.names[c.below]));
  return fmt::format("Let > mean {}. {}. Who is number {} from the {}?", by.more, joined(clues, ", "),
                     p.place + 1, by.most);
}

std::string in_a_queue(const Puzzle& p, const Attribute&) {
  std::string text = "People stand in a line. ";
  for (const Clue& c : p.clues)
    text += c.reversed ? fmt::format("{} stands behind {}. ", p.names[c.below], p.names[c.above])
                       : fmt::format("{} stands before {}. ", p.names[c.above], p.names[c.below]);
  if (p.place + 1 == p.names.size()) return text + "Who is last?";
  return text + fmt::format("Who is {}?", kOrdinals[p.place]);
}

using Wording = std::string (*)(const Puzzle&, const Attribute&);
constexpr Wording kWordings[] = {in_words, in_signs, in_a_queue};

/// The pairs as they are told, all turned the same way, and then the order that they fix.
void work_out(const Puzzle& p, Turn& turn) {
  std::vector<std::string> needed, all;
  std::vector<int> parents;
  for (const Clue& c : p.clues) {
    std::string pair = fmt::format("{} > {}", p.names[c.above], p.names[c.below]);
    all.push_back(pair);
    if (c.below != c.above + 1 || std::find(needed.begin(), needed.end(), pair) != needed.end()) continue;
    needed.push_back(pair);
    parents.push_back(static_cast<int>(turn.facts.size()));
    turn.facts.push_back({pair, {}});
  }
  std::string order = joined(p.names, " > ");
  turn.facts.push_back({order, parents});
  turn.short_thought = "So " + joined(needed, "\nSo ") + "\nSo " + order + "\n" + p.names[p.place];
  turn.long_thought =
      fmt::format("All pairs the same way: {}.\nNobody is above {}.\nThe order is {}.\nNumber {} is {}.",
                  joined(all, ", "), p.names[0], order, p.place + 1, p.names[p.place]);
}

}  // namespace

Problem draw_order(Random& random, int level) {
  Puzzle puzzle;
  size_t n = static_cast<size_t>(level) + 2;
  for (size_t i : draw_different(random, kPeople.size(), n)) puzzle.names.emplace_back(kPeople[i]);
  puzzle.clues = draw_clues(random, n);
  puzzle.place = draw_index(random, n);
  size_t wording = draw_index(random, std::size(kWordings));
  const Attribute& attribute = kAttributes[draw_index(random, std::size(kAttributes))];

  Turn turn;
  turn.user = kWordings[wording](puzzle, attribute);
  turn.answer = puzzle.names[puzzle.place];
  work_out(puzzle, turn);

  Problem problem;
  problem.kind = "order";
  problem.template_id = fmt::format("logic.order.{}", wording);
  problem.canonical = canonical(puzzle);
  problem.turns.push_back(std::move(turn));
  return problem;
}

}  // namespace retort::problems
