#include "retort/model/input_pruning.h"

#include <algorithm>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/topology.h"

namespace retort {
namespace {

/// Calls visit(PrunedInput&) on each that there is.
template <typename Layers, typename F>
void for_each_input(Layers& layers, F visit) {
  for (auto& layer : layers)
    for (auto& input : layer)
      if (input) visit(*input);
}

}  // namespace

InputPruning::InputPruning(std::span<const SiteLayers> layers, std::span<const LayerThresholds> thresholds)
    : thresholds_(thresholds.begin(), thresholds.end()), layers_(layers.size()) {
  RETORT_CHECK(layers.size() == thresholds.size());
  for (size_t i = 0; i < layers.size(); ++i)
    for (size_t s = 0; s < kInputSites; ++s)
      if (thresholds[i][s] > 0 && !layers[i][s].empty())
        layers_[i][s].emplace(layers[i][s], thresholds[i][s]);
}

const PrunedInput* InputPruning::find(int layer, InputSite site) const {
  const auto& input = layers_[static_cast<size_t>(layer)][static_cast<size_t>(site)];
  return input ? &*input : nullptr;
}

bool InputPruning::holds(const Linear& matrix) const {
  bool found = false;
  for_each_input(layers_, [&](const PrunedInput& input) {
    const auto all = input.layers();
    found |= input.stack() != nullptr && std::find(all.begin(), all.end(), &matrix) != all.end();
  });
  return found;
}

void InputPruning::pack(Context& ctx, const Checkpoint& checkpoint, const ProgressFn& progress) {
  std::vector<PrunedInput*> inputs;
  uint64_t total = 0, done = 0;
  for_each_input(layers_, [&](PrunedInput& input) {
    if (!input.stackable()) return;
    inputs.push_back(&input);
    total += input.make_stack().bytes();
  });
  if (total == 0) return;
  if (const uint64_t available = read_memory_status().available; total > available)
    fail(ErrorCode::resource,
         "sparsity: weights by columns need {} bytes of memory, {} are available; run without --sparsity, or "
         "with "
         "--no-repack, which is no faster",
         total, available);
  buffer_ = std::make_unique<HugeBuffer>(total, "run without --sparsity");
  for (PrunedInput* input : inputs) {
    ColumnStack& stack = *input->stack();
    stack.use(buffer_->data() + done);
    ctx.pool.parallel_for(stack.n_lines(), 1, [&](int64_t begin, int64_t end) { stack.pack(begin, end); });
    for (const Linear* matrix : input->layers()) checkpoint.release(matrix->weight());
    done += stack.bytes();
    if (progress) progress("sorting weights by columns", done, total);
  }
}

double InputPruning::skipped() const {
  double weights = 0, skipped = 0;
  for_each_input(layers_, [&](const PrunedInput& input) {
    weights += static_cast<double>(input.weights());
    skipped += static_cast<double>(input.weights()) * input.skipped();
  });
  return weights > 0 ? skipped / weights : 0;
}

double InputPruning::weights() const {
  double total = 0;
  for_each_input(layers_, [&](const PrunedInput& input) { total += static_cast<double>(input.weights()); });
  return total;
}

uint64_t InputPruning::bytes() const {
  uint64_t total = 0;
  for_each_input(layers_, [&](const PrunedInput& input) { total += input.bytes(); });
  return total;
}

uint64_t InputPruning::packed_bytes() const {
  uint64_t total = 0;
  for_each_input(layers_,
                 [&](const PrunedInput& input) { total += input.stack() ? input.stack()->bytes() : 0; });
  return total;
}

}  // namespace retort
