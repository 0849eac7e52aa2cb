// What every fuzz target demands of a parser of untrusted bytes: it succeeds, or throws an Error of one
// printable line. Anything else ends the run.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "retort/base/error.h"

namespace retort::fuzz {

template <typename F>
void expect_answer_or_error(F f) {
  try {
    f();
  } catch (const Error& error) {
    for (char c : error.message())
      if (c < ' ' || c > '~') {
        std::fprintf(stderr, "not one printable line: %s\n", error.message().c_str());
        std::abort();
      }
    if (error.message().empty() || error.message().size() > 2000) std::abort();
  }
}

}  // namespace retort::fuzz
