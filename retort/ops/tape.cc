#include "retort/ops/tape.h"

#include <algorithm>

#include "retort/base/check.h"
#include "retort/ops/context.h"

namespace retort {

void Tape::watch(const void* data, Tensor gradient) {
  RETORT_CHECK(data != nullptr);
  parameters_[data] = std::move(gradient);
}

std::optional<Tensor> Tape::parameter(const void* data) const {
  auto found = parameters_.find(data);
  if (found == parameters_.end()) return std::nullopt;
  return found->second;
}

void Tape::record(const Tensor& output, Backward backward, bool in_place) {
  record(std::span(&output, 1), std::move(backward), in_place);
}

void Tape::record(std::span<const Tensor> outputs, Backward backward, bool in_place) {
  records_.push_back({{outputs.begin(), outputs.end()}, std::move(backward), in_place});
}

Tape::Sink Tape::sink(const Tensor& x) {
  RETORT_CHECK(x.bytes() != nullptr);
  auto [entry, empty] = gradients_.try_emplace(x.bytes());
  if (empty) {
    auto& spare = free_[x.view().bytes()];
    std::byte* data = nullptr;
    if (spare.empty()) {
      data = arena_.allocate(x.view().bytes());
    } else {
      data = spare.back();
      spare.pop_back();
    }
    entry->second = Tensor(x.dtype(), x.shape(), data);
  }
  RETORT_CHECK(entry->second.dtype() == x.dtype() && entry->second.shape() == x.shape());
  return {entry->second, empty};
}

Tensor Tape::gradient(const Tensor& x) const {
  auto found = gradients_.find(x.bytes());
  return found == gradients_.end() ? Tensor() : found->second;
}

bool Tape::hand_over(const Tensor& output, const Tensor& x) {
  RETORT_CHECK(output.dtype() == x.dtype() && output.shape() == x.shape());
  auto found = gradients_.find(output.bytes());
  RETORT_CHECK(found != gradients_.end());
  if (gradients_.contains(x.bytes())) return false;
  const Tensor gradient = found->second;
  gradients_.erase(found);
  gradients_.emplace(x.bytes(), gradient);
  return true;
}

bool Tape::reached(const Record& record) const {
  return std::any_of(record.outputs.begin(), record.outputs.end(),
                     [&](const Tensor& output) { return gradients_.contains(output.bytes()); });
}

void Tape::release(const Tensor& output) {
  auto found = gradients_.find(output.bytes());
  if (found == gradients_.end()) return;
  free_[found->second.view().bytes()].push_back(found->second.bytes());
  gradients_.erase(found);
}

void Tape::backward(Context& ctx) {
  for (; !records_.empty(); records_.pop_back()) {
    const Record& record = records_.back();
    if (!reached(record)) continue;
    record.backward(ctx);
    if (record.in_place) continue;
    for (const Tensor& output : record.outputs) release(output);
  }
}

void Tape::reset() {
  records_.clear();
  gradients_.clear();
  free_.clear();
  arena_.reset();
}

}  // namespace retort
