// What an evaluation at one point gave.
#pragma once

#include <optional>
#include <utility>

namespace retort::eval {

enum class SampleState {
  value,
  undefined,     // the expression has no value there: division by zero, logarithm of 0
  inapplicable,  // this kind of arithmetic cannot say
};

template <typename T>
struct Sample {
  SampleState state = SampleState::inapplicable;
  std::optional<T> value;  // when state is `value`

  Sample(SampleState s) : state(s) {}                              // NOLINT: results convert
  Sample(T v) : state(SampleState::value), value(std::move(v)) {}  // NOLINT
};

}  // namespace retort::eval
