// Small Python functions with a docstring: steps over an int, a list of ints or a text, guards that must
// raise an exception by name, and hidden tests that cover the steps and every guard.
#include "retort/problems/functions.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <set>

#include "retort/problems/words.h"

namespace retort::problems {
namespace {

struct Step {
  const StepRow* row = nullptr;
  StepConstants with;
};

/// A condition under which the function must raise.
struct GuardRow {
  std::string_view name;  // in the canonical form
  PlainType type;
  std::string_view raises;
  const char* words;
  const char* condition;
  const char* faults;                          // an argument of another type that meets it, or null
  bool (*holds)(const PlainValue&) = nullptr;  // of a value of the type; null for a guard of types
};

bool is_empty(const PlainValue& x) {
  return std::holds_alternative<Numbers>(x) ? std::get<Numbers>(x).empty() : std::get<std::string>(x).empty();
}

constexpr GuardRow kGuards[] = {
    {"not int", PlainType::number, "TypeError", "n is not an int", "not isinstance(n, int)", "'a'", nullptr},
    {"not list", PlainType::numbers, "TypeError", "xs is not a list", "not isinstance(xs, list)", "5",
     nullptr},
    {"not str", PlainType::text, "TypeError", "s is not a str", "not isinstance(s, str)", "5", nullptr},
    {"negative", PlainType::number, "ValueError", "n is negative", "n < 0", nullptr,
     [](const PlainValue& x) { return std::get<int64_t>(x) < 0; }},
    {"zero", PlainType::number, "ValueError", "n is 0", "n == 0", nullptr,
     [](const PlainValue& x) { return std::get<int64_t>(x) == 0; }},
    {"empty", PlainType::numbers, "ValueError", "xs is empty", "not xs", nullptr, is_empty},
    {"short", PlainType::numbers, "IndexError", "xs has fewer than 2 items", "len(xs) < 2", nullptr,
     [](const PlainValue& x) { return std::get<Numbers>(x).size() < 2; }},
    {"empty", PlainType::text, "ValueError", "s is empty", "not s", nullptr, is_empty},
    {"space", PlainType::text, "ValueError", "s has a space", "' ' in s", nullptr,
     [](const PlainValue& x) { return std::get<std::string>(x).find(' ') != std::string::npos; }},
};

struct Plan {
  PlainType input{};
  bool reads_number = false;  // the input is a text that should hold a number
  int64_t fallback = 0;       // what to return where it does not
  std::vector<const GuardRow*> guards;
  std::vector<Step> steps;
};

struct Shape {
  size_t steps, guards;
  uint64_t reads_number_percent;
};
constexpr Shape kShapes[] = {{1, 0, 0}, {1, 1, 0}, {2, 1, 0}, {3, 1, 0}, {4, 2, 25}, {5, 2, 50}};

std::string_view variable(PlainType type) {
  constexpr std::string_view kNames[] = {"n", "xs", "s"};
  return kNames[static_cast<size_t>(type)];
}

std::string filled(const char* form, const Step& step, std::string_view x) {
  return fmt::format(fmt::runtime(form), fmt::arg("x", x), fmt::arg("k", step.with.k),
                     fmt::arg("j", step.with.j), fmt::arg("c", step.with.letter),
                     fmt::arg("d", step.with.other), fmt::arg("w", step.with.word),
                     fmt::arg("e", step.with.ending));
}

StepConstants draw_constants(Random& random, const StepDraws& row) {
  StepConstants with;
  if (row.k.drawn()) with.k = draw_between(random, row.k.low, row.k.high);
  if (row.j.drawn()) with.j = draw_between(random, row.j.low, row.j.high);
  if (row.text == StepText::letter || row.text == StepText::letters)
    with.letter = kStepLetters[draw_index(random, kStepLetters.size())];
  // Any other of the 26: the place behind it in the alphabet, as a circle.
  if (row.text == StepText::letters)
    with.other =
        static_cast<char>('a' + (with.letter - 'a' + 1 + static_cast<int>(draw_index(random, 25))) % 26);
  if (row.text == StepText::word || row.text == StepText::words) {
    std::vector<size_t> two = draw_different(random, kStepWords, 2);
    with.word = step_words()[two[0]];
    with.ending = step_words()[two[1]];
  }
  return with;
}

/// Steps that there are many of are drawn more often, or the others would come again and again.
Step draw_step(Random& random, PlainType from, bool may_grow, bool may_leave) {
  std::vector<const StepRow*> rows;
  std::vector<uint64_t> weights;
  for (const StepRow& row : step_rows())
    if (row.from == from && (may_grow || !row.draws.grows) && (may_leave || row.to == from)) {
      rows.push_back(&row);
      weights.push_back(2 + static_cast<uint64_t>(std::bit_width(row.draws.size())));
    }
  const StepRow& row = *rows[draw_weighted(random, weights)];
  return {&row, draw_constants(random, row.draws)};
}

std::vector<Step> draw_steps(Random& random, PlainType from, size_t count) {
  std::vector<Step> steps;
  bool may_grow = true;
  for (size_t i = 0; i < count; ++i) {
    // Lists and texts stay so for most of the way: their steps say more.
    bool may_leave = i + 1 == count || draw_chance(random, 40);
    Step step = draw_step(random, from, may_grow, may_leave);
    // The same step twice in a row is one.
    while (!steps.empty() && steps.back().row == step.row)
      step = draw_step(random, from, may_grow, may_leave);
    may_grow = may_grow && !step.row->draws.grows;
    from = step.row->to;
    steps.push_back(step);
  }
  return steps;
}

std::vector<const GuardRow*> draw_guards(Random& random, PlainType type, size_t count) {
  std::vector<const GuardRow*> of_type, of_value;
  for (const GuardRow& row : kGuards)
    if (row.type == type) (row.holds == nullptr ? of_type : of_value).push_back(&row);
  std::vector<const GuardRow*> guards;
  if (count == 2 || (count == 1 && draw_chance(random, 30))) guards.push_back(of_type[0]);
  if (count > guards.size()) guards.push_back(of_value[draw_index(random, of_value.size())]);
  return guards;
}

Plan draw_plan(Random& random, const Shape& shape) {
  Plan plan;
  plan.reads_number = draw_chance(random, shape.reads_number_percent);
  plan.input = plan.reads_number ? PlainType::text : static_cast<PlainType>(draw_index(random, 3));
  plan.fallback = draw_between(random, -9, 0);
  // Where the text is a number the one guard is that of its type; the fallback is the other.
  if (plan.reads_number)
    plan.guards = {&kGuards[2]};
  else
    plan.guards = draw_guards(random, plan.input, shape.guards);
  plan.steps = draw_steps(random, plan.reads_number ? PlainType::number : plan.input, shape.steps);
  return plan;
}

/// The number in a text of the form -?[0-9]+; the tests hold no others that Python's int() would read.
std::optional<int64_t> number_in(const std::string& text) {
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  int64_t n = 0;
  for (char c : digits) n = n * 10 + (c - '0');
  return text[0] == '-' ? -n : n;
}

FunctionTest expectation(const Plan& plan, const PlainValue& input) {
  FunctionTest test{python_literal(input), "", ""};
  for (const GuardRow* guard : plan.guards)
    if (guard->holds != nullptr && guard->holds(input)) {
      test.raises = guard->raises;
      return test;
    }
  PlainValue value = input;
  if (plan.reads_number) {
    auto n = number_in(std::get<std::string>(input));
    if (!n) {
      test.expected = python_literal(plan.fallback);
      return test;
    }
    value = *n;
  }
  for (const Step& step : plan.steps) value = step.row->apply(value, step.with);
  test.expected = python_literal(value);
  return test;
}

PlainValue draw_input(Random& random, const Plan& plan) {
  if (plan.reads_number) {
    constexpr std::string_view kOthers[] = {"x", "", "1a", "two", "-"};
    if (draw_chance(random, 30)) return std::string(kOthers[draw_index(random, std::size(kOthers))]);
    return fmt::format("{}", draw_between(random, -50, 50));
  }
  if (plan.input == PlainType::number) return draw_between(random, -50, 50);
  size_t length = draw_index(random, 8);
  if (plan.input == PlainType::numbers) {
    Numbers numbers;
    for (size_t i = 0; i < length; ++i) numbers.push_back(draw_between(random, -9, 20));
    return numbers;
  }
  std::string text;
  for (size_t i = 0; i < length; ++i) text += "abcdeostABEST "[draw_index(random, 14)];
  return text;
}

/// Numbers beside those of the first step, where one too many or too few shows.
Numbers numbers_beside(const Plan& plan) {
  const StepDraws& row = plan.steps[0].row->draws;
  const StepConstants& with = plan.steps[0].with;
  Numbers numbers;
  if (row.k.drawn()) numbers.insert(numbers.end(), {with.k - 1, with.k, with.k + 1});
  if (row.j.drawn()) numbers.insert(numbers.end(), {with.j - 1, with.j, with.j + 1});
  return numbers;
}

/// Where mistakes show.
std::vector<PlainValue> edge_inputs(const Plan& plan) {
  if (plan.reads_number) return {std::string("7"), std::string("-12"), std::string("x"), std::string("")};
  if (plan.input == PlainType::number) return {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{37}};
  if (plan.input == PlainType::numbers)
    return {Numbers{}, Numbers{4}, Numbers{3, -2}, Numbers{5, 12, -7, 8, 8, 1}, numbers_beside(plan)};
  return {std::string(), std::string("a"), std::string("aab Stose"), std::string("cadebTo")};
}

constexpr size_t kTests = 12;

std::vector<PlainValue> draw_inputs(Random& random, const Plan& plan) {
  std::vector<PlainValue> inputs = edge_inputs(plan);
  while (inputs.size() < kTests) inputs.push_back(draw_input(random, plan));
  return inputs;
}

std::vector<FunctionTest> tests_of(const Plan& plan, const std::vector<PlainValue>& inputs) {
  std::vector<FunctionTest> tests;
  for (const PlainValue& input : inputs) tests.push_back(expectation(plan, input));
  for (const GuardRow* guard : plan.guards)
    if (guard->faults != nullptr)
      for (const char* argument : {guard->faults, "None"})
        tests.push_back({argument, "", std::string(guard->raises)});
  return tests;
}

std::set<std::string> values_of(const std::vector<FunctionTest>& tests) {
  std::set<std::string> values;
  for (const FunctionTest& test : tests)
    if (test.raises.empty()) values.insert(test.expected);
  return values;
}

/// Whether the tests would see that step `i` was left out. One that changes the type cannot be left out.
bool step_shows(const Plan& plan, size_t i, const std::vector<PlainValue>& inputs) {
  if (plan.steps[i].row->from != plan.steps[i].row->to) return true;
  Plan without = plan;
  without.steps.erase(without.steps.begin() + static_cast<int64_t>(i));
  return std::any_of(inputs.begin(), inputs.end(), [&](const PlainValue& input) {
    return expectation(plan, input).expected != expectation(without, input).expected;
  });
}

/// A function whose tests all expect the same is no question, and a step that changes nothing is none.
bool says_something(const Plan& plan, const std::vector<PlainValue>& inputs) {
  if (values_of(tests_of(plan, inputs)).size() < 3) return false;
  for (size_t i = 0; i < plan.steps.size(); ++i)
    if (!step_shows(plan, i, inputs)) return false;
  return true;
}

std::string canonical(const Plan& plan) {
  constexpr std::string_view kTypes[] = {"int", "list", "str"};
  std::string text = fmt::format("functions {}", kTypes[static_cast<size_t>(plan.input)]);
  if (plan.reads_number) text += fmt::format(" number or {}", plan.fallback);
  for (const GuardRow* guard : plan.guards) text += fmt::format(" !{}:{}", guard->name, guard->raises);
  for (const Step& step : plan.steps) {
    text += fmt::format(" |{}", step.row->name);
    const StepDraws& row = step.row->draws;
    if (row.k.drawn()) text += fmt::format(" {}", step.with.k);
    if (row.j.drawn()) text += fmt::format(" {}", step.with.j);
    if (row.text == StepText::letter) text += fmt::format(" {}", step.with.letter);
    if (row.text == StepText::letters) text += fmt::format(" {} {}", step.with.letter, step.with.other);
    if (row.text == StepText::word) text += fmt::format(" {}", step.with.word);
    if (row.text == StepText::words) text += fmt::format(" {} {}", step.with.word, step.with.ending);
  }
  return text;
}

std::vector<std::string> words_of_steps(const Plan& plan) {
  std::vector<std::string> words;
  if (plan.reads_number) words.emplace_back("read the whole number in s");
  for (const Step& step : plan.steps) words.push_back(filled(step.row->words, step, ""));
  return words;
}

std::vector<std::string> error_words(const Plan& plan) {
  std::vector<std::string> words;
  for (const GuardRow* guard : plan.guards)
    words.push_back(fmt::format("Raise {} if {}.", guard->raises, guard->words));
  if (plan.reads_number) words.push_back(fmt::format("Return {} if s is not a whole number.", plan.fallback));
  return words;
}

struct Code {
  std::vector<std::string> guards, steps;  // lines inside the function
};

Code code_of(const Plan& plan) {
  Code code;
  std::string_view x = variable(plan.input);
  for (const GuardRow* guard : plan.guards) {
    code.guards.push_back(fmt::format("    if {}:", guard->condition));
    code.guards.push_back(fmt::format("        raise {}('{}')", guard->raises, guard->words));
  }
  if (plan.reads_number) {
    code.guards.insert(code.guards.end(), {"    try:", "        n = int(s)", "    except ValueError:",
                                           fmt::format("        return {}", plan.fallback)});
    x = "n";
  }
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    std::string expression = filled(step.row->code, step, x);
    bool last = i + 1 == plan.steps.size();
    x = variable(step.row->to);
    code.steps.push_back(last ? "    return " + expression : fmt::format("    {} = {}", x, expression));
  }
  return code;
}

std::string program(const Plan& plan, const std::string& name) {
  Code code = code_of(plan);
  std::string text = fmt::format("def {}({}):\n    \"\"\"{}.\"\"\"\n", name, variable(plan.input),
                                 capitalised(joined(words_of_steps(plan), ", then ")));
  for (const std::string& line : code.guards) text += line + "\n";
  return text + joined(code.steps, "\n");
}

std::string prompt(const Plan& plan, const std::string& name, size_t wording) {
  constexpr std::string_view kTypes[] = {"n is a whole number", "xs is a list of whole numbers",
                                         "s is a text"};
  std::string_view type = kTypes[static_cast<size_t>(plan.input)];
  std::string signature = fmt::format("{}({})", name, variable(plan.input));
  std::vector<std::string> errors = error_words(plan);
  std::string faults = errors.empty() ? "" : " " + joined(errors, " ");
  std::string steps = joined(words_of_steps(plan), ", then ");
  if (wording == 0)
    return fmt::format("Write a Python function {} with a docstring. Here {}. {}, and return the result.{}",
                       signature, type, capitalised(steps), faults);
  if (wording == 1)
    return fmt::format("Python: def {}, where {}. Steps: {}. Return what comes out.{} Give it a docstring.",
                       signature, type, joined(words_of_steps(plan), "; "), faults);
  return fmt::format("Complete this function and give it a docstring.{}\ndef {}:\n    # {}: {}, return it",
                     faults, signature, type, steps);
}

/// The guards and steps in a few words each, and with their code.
void think(const Plan& plan, Turn& turn) {
  turn.long_thought = "The errors first, then the steps.\n";
  auto claim = [&](const std::string& text, const std::string& code) {
    int last = static_cast<int>(turn.facts.size()) - 1;
    turn.facts.push_back({text, last < 0 ? std::vector<int>() : std::vector<int>{last}});
    turn.short_thought += text + "\n";
    turn.long_thought += fmt::format("{}. {}: {}\n", turn.facts.size(), text, code);
  };
  for (const GuardRow* guard : plan.guards)
    claim(fmt::format("{}: {}", guard->raises, guard->words), fmt::format("if {}", guard->condition));
  if (plan.reads_number) claim(fmt::format("int(s) or {}", plan.fallback), "try int(s), except ValueError");
  std::string_view x = plan.reads_number ? "n" : variable(plan.input);
  for (const Step& step : plan.steps) {
    claim(filled(step.row->words, step, x), filled(step.row->code, step, x));
    x = variable(step.row->to);
  }
  turn.short_thought.pop_back();
  turn.long_thought += "The last is returned.";
}

constexpr std::string_view kNames[] = {"f",    "g",    "work",   "solve", "run",
                                       "calc", "step", "change", "make",  "result"};
constexpr size_t kWordings = 3;
constexpr int kMaxPlans = 50;

}  // namespace

Problem draw_functions(Random& random, int level) {
  Plan plan;
  FunctionTask task;
  std::vector<PlainValue> inputs;
  for (int i = 0; i < kMaxPlans; ++i) {
    plan = draw_plan(random, kShapes[level - 1]);
    inputs = draw_inputs(random, plan);
    if (says_something(plan, inputs)) break;
  }
  task.tests = tests_of(plan, inputs);
  task.name = kNames[draw_index(random, std::size(kNames))];
  size_t wording = draw_index(random, kWordings);

  Turn turn;
  turn.user = prompt(plan, task.name, wording);
  turn.answer = program(plan, task.name);
  turn.form = AnswerForm::program;
  think(plan, turn);

  constexpr std::string_view kKinds[] = {"int", "list", "str"};
  Problem problem;
  problem.kind = plan.reads_number ? "parse" : kKinds[static_cast<size_t>(plan.input)];
  problem.template_id = fmt::format("functions.{}.{}", problem.kind, wording);
  problem.canonical = canonical(plan);
  problem.turns.push_back(std::move(turn));
  problem.function = std::move(task);
  return problem;
}

}  // namespace retort::problems
