#include "retort/compress/scaled_group.h"

#include <fmt/core.h>

#include <algorithm>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/compress/folding_edit.h"

namespace retort::compress {
namespace {

const SourceTensor* matrix(const SourceModel& model, const std::string& module) {
  const SourceTensor* tensor = model.find(module + ".weight");
  RETORT_CHECK(tensor != nullptr);
  return tensor;
}

void add_experts(const SourceModel& model, const std::string& at, std::vector<ScaledGroup>& groups) {
  ScaledGroup behind_norm{at + "post_attention_layernorm.weight", {}, {at + "block_sparse_moe.gate"}};
  std::vector<ScaledGroup> behind_up;
  for (int64_t e = 0; e < model.config().num_local_experts; ++e) {
    const std::string expert = fmt::format("{}block_sparse_moe.experts.{}.", at, e);
    behind_norm.readers.push_back(matrix(model, expert + "w1"));
    behind_norm.readers.push_back(matrix(model, expert + "w3"));
    behind_up.push_back({expert + "w3.weight", {matrix(model, expert + "w2")}, {}});
  }
  groups.push_back(std::move(behind_norm));
  groups.insert(groups.end(), behind_up.begin(), behind_up.end());
}

}  // namespace

std::vector<ScaledGroup> scaled_groups(const SourceModel& model, int layer) {
  const std::string at = fmt::format("model.layers.{}.", layer), attention = at + "self_attn.";
  std::vector<ScaledGroup> groups;
  groups.push_back({at + "input_layernorm.weight",
                    {matrix(model, attention + "q_proj"), matrix(model, attention + "k_proj"),
                     matrix(model, attention + "v_proj")},
                    {}});
  groups.push_back({attention + "v_proj.weight", {matrix(model, attention + "o_proj")}, {}});
  if (model.config().has_experts()) {
    add_experts(model, at, groups);
    return groups;
  }
  const std::string mlp = at + "mlp.";
  groups.push_back({at + "post_attention_layernorm.weight",
                    {matrix(model, mlp + "gate_proj"), matrix(model, mlp + "up_proj")},
                    {}});
  groups.push_back({mlp + "up_proj.weight", {matrix(model, mlp + "down_proj")}, {}});
  return groups;
}

std::vector<float> GroupWeights::mean_abs() const {
  std::vector<float> mean(static_cast<size_t>(columns()));
  double tokens = 0;
  for (const Part& part : parts) tokens += static_cast<double>(part.inputs->tokens);
  if (tokens == 0) return mean;
  for (const Part& part : parts) {
    const double share = static_cast<double>(part.inputs->tokens) / tokens;
    for (size_t c = 0; c < mean.size(); ++c)
      mean[c] += static_cast<float>(share * static_cast<double>(part.inputs->mean_abs[c]));
  }
  return mean;
}

std::vector<float> GroupWeights::max_abs() const {
  std::vector<float> most(static_cast<size_t>(columns()));
  for (const Part& part : parts)
    for (size_t c = 0; c < most.size(); ++c) most[c] = std::max(most[c], part.inputs->max_abs[c]);
  return most;
}

GroupWeights read_group(const SourceModel& model, const ScaledGroup& group, const Statistics& statistics) {
  GroupWeights weights;
  for (const SourceTensor* tensor : group.readers) {
    const auto inputs = statistics.find(tensor->module);
    if (inputs == statistics.end())
      fail(ErrorCode::not_found, "calibration: there are no statistics of {}", tensor->module);
    GroupWeights::Part part{std::vector<float>(static_cast<size_t>(tensor->rows * tensor->columns)),
                            tensor->rows, tensor->columns, inputs->second.get()};
    model.read_rows(*tensor, 0, tensor->rows, part.values.data());
    weights.parts.push_back(std::move(part));
  }
  return weights;
}

Folding fold(const SourceModel& model, const ScaledGroup& group, std::vector<float> scale) {
  const SourceTensor* source = model.find(group.source);
  RETORT_CHECK(source != nullptr);
  if (source->role == TensorRole::vector) {
    std::vector<float> norm(static_cast<size_t>(source->columns));
    model.read_rows(*source, 0, 1, norm.data());
    fit_to_norm(scale, norm);
  } else {
    share_between_heads(scale, source->rows, model.config().head_dim);
  }
  Folding folding{group.source, group.other_readers, std::move(scale)};
  for (const SourceTensor* reader : group.readers) folding.readers.push_back(reader->module);
  return folding;
}

}  // namespace retort::compress
