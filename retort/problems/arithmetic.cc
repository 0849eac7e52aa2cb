// Arithmetic with a scratchpad: sums and differences of as many digits as the level says, worked from the
// last digit as on paper; products from their partial products; chains of 2 to 6 steps.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "retort/problems/draw.h"

namespace retort::problems {
namespace {

/// The lines of the thought, in both styles, and the facts, as they are worked out.
struct Scratchpad {
  std::vector<Fact> facts;
  std::string brief;
  std::string full;

  /// Returns the index of the fact.
  int claim(std::string text, std::vector<int> parents, std::string_view before = "",
            std::string_view after = "") {
    brief += text + "\n";
    full += fmt::format("{}{}{}\n", before, text, after);
    facts.push_back({std::move(text), std::move(parents)});
    return static_cast<int>(facts.size()) - 1;
  }
};

struct Exercise {
  std::string kind;
  std::string canonical;
  std::string user;
  size_t wording = 0;
  int64_t result = 0;
  Scratchpad work;
};

Problem problem_of(Exercise exercise) {
  std::string answer = fmt::format("{}", exercise.result);
  Turn turn;
  turn.user = std::move(exercise.user);
  turn.answer = answer;
  turn.form = AnswerForm::integer;
  turn.short_thought = exercise.work.brief + answer;
  turn.long_thought = exercise.work.full + "So the result is " + answer + ".";
  turn.facts = std::move(exercise.work.facts);

  Problem problem;
  problem.kind = exercise.kind;
  problem.template_id = fmt::format("arithmetic.{}.{}", exercise.kind, exercise.wording);
  problem.canonical = std::move(exercise.canonical);
  problem.turns.push_back(std::move(turn));
  return problem;
}

/// A number of exactly `digits` digits; of one digit, 0 too.
int64_t draw_number(Random& random, int digits) {
  int64_t low = 1;
  for (int i = 1; i < digits; ++i) low *= 10;
  return draw_between(random, digits == 1 ? 0 : low, low * 10 - 1);
}

/// The first number of a sum or difference: at level 1 it may have a second digit, or there would be few of
/// them.
int64_t draw_first(Random& random, int level) {
  return level == 1 ? draw_between(random, 0, 99) : draw_number(random, level);
}

/// Least digit first, one line a column: "7+8=15", then "4+3+1=8" with the carry.
void add_by_columns(Scratchpad& work, int64_t a, int64_t b) {
  int64_t carry = 0;
  int before = -1;
  while (a > 0 || b > 0 || before < 0) {
    int64_t x = a % 10, y = b % 10, sum = x + y + carry;
    std::string text =
        carry != 0 ? fmt::format("{}+{}+{}={}", x, y, carry, sum) : fmt::format("{}+{}={}", x, y, sum);
    std::vector<int> parents;
    if (carry != 0) parents.push_back(before);
    std::string after = fmt::format(": write {}", sum % 10);
    if (sum > 9) after += ", carry 1";
    before = work.claim(std::move(text), std::move(parents), "", after);
    carry = sum / 10;
    a /= 10;
    b /= 10;
  }
}

/// a >= b. A column that borrows stands with 10 more: "13-7=6", then "8-4-1=3".
void subtract_by_columns(Scratchpad& work, int64_t a, int64_t b, std::vector<int> parents) {
  int64_t borrow = 0;
  int before = -1;
  while (a > 0 || b > 0 || before < 0) {
    int64_t x = a % 10, y = b % 10;
    int64_t lent = x - y - borrow < 0 ? 10 : 0;
    int64_t left = x + lent - y - borrow;
    std::string text = borrow != 0 ? fmt::format("{}-{}-1={}", x + lent, y, left)
                                   : fmt::format("{}-{}={}", x + lent, y, left);
    std::vector<int> from = parents;
    if (borrow != 0) from.push_back(before);
    std::string after = fmt::format(": write {}", left);
    if (lent != 0) after += ", borrow 1";
    before = work.claim(std::move(text), std::move(from), "", after);
    borrow = lent / 10;
    a /= 10;
    b /= 10;
  }
}

/// 47 as 7 and 40; a zero digit gives nothing.
std::vector<int64_t> places(int64_t n) {
  std::vector<int64_t> parts;
  for (int64_t place = 1; n > 0; n /= 10, place *= 10)
    if (n % 10 != 0) parts.push_back(n % 10 * place);
  return parts;
}

/// Every place times every place, and then their sum one after another.
void multiply_by_places(Scratchpad& work, int64_t a, int64_t b) {
  std::vector<int64_t> products;
  std::vector<int> facts;
  for (int64_t y : places(b))
    for (int64_t x : places(a)) {
      products.push_back(x * y);
      facts.push_back(work.claim(fmt::format("{}*{}={}", x, y, x * y), {}));
    }
  int64_t sum = products[0];
  int known = facts[0];
  for (size_t i = 1; i < products.size(); ++i) {
    known = work.claim(fmt::format("{}+{}={}", sum, products[i], sum + products[i]), {known, facts[i]});
    sum += products[i];
  }
}

constexpr std::array kSumWordings = {"What is {} + {}?", "{} + {} = ?", "Add {} and {}.",
                                     "Calculate {} plus {}.", "Find the sum of {} and {}."};
constexpr std::array kDifferenceWordings = {"What is {} - {}?", "{} - {} = ?", "From {} take away {}.",
                                            "Calculate {} minus {}.", "How much is {} less {}?"};
constexpr std::array kProductWordings = {"What is {} * {}?", "{} * {} = ?", "Multiply {} by {}.",
                                         "Calculate {} times {}.", "Find the product of {} and {}."};

template <size_t N>
void word(Random& random, Exercise& exercise, const std::array<const char*, N>& wordings, int64_t a,
          int64_t b) {
  exercise.wording = draw_index(random, N);
  exercise.user = fmt::format(fmt::runtime(wordings[exercise.wording]), a, b);
}

Exercise draw_sum(Random& random, int level) {
  int64_t a = draw_first(random, level);
  int64_t b = draw_number(random, level);
  Exercise exercise{"sum", fmt::format("sum {} {}", std::min(a, b), std::max(a, b))};
  word(random, exercise, kSumWordings, a, b);
  exercise.result = a + b;
  exercise.work.full = fmt::format("{}+{}, from the last digit.\n", a, b);
  add_by_columns(exercise.work, a, b);
  return exercise;
}

Exercise draw_difference(Random& random, int level) {
  int64_t a = draw_first(random, level);
  int64_t b = draw_number(random, level);
  Exercise exercise{"difference", fmt::format("difference {} {}", a, b)};
  word(random, exercise, kDifferenceWordings, a, b);
  exercise.result = a - b;
  exercise.work.full = fmt::format("{}-{}, from the last digit.\n", a, b);
  if (a >= b) {
    subtract_by_columns(exercise.work, a, b, {});
  } else {
    int smaller = exercise.work.claim(fmt::format("{}<{}", a, b), {}, "", ", so the result is negative");
    subtract_by_columns(exercise.work, b, a, {smaller});
  }
  return exercise;
}

/// Two digits times one up to level 3, then two times two.
Exercise draw_product(Random& random, int level) {
  int64_t a = draw_number(random, 2);
  int64_t b = level <= 3 ? draw_between(random, 2, 9) : draw_number(random, 2);
  Exercise exercise{"product", fmt::format("product {} {}", std::min(a, b), std::max(a, b))};
  exercise.result = a * b;
  exercise.work.full = fmt::format("{}*{}, place by place.\n", a, b);
  multiply_by_places(exercise.work, a, b);
  bool swapped = draw_chance(random, 50);
  word(random, exercise, kProductWordings, swapped ? b : a, swapped ? a : b);
  return exercise;
}

struct Step {
  char op;  // + - *
  int64_t by;
};

int64_t apply(int64_t value, Step step) {
  if (step.op == '+') return value + step.by;
  if (step.op == '-') return value - step.by;
  return value * step.by;
}

struct ChainShape {
  int steps;
  int64_t largest_start;
  int64_t largest;  // operand of + and -
  bool multiplies;
};
constexpr ChainShape kChainShapes[] = {{2, 30, 9, false}, {2, 20, 20, true}, {3, 20, 20, true},
                                       {4, 50, 50, true}, {5, 99, 99, true}, {6, 99, 99, true}};
constexpr int64_t kLargestChainValue = 999;

Step draw_step(Random& random, const ChainShape& shape, int64_t value) {
  bool multiply = shape.multiplies && draw_chance(random, 30);
  int64_t factor = draw_between(random, 2, 5);
  if (multiply && std::abs(value * factor) <= kLargestChainValue) return {'*', factor};
  char op = draw_chance(random, 50) ? '+' : '-';
  return {op, draw_between(random, 1, shape.largest)};
}

std::string sentence(int64_t start, const std::vector<Step>& steps) {
  std::string text = fmt::format("Start with {}.", start);
  for (Step s : steps)
    text += s.op == '+'   ? fmt::format(" Add {}.", s.by)
            : s.op == '-' ? fmt::format(" Subtract {}.", s.by)
                          : fmt::format(" Multiply by {}.", s.by);
  return text + " What is the result?";
}

std::string list(int64_t start, const std::vector<Step>& steps) {
  std::string text = fmt::format("Take {}", start);
  for (Step s : steps)
    text += s.op == '+'   ? fmt::format(", plus {}", s.by)
            : s.op == '-' ? fmt::format(", minus {}", s.by)
                          : fmt::format(", times {}", s.by);
  return text + ". Work from left to right.";
}

std::string brackets(int64_t start, const std::vector<Step>& steps) {
  std::string text = fmt::format("{}", start);
  for (size_t i = 0; i < steps.size(); ++i) {
    if (i > 0) text = "(" + text + ")";
    text += fmt::format(" {} {}", steps[i].op, steps[i].by);
  }
  return "What is " + text + "?";
}

std::string assignments(int64_t start, const std::vector<Step>& steps) {
  std::string text = fmt::format("x = {}", start);
  for (Step s : steps) text += fmt::format("; x = x {} {}", s.op, s.by);
  return text + ". What is x?";
}

using ChainWording = std::string (*)(int64_t, const std::vector<Step>&);
constexpr ChainWording kChainWordings[] = {sentence, list, brackets, assignments};

Exercise draw_chain(Random& random, int level) {
  const ChainShape& shape = kChainShapes[level - 1];
  int64_t start = draw_between(random, 1, shape.largest_start);
  Exercise exercise{"chain", fmt::format("chain {}", start)};
  exercise.work.full = "One step after another.\n";
  std::vector<Step> steps;
  int64_t value = start;
  for (int i = 0; i < shape.steps; ++i) {
    Step step = draw_step(random, shape, value);
    int64_t next = apply(value, step);
    exercise.canonical += fmt::format(" {}{}", step.op, step.by);
    std::vector<int> parents;
    if (i > 0) parents.push_back(i - 1);
    exercise.work.claim(fmt::format("{}{}{}={}", value, step.op, step.by, next), std::move(parents),
                        i == 0 ? "First " : "Then ");
    steps.push_back(step);
    value = next;
  }
  exercise.result = value;
  exercise.wording = draw_index(random, std::size(kChainWordings));
  exercise.user = kChainWordings[exercise.wording](start, steps);
  return exercise;
}

using DrawExercise = Exercise (*)(Random&, int);
constexpr DrawExercise kKinds[] = {draw_sum, draw_difference, draw_product, draw_chain};
// Level 1 knows no products.
constexpr std::array<uint64_t, 4> kWeights[] = {{30, 30, 0, 40}, {30, 30, 15, 25}};

}  // namespace

Problem draw_arithmetic(Random& random, int level) {
  size_t kind = draw_weighted(random, kWeights[level > 1]);
  return problem_of(kKinds[kind](random, level));
}

}  // namespace retort::problems
