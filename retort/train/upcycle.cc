#include "retort/train/upcycle.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/train/stored_weights.h"

namespace retort::train {
namespace {

/// Rows or columns [begin, begin + n) of a matrix into one of that size, times `factor`.
void copy_part(const Tensor& from, int64_t row, int64_t column, double factor, const Tensor& to) {
  for (int64_t i = 0; i < to.rows(); ++i) {
    const float* source = from.row(row + i) + column;
    std::transform(source, source + to.columns(), to.row(i),
                   [factor](float x) { return static_cast<float>(factor) * x; });
  }
}

void add_noise(const Tensor& x, double share, Random& random) {
  const int64_t n = x.shape().elements();
  double squares = 0;
  for (int64_t i = 0; i < n; ++i) squares += std::pow(static_cast<double>(x.f32()[i]), 2);
  const auto deviation = static_cast<float>(share * std::sqrt(squares / static_cast<double>(n)));
  for (int64_t i = 0; i < n; ++i) x.f32()[i] += deviation * random.normal();
}

const Tensor& master_of(const TrainableDecoder& student, const std::string& name) {
  const Parameter* parameter = student.find(name);
  RETORT_CHECK(parameter != nullptr);
  return parameter->master;
}

/// A layer's feed-forward, dealt to its experts.
void split_mlp(const TrainableDecoder& student, const Checkpoint& dense, int64_t layer,
               const UpcycleOptions& options) {
  const ModelConfig& c = student.config();
  const int64_t half = c.intermediate_size, wide = 2 * half, hidden = c.hidden_size;
  const std::string at = fmt::format("model.layers.{}.", layer);
  const Tensor gate = read_weights(dense, at + "mlp.gate_proj.weight", {wide, hidden});
  const Tensor up = read_weights(dense, at + "mlp.up_proj.weight", {wide, hidden});
  const Tensor down = read_weights(dense, at + "mlp.down_proj.weight", {hidden, wide});
  for (int64_t e = 0; e < c.num_local_experts; ++e) {
    const int64_t begin = e < c.num_local_experts / 2 ? 0 : half;
    const std::string expert = fmt::format("{}block_sparse_moe.experts.{}.", at, e);
    const Tensor w1 = master_of(student, expert + "w1.weight"), w2 = master_of(student, expert + "w2.weight"),
                 w3 = master_of(student, expert + "w3.weight");
    copy_part(gate, begin, 0, 1, w1);
    copy_part(up, begin, 0, 1, w3);
    copy_part(down, 0, begin, 2, w2);
    Random random(splitmix64(options.seed) + static_cast<uint64_t>(layer * c.num_local_experts + e));
    for (const Tensor& matrix : {w1, w2, w3})
      if (options.noise > 0) add_noise(matrix, options.noise, random);
  }
}

/// Its first values in the upper half, and the same again below.
void pair_router(const Tensor& router) {
  const int64_t half = router.rows() / 2;
  std::copy_n(router.f32(), half * router.columns(), router.row(half));
}

}  // namespace

ModelConfig upcycled_config(const ModelConfig& dense, int64_t experts, std::string_view where) {
  if (dense.architecture != "llama")
    fail(ErrorCode::unsupported, "{}: its architecture is {}; a mixtral grows from a llama", where,
         dense.architecture);
  if (dense.attention_bias || dense.attention_output_bias)
    fail(ErrorCode::unsupported, "{}: its attention has biases, which a mixtral has not", where);
  require_unquantised(dense, where);
  if (dense.intermediate_size % 2 != 0)
    fail(ErrorCode::bad_input, "{}: its intermediate_size {} is odd and has no halves", where,
         dense.intermediate_size);
  RETORT_CHECK(experts >= 2 && experts % 2 == 0);
  ModelConfig config = dense;
  config.architecture = "mixtral";
  config.intermediate_size = dense.intermediate_size / 2;
  config.num_local_experts = experts;
  config.num_experts_per_tok = 2;
  return config;
}

void upcycle(Context& ctx, TrainableDecoder& student, const Checkpoint& dense,
             const UpcycleOptions& options) {
  const ModelConfig& c = student.config();
  RETORT_CHECK(c.has_experts() && c.num_local_experts % 2 == 0 && c.num_experts_per_tok == 2);
  student.initialise(ctx, options.seed);  // of it, the routers stay
  for (const Parameter& p : student.parameters()) {
    if (p.name.find(".block_sparse_moe.") != p.name.npos) continue;
    const Tensor values = read_weights(dense, p.name, p.master.shape());
    std::copy_n(values.f32(), values.shape().elements(), p.master.f32());
  }
  for (int64_t layer = 0; layer < c.num_hidden_layers; ++layer) {
    pair_router(master_of(student, fmt::format("model.layers.{}.block_sparse_moe.gate.weight", layer)));
    split_mlp(student, dense, layer, options);
  }
  student.refresh(ctx);
}

}  // namespace retort::train
