// A part of a text, in bytes.
#pragma once

#include <cstddef>

namespace retort {

struct TextSpan {
  size_t begin = 0;
  size_t end = 0;

  bool operator==(const TextSpan&) const = default;
};

}  // namespace retort
