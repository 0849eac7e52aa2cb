// Boolean formulas: variables with given values, and connectives nested exactly as deep as the level says; at
// level 1 one `and` or `or` of up to six operands. A `not` stands on variables only and does not count. The
// value wanted is drawn first and pushed down, so either value is as likely under every connective.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "retort/problems/logic.h"
#include "retort/problems/words.h"

namespace retort::problems {
namespace {

enum class Op { variable, conjunction, disjunction, exclusive, conditional };

struct Formula {
  Op op = Op::variable;
  bool value = false;  // of the formula
  size_t variable = 0;
  bool negated = false;           // a variable with `not`
  std::vector<Formula> children;  // of a connective: 2; of `and` and `or` up to 3, in a flat formula up to 6
};

struct World {
  std::vector<bool> values;  // of the variables
};

/// Values for `n` children under `op` that give `value`, all combinations as likely.
std::vector<bool> child_values(Random& random, Op op, bool value, size_t n) {
  std::vector<bool> values(n);
  switch (op) {
    case Op::conjunction:
    case Op::disjunction: {
      // `and` is true, and `or` false, by one combination alone; the other value has all the rest.
      bool all = op == Op::conjunction;
      uint64_t odd_ones = value == all ? 0 : 1 + random.below((uint64_t{1} << n) - 1);
      for (size_t i = 0; i < n; ++i) values[i] = ((odd_ones >> i) & 1) != 0 ? !all : all;
      return values;
    }
    case Op::exclusive:
      values[0] = draw_chance(random, 50);
      values[1] = values[0] != value;
      return values;
    default: {
      constexpr std::array<std::array<bool, 2>, 3> kTrue = {{{true, true}, {false, true}, {false, false}}};
      std::array<bool, 2> pair = value ? kTrue[draw_index(random, 3)] : std::array<bool, 2>{true, false};
      return {pair[0], pair[1]};
    }
  }
}

constexpr int64_t kWidest = 6;  // operands of a formula with one connective alone

size_t draw_width(Random& random, Op op, int depth, int level) {
  if (op != Op::conjunction && op != Op::disjunction) return 2;
  if (level == 1) return static_cast<size_t>(draw_between(random, 2, kWidest));
  return depth <= 2 && draw_chance(random, 35) ? 3 : 2;
}

Formula draw_node(Random& random, const World& world, int level, int depth, bool value) {
  Formula node;
  node.value = value;
  if (depth == 0) {
    node.variable = draw_index(random, world.values.size());
    node.negated = world.values[node.variable] != value;
    return node;
  }
  constexpr Op kOps[] = {Op::conjunction, Op::disjunction, Op::exclusive, Op::conditional};
  node.op = kOps[draw_index(random, std::size(kOps))];
  size_t n = draw_width(random, node.op, depth, level);
  std::vector<bool> values = child_values(random, node.op, value, n);
  size_t deep = draw_index(random, n);  // one child goes down all the way; the others are shallow
  for (size_t i = 0; i < n; ++i) {
    int below = i == deep ? depth - 1 : static_cast<int>(draw_between(random, 0, std::min(1, depth - 1)));
    node.children.push_back(draw_node(random, world, level, below, values[i]));
  }
  return node;
}

std::string_view letter(bool value) {
  return value ? "T" : "F";
}

/// Leaves by their values: what the variables are called, and which leaves share one, does not matter.
std::string canonical(const Formula& f, const World& world) {
  if (f.op == Op::variable)
    return fmt::format("{}{}", f.negated ? "!" : "", letter(world.values[f.variable]));
  std::vector<std::string> parts;
  for (const Formula& child : f.children) parts.push_back(canonical(child, world));
  if (f.op != Op::conditional) std::sort(parts.begin(), parts.end());
  constexpr std::string_view kNames[] = {"", "and", "or", "xor", "if"};
  return fmt::format("{}({})", kNames[static_cast<int>(f.op)], joined(parts, ","));
}

struct Notation {
  std::string_view negation, conjunction, disjunction, exclusive, conditional;
};
constexpr Notation kWords = {"not ", " and ", " or ", " xor ", " implies "};
constexpr Notation kSymbols = {"!", " & ", " | ", " ^ ", " -> "};

std::string_view between(const Notation& n, Op op) {
  const std::string_view all[] = {"", n.conjunction, n.disjunction, n.exclusive, n.conditional};
  return all[static_cast<int>(op)];
}

struct Names {
  std::string letters;  // of the variables
  const Notation& notation;
};

std::string shown(const Formula& f, const Names& names, bool outermost) {
  if (f.op == Op::variable)
    return fmt::format("{}{}", f.negated ? names.notation.negation : "", names.letters[f.variable]);
  std::vector<std::string> parts;
  for (const Formula& child : f.children) parts.push_back(shown(child, names, false));
  std::string text = joined(parts, between(names.notation, f.op));
  return outermost ? text : "(" + text + ")";
}

/// "p = T and not q = F: T": the operands with their values, always in words.
std::string claim(const Formula& f, const World& world, const Names& names) {
  std::vector<std::string> parts;
  for (const Formula& child : f.children)
    parts.push_back(child.op == Op::variable
                        ? fmt::format("{}{} = {}", child.negated ? "not " : "", names.letters[child.variable],
                                      letter(world.values[child.variable]))
                        : std::string(letter(child.value)));
  return fmt::format("{}: {}", joined(parts, between(kWords, f.op)), letter(f.value));
}

/// Works out the connectives from the inside; returns the index of the fact of `f`, or -1 for a variable.
int work_out(const Formula& f, const World& world, const Names& names, Turn& turn) {
  if (f.op == Op::variable) return -1;
  std::vector<int> parents;
  for (const Formula& child : f.children)
    if (int fact = work_out(child, world, names, turn); fact >= 0) parents.push_back(fact);
  std::string text = claim(f, world, names);
  turn.short_thought += "So " + text + "\n";
  turn.long_thought += fmt::format("{} is {}\n", shown(f, names, true), text);
  turn.facts.push_back({std::move(text), std::move(parents)});
  return static_cast<int>(turn.facts.size()) - 1;
}

std::string givens(const World& world, const std::string& letters, size_t wording) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < world.values.size(); ++i) {
    const char* value = world.values[i] ? "true" : "false";
    parts.push_back(wording == 1 ? fmt::format("{} = {}", letters[i], value[0] == 't' ? "T" : "F")
                                 : fmt::format("{} is {}", letters[i], value));
  }
  return joined(parts, ", ");
}

/// "p = T, q = F", as the claims have it.
std::string noted(const World& world, const std::string& letters) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < world.values.size(); ++i)
    parts.push_back(fmt::format("{} = {}", letters[i], letter(world.values[i])));
  return joined(parts, ", ") + "\n";
}

constexpr const char* kWordings[] = {"{}. Is {} true or false?", "{}. What is the value of {}?",
                                     "Let the values be: {}. Evaluate {}.", "{}. True or false: {}?"};

}  // namespace

Problem draw_formula(Random& random, int level) {
  World world;
  int64_t variables = level == 1 ? draw_between(random, 2, 5) : draw_between(random, 2, 2 + (level + 1) / 2);
  for (int64_t i = 0; i < variables; ++i) world.values.push_back(draw_chance(random, 50));
  bool value = draw_chance(random, 50);
  Formula formula = draw_node(random, world, level, level, value);

  std::string letters(kVariables[draw_index(random, kVariables.size())]);
  size_t wording = draw_index(random, std::size(kWordings));
  Names names{letters, wording == 1 ? kSymbols : kWords};

  Turn turn;
  turn.user = fmt::format(fmt::runtime(kWordings[wording]), givens(world, letters, wording),
                          shown(formula, names, true));
  turn.answer = value ? "true" : "false";
  turn.short_thought = noted(world, letters);
  turn.long_thought = "From the inside out.\n";
  work_out(formula, world, names, turn);
  turn.short_thought += turn.answer;
  turn.long_thought += "So the formula is " + turn.answer + ".";

  Problem problem;
  problem.kind = "formula";
  problem.template_id = fmt::format("logic.formula.{}", wording);
  problem.canonical = "formula " + canonical(formula, world);
  problem.turns.push_back(std::move(turn));
  return problem;
}

}  // namespace retort::problems
