// What the facts of a generated problem say: "pen = yellow", "jat -> gop", "Ann > Bob > Cid"; and the claims
// of a thought that they decide.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>

#include "retort/eval/tasks/claims/boolean.h"
#include "retort/eval/tasks/claims/found.h"
#include "retort/problems/problem.h"

namespace retort::eval::claims {

class Known {
 public:
  explicit Known(std::span<const problems::Fact> facts);

  const Truths& truths() const { return truths_; }
  /// Claims that `thing = value` or `thing -> next` of a thing that facts speak of hold if a fact says so; an
  /// order of names holds if the facts' order has it so. What the facts do not speak of is not decided.
  void find(Reading& reading) const;

 private:
  using Values = std::unordered_map<std::string, std::set<std::string>>;
  void add(const problems::Fact& fact);
  void find_value(Reading& reading, size_t at, const Values& values) const;
  size_t find_order(Reading& reading, size_t at) const;

  Truths truths_;
  Values values_, next_;
  std::unordered_map<std::string, size_t> ranks_;
};

}  // namespace retort::eval::claims
