// A format for each tensor so that all together fit a budget and lose least: a multiple-choice knapsack, by
// dynamic programming over bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace retort::compress {

struct FormatOption {
  uint64_t bytes = 0;
  double loss = 0;
};

/// Which option of each item: the bytes add up to the budget or less, the losses to the least there is.
/// Nothing if the smallest options do not fit. Above 2^16 different sums bytes are counted in steps, each
/// option's rounded up: then what is left of the budget may be up to a step an item.
std::optional<std::vector<int>> choose_under_budget(std::span<const std::vector<FormatOption>> items,
                                                    uint64_t budget);

}  // namespace retort::compress
