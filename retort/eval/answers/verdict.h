// What a comparison of two answers found, and why.
#pragma once

#include <string>
#include <utility>

namespace retort::eval {

enum class Equality { equal, different, undecided };

struct Verdict {
  Equality equality = Equality::undecided;
  std::string reason;  // one line; for readers, not for programs

  bool equal() const { return equality == Equality::equal; }
  bool different() const { return equality == Equality::different; }
  bool undecided() const { return equality == Equality::undecided; }
};

inline Verdict equal(std::string reason) {
  return {Equality::equal, std::move(reason)};
}
inline Verdict different(std::string reason) {
  return {Equality::different, std::move(reason)};
}
inline Verdict undecided(std::string reason) {
  return {Equality::undecided, std::move(reason)};
}

}  // namespace retort::eval
