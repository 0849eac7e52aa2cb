#include "retort/compress/calibrated_layers.h"

#include <fmt/core.h>

#include <algorithm>

#include "retort/base/check.h"
#include "retort/compress/gptq.h"
#include "retort/compress/layer_substitution.h"
#include "retort/compress/smoothquant.h"

namespace retort::compress {
namespace {

/// The layer's matrices in groups that read the same: their statistics are one.
std::vector<std::vector<const SourceTensor*>> groups_of(const SourceModel& source, int layer,
                                                        const Statistics& inputs) {
  std::vector<std::vector<const SourceTensor*>> groups;
  const InputStatistics* last = nullptr;
  for (const SourceTensor& tensor : source.tensors()) {
    if (tensor.layer != layer || tensor.role != TensorRole::linear) continue;
    const InputStatistics* mine = inputs.at(tensor.module).get();
    if (mine != last) groups.emplace_back();
    groups.back().push_back(&tensor);
    last = mine;
  }
  return groups;
}

IntegerMatrix nearest_in_shares(Context& ctx, MatrixView w, IntegerGrid grid,
                                std::span<const double> importance) {
  IntegerMatrix all{grid, w.rows, w.columns, {}, {}};
  all.q.resize(static_cast<size_t>(w.rows * w.columns));
  all.scale.resize(static_cast<size_t>(w.rows * all.groups()));
  ctx.pool.parallel_for(w.rows, 1, [&](int64_t begin, int64_t end) {
    const IntegerMatrix share = round_to_nearest({w.row(begin), end - begin, w.columns}, grid, importance);
    std::copy(share.q.begin(), share.q.end(), all.q.begin() + begin * w.columns);
    std::copy(share.scale.begin(), share.scale.end(), all.scale.begin() + begin * all.groups());
  });
  return all;
}

}  // namespace

void decode_rows(const IntegerMatrix& m, int64_t begin, int64_t end, float* out) {
  const int64_t group = m.columns / m.groups();
  for (int64_t i = begin * m.columns; i < end * m.columns; ++i)
    *out++ = m.scale[static_cast<size_t>(i / group)] * static_cast<float>(m.q[static_cast<size_t>(i)]);
}

CalibratedLayers::CalibratedLayers(Context& ctx, SourceModel& source, Calibration::Documents documents,
                                   CalibratedOptions options)
    : ctx_(ctx),
      source_(source),
      options_(std::move(options)),
      calibration_(ctx, source.checkpoint(), std::move(documents),
                   {.hessians = options_.method == Method::gptq || options_.method == Method::awq,
                    .progress = options_.progress}),
      edit_(source.config().head_dim) {
  source_.set_edit([this](const SourceTensor& tensor, int64_t begin, int64_t end, float* rows) {
    edit_(tensor, begin, end, rows);
  });
}

void CalibratedLayers::enter(int layer) {
  RETORT_CHECK(layer >= next_ - 1);
  while (next_ <= layer) {
    matrices_.clear();
    const Statistics inputs = calibration_.next();
    reports_.push_back({next_++, {}, {}});
    quantise_layer(inputs, reports_.back());
    if (options_.method == Method::gptq) go_on();
  }
}

IntegerMatrix CalibratedLayers::take(const SourceTensor& tensor) {
  enter(tensor.layer);
  auto node = matrices_.extract(tensor.module);
  RETORT_CHECK(!node.empty());
  return std::move(node.mapped());
}

void CalibratedLayers::quantise_layer(const Statistics& inputs, LayerReport& report) {
  std::vector<Folding> foldings;
  if (options_.method == Method::awq)
    foldings = awq(ctx_, source_, report.layer, inputs, options_.grid, &report.awq);
  else if (options_.method == Method::smoothquant)
    foldings = smoothquant(source_, report.layer, inputs);
  for (AwqChoice& choice : report.awq) choice.scale.clear();
  for (const Folding& folding : foldings) edit_.add(folding);
  for (const auto& group : groups_of(source_, report.layer, inputs))
    quantise_group(group, *inputs.at(group.front()->module), report);
}

void CalibratedLayers::quantise_group(const std::vector<const SourceTensor*>& tensors,
                                      const InputStatistics& inputs, LayerReport& report) {
  std::optional<GptqFactor> factor;
  if (options_.method == Method::gptq) {
    factor = gptq_factor(ctx_, inputs);
    if (!factor)
      for (const SourceTensor* tensor : tensors)
        report.fallbacks.push_back(fmt::format(
            "{}: {}", tensor->module,
            inputs.tokens == 0 ? "no token of the text reached it" : "its Hessian is not positive definite"));
  }
  for (const SourceTensor* tensor : tensors) {
    std::vector<float> values(static_cast<size_t>(tensor->rows * tensor->columns));
    ctx_.pool.parallel_for(tensor->rows, 1, [&](int64_t begin, int64_t end) {
      source_.read_rows(*tensor, begin, end, values.data() + begin * tensor->columns);
    });
    source_.release(*tensor);
    const MatrixView w{values.data(), tensor->rows, tensor->columns};
    matrices_.insert_or_assign(
        tensor->module, factor ? gptq(ctx_, w, options_.grid, *factor) : nearest(*tensor, values, inputs));
  }
}

/// With the importance of columns as the foldings have left it.
IntegerMatrix CalibratedLayers::nearest(const SourceTensor& tensor, const std::vector<float>& values,
                                        const InputStatistics& inputs) {
  const std::vector<float>* scale = edit_.of_reader(tensor.module);
  std::vector<double> importance;
  if (inputs.tokens > 0) importance = scale ? scaled_importance(inputs, *scale) : inputs.mean_square;
  return nearest_in_shares(ctx_, {values.data(), tensor.rows, tensor.columns}, options_.grid, importance);
}

/// The text flows on through the layer as it has become.
void CalibratedLayers::go_on() {
  LayerSubstitution layer(calibration_.model().layer(next_ - 1), source_);
  for (const SourceTensor& tensor : source_.tensors()) {
    const auto found = tensor.layer == next_ - 1 ? matrices_.find(tensor.module) : matrices_.end();
    if (found == matrices_.end() || tensor.role != TensorRole::linear) continue;
    std::vector<float> values(static_cast<size_t>(tensor.rows * tensor.columns));
    decode_rows(found->second, 0, tensor.rows, values.data());
    layer.replace(tensor, values.data());
  }
  calibration_.go_on_with(layer.layer());
}

}  // namespace retort::compress
