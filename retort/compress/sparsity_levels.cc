#include "retort/compress/sparsity_levels.h"

#include <algorithm>
#include <numeric>

#include "retort/base/check.h"

namespace retort::compress {
namespace {

class Walk {
 public:
  explicit Walk(const SiteCosts& costs)
      : costs_(costs), total_(std::accumulate(costs.weights.begin(), costs.weights.end(), 0.0)) {
    RETORT_CHECK(total_ > 0);
  }

  /// Goes on to this sparsity, the last step as far as it takes.
  SiteLevels to(double sparsity) {
    while (pruned_ < sparsity * total_) {
      const size_t site = cheapest();
      const double step = 1.0 / steps(site);
      const double left = static_cast<double>(done_[site] + 1) * step - levels_[site];
      const double wanted = (sparsity * total_ - pruned_) / costs_.weights[site];
      if (wanted < left) {
        levels_[site] += wanted;
        pruned_ = sparsity * total_;
      } else {
        levels_[site] = static_cast<double>(++done_[site]) * step;
        pruned_ += left * costs_.weights[site];
      }
    }
    return levels_;
  }

 private:
  double steps(size_t site) const { return static_cast<double>(costs_.error[site].size() - 1); }

  /// By the error of the next step for each weight that it prunes. One site can always go on: a sparsity is
  /// below 1.
  size_t cheapest() const {
    size_t best = kInputSites;
    double least = 0;
    for (size_t s = 0; s < kInputSites; ++s) {
      const std::vector<double>& error = costs_.error[s];
      if (costs_.weights[s] == 0 || done_[s] + 1 >= error.size()) continue;
      const double cost = (error[done_[s] + 1] - error[done_[s]]) * steps(s) / costs_.weights[s];
      if (best == kInputSites || cost < least) best = s, least = cost;
    }
    RETORT_CHECK(best < kInputSites);
    return best;
  }

  const SiteCosts& costs_;
  double total_, pruned_ = 0;
  SiteLevels levels_{};
  std::array<size_t, kInputSites> done_{};  // whole steps
};

}  // namespace

std::vector<SiteLevels> choose_levels(const SiteCosts& costs, std::span<const double> grid) {
  Walk walk(costs);
  std::vector<SiteLevels> out;
  for (double sparsity : grid) out.push_back(walk.to(sparsity));
  return out;
}

}  // namespace retort::compress
