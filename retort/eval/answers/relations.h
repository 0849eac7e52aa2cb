// Equations and inequalities.
#pragma once

#include <optional>

#include "retort/eval/answers/limits.h"
#include "retort/eval/answers/node.h"
#include "retort/eval/answers/verdict.h"

namespace retort::eval {

bool is_equation(const Node& node);    // a = b, a = b = c
bool is_inequality(const Node& node);  // a < b <= c, a != b
bool is_membership(const Node& node);  // x \in S

/// x, f(x), \text{area}: what an answer may put before its "=".
bool is_name(const Node& node);
/// Whether an equation only says what its last side is the value of: x = 5, m + n = 25, 2 + 3 = 5.
bool names_a_value(const Node& equation);

/// Equations of single values, the same up to a constant factor.
Verdict compare_equations(Effort& effort, const Node& gold, const Node& answer);
/// Inequalities, the same up to their direction and positive factors.
Verdict compare_inequalities(Effort& effort, const Node& gold, const Node& answer);

/// x > 3 as (3, infinity), 1 < x <= 2 as (1, 2].
std::optional<Node> as_interval(const Node& inequality);

}  // namespace retort::eval
