#include "retort/plan/time.h"

#include <algorithm>
#include <cmath>

#include "retort/tensor/dtype.h"

namespace retort::plan {

FormatClass class_of(std::string_view type) {
  if (const auto dtype = dtype_from_name(type)) return format_class(*dtype);
  return type == "int8" ? FormatClass::int8 : FormatClass::packed;  // groups of 4 bits
}

TimeModel::TimeModel(const ModelShape& shape, const Weights& weights, KvType kv, const DeviceSet& devices,
                     Split split, int64_t chunk)
    : devices_(devices), split_(split), chunk_(chunk) {
  check(shape, devices, split);
  for (const WeightTensor& tensor : weights.tensors) {
    if (tensor.group != Group::embedding)
      add(tensor, tensor.group == Group::head);
    else if (shape.tie_word_embeddings)
      add(tensor, true);  // the table is the head; otherwise a step reads one row a token
  }
  experts_ = static_cast<double>(shape.n_routed_experts);
  experts_per_token_ = static_cast<double>(shape.num_experts_per_tok);
  layers_ = static_cast<double>(shape.num_hidden_layers);
  hidden_ = static_cast<double>(shape.hidden_size);
  kv_bytes_ = static_cast<double>(kv_bytes_per_token(shape, kv));
  // Scores and their weighted sum: a multiply and an add each. With latent attention the compressed vectors
  // take part (the absorbed form, DeepSeek-V2, section 2.1.2).
  const double width = shape.has_latent_attention()
                           ? static_cast<double>(2 * shape.kv_lora_rank + shape.qk_rope_head_dim)
                           : 2.0 * static_cast<double>(shape.head_dim);
  attention_operations_ = 2.0 * layers_ * static_cast<double>(shape.num_attention_heads) * width;
  kv_share_ = kv_share(shape, split, devices.count);
}

void TimeModel::add(const WeightTensor& tensor, bool head) {
  Products& p = products_[static_cast<size_t>(class_of(tensor.type))];
  const double bytes = static_cast<double>(tensor.bytes);
  const double parameters = tensor.group == Group::vectors
                                ? 0.0
                                : static_cast<double>(tensor.rows) * static_cast<double>(tensor.columns) *
                                      static_cast<double>(tensor.copies);
  (head ? p.head_bytes : tensor.group == Group::experts ? p.expert_bytes : p.shared_bytes) += bytes;
  (head                             ? p.head_parameters
   : tensor.group == Group::experts ? p.expert_parameters
                                    : p.shared_parameters) += parameters;
}

/// Of a mixture's experts those that the tokens touch are read: 1 - (1 - k / E)^n of them in expectation.
void TimeModel::add_products(const StepWork& work, StepTime& time) const {
  const double tokens = work.tokens(), n = split_ == Split::tensor ? devices_.count : 1;
  const double touched = experts_ > 0 ? 1 - std::pow(1 - experts_per_token_ / experts_, tokens) : 0;
  const double used = experts_ > 0 ? experts_per_token_ / experts_ : 0;
  for (int c = 0; c < kFormatClasses; ++c) {
    const auto format = static_cast<FormatClass>(c);
    const Products& p = products_[static_cast<size_t>(c)];
    const double bytes = p.shared_bytes + touched * p.expert_bytes + (work.outputs > 0 ? p.head_bytes : 0.0);
    if (bytes == 0) continue;
    const double operations =
        2 * (tokens * (p.shared_parameters + used * p.expert_parameters) + work.outputs * p.head_parameters);
    const Device& device = devices_.device;
    const double reading =
        bytes / (device.read_bytes_per_second.value * device.decode_efficiency(format).value);
    const double computing =
        operations / (device.matrix_peak(format).value * device.prefill_efficiency(format).value);
    time.products += std::max(reading, computing) / n;
    time.read_bytes += bytes;
    time.operations += operations;
  }
}

void TimeModel::add_attention(const StepWork& work, StepTime& time) const {
  const Device& device = devices_.device;
  const double share = split_ == Split::tensor ? kv_share_ : 1.0;
  const double bandwidth =
      device.read_bytes_per_second.value * device.decode_efficiency(FormatClass::wide).value;
  const double peak =
      device.matrix_peak(FormatClass::wide).value * device.prefill_efficiency(FormatClass::wide).value;
  const auto part = [&](double pairs, double positions) {
    const double bytes = positions * kv_bytes_, operations = pairs * attention_operations_;
    time.read_bytes += bytes;
    time.operations += operations;
    time.attention += share * std::max(bytes / bandwidth, operations / peak);
  };
  if (work.decode_tokens > 0) part(work.decode_positions, work.decode_positions);
  // Token i of a chunk sees the context and i others: half the square.
  if (work.prefill_tokens > 0)
    part(work.prefill_tokens * (work.prefill_position + work.prefill_tokens / 2),
         work.prefill_position + work.prefill_tokens);
}

void TimeModel::add_communication(const StepWork& work, StepTime& time) const {
  const int n = devices_.count;
  if (n == 1) return;
  const double bytes = work.tokens() * hidden_ * 2;  // BF16
  const Link& link = *devices_.device.link;
  time.communication = split_ == Split::tensor
                           ? 2 * layers_ * all_reduce_seconds(link, n, bytes)
                           : (n - 1) * (bytes / link.bytes_per_second.value + link.latency_seconds.value);
}

StepTime TimeModel::step(const StepWork& work) const {
  StepTime time;
  add_products(work, time);
  add_attention(work, time);
  add_communication(work, time);
  const Efficiencies& e = devices_.device.efficiencies;
  time.overhead = e.step_seconds.value + layers_ * e.layer_seconds.value;
  return time;
}

double TimeModel::prefill_seconds(int64_t n, int64_t position) const {
  double seconds = 0;
  for (int64_t done = 0; done < n;) {
    const int64_t now = std::min(chunk_, n - done);
    seconds += step({.prefill_tokens = static_cast<double>(now),
                     .prefill_position = static_cast<double>(position + done),
                     .outputs = done + now == n ? 1.0 : 0.0})
                   .seconds();
    done += now;
  }
  return seconds;
}

StepTime TimeModel::decode(int64_t batch, int64_t context) const {
  const auto b = static_cast<double>(batch);
  return step({.decode_tokens = b, .decode_positions = b * static_cast<double>(context), .outputs = b});
}

double TimeModel::decode_tokens_per_second(int64_t batch, int64_t context) const {
  return static_cast<double>(batch) / decode(batch, context).seconds();
}

double TimeModel::prefill_tokens_per_second(int64_t n) const {
  return static_cast<double>(n) / prefill_seconds(n);
}

}  // namespace retort::plan
