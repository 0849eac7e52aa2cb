// The exact value of one side of a claim.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "retort/eval/answers/rational.h"
#include "retort/eval/tasks/claims/tokens.h"

namespace retort::eval::claims {

// Sides of real thoughts are far below; what lies above is not decided.
inline constexpr size_t kMaxSideTokens = 256;
inline constexpr size_t kMaxBits = 1 << 14;
inline constexpr int kMaxNesting = 40;

struct Value {
  Rational number;
  bool bare = false;       // one number, perhaps with a sign, a percent sign and a unit
  int decimals = 0;        // places of a bare number
  bool percent = false;    // it ends in a percent sign
  bool variables = false;  // some stood in it
  bool products = false;   // something was multiplied or divided in it
  std::string unit;        // without the plural's s; empty: none, or several multiplied
};

/// What one thought may spend, in words of 64 bits touched.
struct Effort {
  int64_t left = 4'000'000;
};

/// The value of a variable; nothing where it has none.
using Lookup = std::function<const Rational*(std::string_view name)>;

/// Nothing for what is no expression, has no rational value, adds up different units, or unknown variables:
/// then `unknown` is set.
std::optional<Value> value_of(std::span<const Token> side, const Lookup& lookup, Effort& effort,
                              bool& unknown);

}  // namespace retort::eval::claims
