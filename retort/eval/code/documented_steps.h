// What the docstring of a generated function must name: its steps, which the problem tells one by one.
#pragma once

#include "retort/eval/code/documentation.h"
#include "retort/problems/problem.h"

namespace retort::eval {

/// Steps in place of parameters; exceptions and the return value need not be told, and are checked if they
/// are. `problem` is of the family `functions`.
DocumentationExpectations expectations_of(const problems::Problem& problem);

}  // namespace retort::eval
