#include "retort/ops/expert_load.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "retort/base/check.h"

namespace retort {

void ExpertLoad::add(int64_t layer, const MoeRouting& routing) {
  RETORT_CHECK(layer >= 0 && layer < n_layers_ && routing.n_experts == n_experts_);
  if (routing.n_tokens == 0) return;
  ++n_forwards_;
  for (int64_t e = 0; e < n_experts_; ++e) {
    counts_[static_cast<size_t>(layer * n_experts_ + e)] += routing.load(e);
    n_read_ += routing.load(e) > 0;
  }
}

void ExpertLoad::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  n_forwards_ = n_read_ = 0;
}

ExpertLoad& ExpertLoad::operator+=(const ExpertLoad& other) {
  if (other.n_layers_ == 0) return *this;
  if (n_layers_ == 0) return *this = other;
  RETORT_CHECK(n_layers_ == other.n_layers_ && n_experts_ == other.n_experts_);
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
  n_forwards_ += other.n_forwards_;
  n_read_ += other.n_read_;
  return *this;
}

std::vector<int64_t> ExpertLoad::to_numbers() const {
  std::vector<int64_t> numbers{n_layers_, n_experts_, n_forwards_, n_read_};
  numbers.insert(numbers.end(), counts_.begin(), counts_.end());
  return numbers;
}

ExpertLoad ExpertLoad::from_numbers(const std::vector<int64_t>& numbers) {
  RETORT_CHECK(numbers.size() >= 4 && static_cast<int64_t>(numbers.size()) == 4 + numbers[0] * numbers[1]);
  ExpertLoad load(numbers[0], numbers[1]);
  load.n_forwards_ = numbers[2];
  load.n_read_ = numbers[3];
  load.counts_.assign(numbers.begin() + 4, numbers.end());
  return load;
}

int64_t ExpertLoad::total(int64_t layer) const {
  auto first = counts_.begin() + layer * n_experts_;
  return std::accumulate(first, first + n_experts_, int64_t{0});
}

double ExpertLoad::imbalance(int64_t layer) const {
  const int64_t all = total(layer);
  if (all == 0) return 0;
  auto first = counts_.begin() + layer * n_experts_;
  const auto most = static_cast<double>(*std::max_element(first, first + n_experts_));
  return most * static_cast<double>(n_experts_) / static_cast<double>(all);
}

double ExpertLoad::imbalance() const {
  double worst = 0;
  for (int64_t layer = 0; layer < n_layers_; ++layer) worst = std::max(worst, imbalance(layer));
  return worst;
}

int64_t ExpertLoad::n_idle() const {
  int64_t idle = 0;
  for (int64_t layer = 0; layer < n_layers_; ++layer)
    for (int64_t e = 0; total(layer) > 0 && e < n_experts_; ++e) idle += count(layer, e) == 0;
  return idle;
}

double ExpertLoad::mean_read() const {
  return n_forwards_ == 0 ? 0 : static_cast<double>(n_read_) / static_cast<double>(n_forwards_);
}

}  // namespace retort
