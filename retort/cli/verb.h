// A verb of the program: a name, one line about it, and a function. The table is verbs.inc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace retort::cli {

using Arguments = std::vector<std::string>;

struct Verb {
  std::string_view name;
  std::string_view summary;
  /// Takes the arguments after the verb; returns the exit status or throws Error.
  int (*run)(const Arguments& arguments);
};

std::span<const Verb> verbs();

#define X(name, summary) int verb_##name(const Arguments& arguments);
#include "retort/cli/verbs.inc"
#undef X

}  // namespace retort::cli
