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

/// How numbers in a step's words and code are drawn.
struct StepRow {
  std::string_view name;  // in the canonical form and in thoughts
  PlainType from, to;
  const char* words;          // {k}: the number, {c}: the letter
  const char* code;           // an expression; {x}: the variable
  int64_t low = 0, high = 0;  // of k; 0, 0 for a step without
  bool takes_letter = false;
  bool grows = false;  // squares: at most one of them in a function
  PlainValue (*apply)(const PlainValue& x, int64_t k, char c) = nullptr;
};

std::span<const StepRow> step_rows();

/// "3", "[1, 2]", "'ab'".
std::string python_literal(const PlainValue& value);

}  // namespace retort::problems
