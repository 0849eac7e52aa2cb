// Rational functions over a prime field: two of them that agree at random points are equal (Schwartz 1980,
// Zippel 1979). The primes are 1 modulo 4, so that i has a value too; pi and e are indeterminates like the
// variables.
#pragma once

#include <cstdint>

#include "retort/eval/answers/limits.h"
#include "retort/eval/answers/node.h"
#include "retort/eval/answers/sample.h"

namespace retort::eval {

struct PrimeField {
  uint64_t prime;
  uint64_t root_of_minus_one;
};

/// The two largest primes below 2^61 that are 1 modulo 4.
constexpr PrimeField kFields[] = {{2305843009213693921, 583529827753931384},
                                  {2305843009213693693, 966685122347009555}};

/// The value of `node` where every variable has a value that depends on its name and `point` only.
Sample<uint64_t> modular_value(Effort& effort, const Node& node, const PrimeField& field, uint64_t point);

/// 64 bits that depend on a name and a point.
uint64_t name_bits(std::string_view name, uint64_t point);

}  // namespace retort::eval
