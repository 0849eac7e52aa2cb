// What the finders of claims hand on: each claim that could be decided, and which tokens are spoken for.
#pragma once

#include <string>
#include <vector>

#include "retort/eval/tasks/claims/tokens.h"

namespace retort::eval::claims {

struct Found {
  size_t begin = 0, end = 0;  // bytes of the thought
  bool holds = false;
  std::string key;  // the claim without layout: the same claim again has the same key
};

struct Reading {
  std::vector<Token> tokens;
  std::vector<bool> used;  // a token belongs to at most one kind of claim
  std::vector<Found> found;

  /// The claim that tokens first to last - 1 make.
  void add(size_t first, size_t last, bool holds) {
    std::string key;
    for (size_t i = first; i < last; ++i) (key += tokens[i].text) += ' ';
    found.push_back({tokens[first].begin, tokens[last - 1].end, holds, std::move(key)});
  }
  void use(size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) used[i] = true;
  }
};

}  // namespace retort::eval::claims
