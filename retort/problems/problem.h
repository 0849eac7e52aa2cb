// A generated problem as plain values: what is asked, the one right answer, worked thoughts, and the facts
// that a sound way to the answer passes through. Knows no model; training and evaluation use the same ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retort::problems {

inline constexpr int kMinLevel = 1;
inline constexpr int kMaxLevel = 6;

enum class Family : uint8_t {
#define X(name, summary) name,
#include "retort/problems/families.inc"
#undef X
};

/// Problems for learning and problems for measuring, told apart by the hash of the canonical problem alone
/// (split.h), so that no problem is ever in both.
enum class Split : uint8_t { train, test };

/// What the text of an answer must be, white space around it aside.
enum class AnswerForm : uint8_t {
  integer,  // decimal: 0, 7, -12; no sign before 0 or a positive number, no leading zeros
  text,     // exactly the words of the gold answer, on one line
  program,  // Python source that defines the function asked for
};

/// A fact that must be established on the way, as a claim in the notation of the thoughts ("7+8=15").
struct Fact {
  std::string claim;
  std::vector<int> parents;  // indexes of earlier facts of the same turn that it rests on
};

/// What a turn of a dialogue does; every other problem is one turn that asks.
enum class TurnKind : uint8_t {
  ask,      // wants a value
  premise,  // states something as known and wants "yes" or "no"
  tell,     // only informs; the answer is "ok"
};

/// One thing that the user says, and what is expected back.
struct Turn {
  std::string user;
  std::string answer;  // gold; of a program, one right program
  AnswerForm form = AnswerForm::text;
  std::string short_thought;  // gold, in few tokens
  std::string long_thought;   // gold, with words
  std::vector<Fact> facts;

  TurnKind kind = TurnKind::ask;
  int distance = 0;                       // turns since the fact asked for was last set or forgotten
  std::vector<std::string> stale_values;  // what was true earlier and is no longer: newest last
};

/// A call of the function asked for, in Python notation, and what must come of it.
struct FunctionTest {
  std::string arguments;  // "[1, 2], 'a'"
  std::string expected;   // "3"; empty where `raises` says what must be raised
  std::string raises;     // "ValueError"; a subclass will do
};

struct FunctionTask {
  std::string name;
  std::vector<FunctionTest> tests;  // never shown to the solver
};

struct Problem {
  Family family{};
  int level = kMinLevel;
  Split split = Split::train;
  uint64_t seed = 0;
  uint64_t index = 0;

  std::string kind;         // within the family: "sum", "chain", ...
  std::string template_id;  // of the wording: "arithmetic.sum.2"; the cluster for intervals
  std::string canonical;    // the problem without wording, names, and order that does not matter
  std::vector<Turn> turns;  // at least one
  std::optional<FunctionTask> function;
};

/// "arithmetic", "train", "integer", "premise".
std::string_view name(Family family);
std::string_view name(Split split);
std::string_view name(AnswerForm form);
std::string_view name(TurnKind kind);
/// One line about the family.
std::string_view summary(Family family);
std::optional<Family> parse_family(std::string_view name);
std::optional<Split> parse_split(std::string_view name);
/// All of them, in the order of the table.
std::vector<Family> all_families();

/// "arithmetic-3-test-7-42": family, level, split, seed, index. `generate` makes the same problem of it.
std::string id(const Problem& problem);

}  // namespace retort::problems
