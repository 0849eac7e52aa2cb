// 1 \pm \sqrt{2} as the values it stands for.
#pragma once

#include <optional>
#include <vector>

#include "retort/eval/answers/node.h"

namespace retort::eval {

/// Every choice of signs: independent for \pm alone; with a \mp among them all move together. Nothing if
/// there are more than kMaxSignVariants. A node without \pm is its only variant.
std::optional<std::vector<Node>> sign_variants(const Node& node);

}  // namespace retort::eval
