// ExpertLoad: how evenly the routers of a model spread tokens over their experts, counted while it runs.
#pragma once

#include <cstdint>
#include <vector>

#include "retort/ops/moe_routing.h"

namespace retort {

/// A Context that points to one has every mixture of experts count into it. Counting takes nothing from the
/// heap. Not for use by several threads at once.
class ExpertLoad {
 public:
  ExpertLoad() = default;  // of no layers
  ExpertLoad(int64_t n_layers, int64_t n_experts)
      : n_layers_(n_layers), n_experts_(n_experts), counts_(static_cast<size_t>(n_layers * n_experts)) {}

  int64_t n_layers() const { return n_layers_; }
  int64_t n_experts() const { return n_experts_; }

  /// One forward of a layer, in [0, n_layers), with n_experts experts.
  void add(int64_t layer, const MoeRouting& routing);
  void clear();
  /// Adds the counts of another; one of the two may be empty (of no layers).
  ExpertLoad& operator+=(const ExpertLoad& other);

  /// All that it holds, for another process to make the same of.
  std::vector<int64_t> to_numbers() const;
  static ExpertLoad from_numbers(const std::vector<int64_t>& numbers);

  /// Tokens that went to the expert.
  int64_t count(int64_t layer, int64_t expert) const {
    return counts_[static_cast<size_t>(layer * n_experts_ + expert)];
  }
  /// All pairs of token and expert of a layer.
  int64_t total(int64_t layer) const;

  /// The busiest expert's tokens over the mean of its layer: 1 is perfect balance, n_experts is collapse.
  /// Over all layers the worst. 0 if nothing was counted.
  double imbalance(int64_t layer) const;
  double imbalance() const;
  /// Experts that no token went to, in all layers that saw any.
  int64_t n_idle() const;
  /// Experts whose weights a layer's forward read, on average over forwards and layers; 0 before the first.
  double mean_read() const;

 private:
  int64_t n_layers_ = 0, n_experts_ = 0;
  std::vector<int64_t> counts_;          // [layers][experts]
  int64_t n_forwards_ = 0, n_read_ = 0;  // of layers; experts with tokens in them
};

}  // namespace retort
