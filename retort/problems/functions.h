// The steps that generated Python functions are made of. Each step is told in words, written in Python, and
// worked out here on plain values, so that what a program must give is known without running Python.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "retort/problems/draw.h"

namespace retort::problems {

using Numbers = std::vector<int64_t>;
/// An int, a list of ints, or a text of ASCII letters, digits and spaces.
using PlainValue = std::variant<int64_t, Numbers, std::string>;

enum class PlainType : uint8_t { number, numbers, text };

/// What is drawn for a step: each row uses some of it.
struct StepConstants {
  int64_t k = 0, j = 0;
  char letter = 'a', other = 'a';
  std::string_view word, ending;
};

struct NumberRange {
  int64_t low = 0, high = 0;  // both 0: none is drawn
  bool drawn() const { return low != 0 || high != 0; }
  uint64_t size() const { return drawn() ? static_cast<uint64_t>(high - low) + 1 : 1; }
};

enum class StepText : uint8_t { none, letter, letters, word, words };

/// How a step's constants are drawn.
struct StepDraws {
  NumberRange k = {}, j = {};
  StepText text = StepText::none;
  bool grows = false;  // squares: at most one of them in a function

  /// How many different steps they make.
  uint64_t size() const;
};

struct StepRow {
  std::string_view name;  // in the canonical form and in thoughts
  PlainType from, to;
  // {x}: the variable; {k}, {j}: the numbers; {c}, {d}: the letters; {w}, {e}: the words
  const char* words;
  const char* code;  // an expression
  StepDraws draws;
  PlainValue (*apply)(const PlainValue& x, const StepConstants& with) = nullptr;
};

inline constexpr std::string_view kStepLetters = "abcdeost";
inline constexpr size_t kStepWords = 40;

std::span<const StepRow> step_rows();
/// The words that texts get put before or behind them.
std::span<const std::string_view, kStepWords> step_words();

/// "3", "[1, 2]", "'ab'".
std::string python_literal(const PlainValue& value);

}  // namespace retort::problems
