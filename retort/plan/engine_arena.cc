#include "retort/plan/engine_arena.h"

#include <algorithm>
#include <map>
#include <set>

#include "retort/base/arithmetic.h"
#include "retort/tensor/dtype.h"

namespace retort::plan {
namespace {

using kernels::kMaxTileTokens;
using kernels::kSegment;

/// An Arena that only counts: the same rounding, the same marks.
class CountingArena {
 public:
  void allocate(uint64_t bytes) {
    used_ += round_up<uint64_t>(bytes, 64) + 64;  // Arena::allocate
    peak_ = std::max(peak_, used_);
  }
  uint64_t used() const { return used_; }
  void give_back_to(uint64_t mark) { used_ = mark; }
  uint64_t peak() const { return peak_; }

 private:
  uint64_t used_ = 0, peak_ = 0;
};

struct Matrix {
  DType dtype = DType::bf16;
  bool block_scales = false;
  int64_t rows = 0, columns = 0;
};

/// A type that this engine computes with; others (int4 of a published format) count as BF16.
DType dtype_of(const std::string& type) {
  return dtype_from_name(type).value_or(DType::bf16);
}

/// The matrices of one layer, or of none, by the ends of their names.
class LayerMatrices {
 public:
  LayerMatrices(const ModelShape& shape, const Weights& weights, int64_t layer)
      : block_scales_(weights.format == "fp8-block") {
    const bool tied = shape.tie_word_embeddings;
    for (const WeightTensor& t : weights.tensors) {
      if (t.layer != layer) continue;
      block_scales_ = block_scales_ || t.name.ends_with("weight_scale_inv");
      types_.emplace_back(t.name, t.type);
      if (tied && t.group == Group::embedding) types_.emplace_back("lm_head.weight", t.type);
    }
  }

  /// The first tensor whose name has `part`.
  Matrix at(std::string_view part, int64_t rows, int64_t columns) const {
    for (const auto& [name, type] : types_)
      if (name.find(part) != std::string::npos) {
        const DType dtype = dtype_of(type);
        return {dtype, block_scales_ && dtype == DType::f8_e4m3, rows, columns};
      }
    return {DType::bf16, false, rows, columns};
  }

 private:
  std::vector<std::pair<std::string, std::string>> types_;
  bool block_scales_;
};

class Replay {
 public:
  Replay(const ModelShape& shape, const Weights& weights, KvType kv, const ArenaStep& step,
         const kernels::KernelTable& kernels, int threads)
      : s_(shape), w_(weights), step_(step), kernels_(kernels), threads_(threads) {
    layout_ = {kv, static_cast<int>(shape.num_key_value_heads), static_cast<int>(shape.head_dim)};
  }

  uint64_t peak() {
    const int64_t n = step_.sequences * step_.tokens;
    arena_.allocate(static_cast<uint64_t>(n) * sizeof(int32_t));              // tokens
    arena_.allocate(static_cast<uint64_t>(n) * sizeof(int64_t));              // positions
    arena_.allocate(static_cast<uint64_t>(step_.outputs) * sizeof(int64_t));  // rows of logits
    arena_.allocate(static_cast<uint64_t>(step_.sequences) * 40);             // AttentionSequence
    tensor(n, s_.hidden_size);                                                // the residual stream
    // All layers but the last compute all rows; which of them has the most expensive types does not depend on
    // more than the types, so equal layers are replayed once.
    std::set<std::string> seen;
    for (int64_t layer = 0; layer < s_.num_hidden_layers; ++layer)
      if (seen.insert(types_of(layer)).second || layer + 1 == s_.num_hidden_layers) this->layer(layer, n);
    tensor(step_.outputs, s_.hidden_size);  // the last norm
    linear(step_.outputs, {LayerMatrices(s_, w_, -1).at("lm_head", s_.vocab_size, s_.hidden_size)});
    return arena_.peak();
  }

 private:
  std::string types_of(int64_t layer) const {
    std::string key;
    for (const WeightTensor& t : w_.tensors)
      if (t.layer == layer && t.group != Group::vectors) key += t.type + ",";
    return key;
  }

  void tensor(int64_t rows, int64_t columns) {
    arena_.allocate(static_cast<uint64_t>(rows) * static_cast<uint64_t>(columns) * sizeof(float));
  }

  void layer(int64_t index, int64_t n) {
    const LayerMatrices matrices(s_, w_, index);
    const uint64_t mark = arena_.used();
    const int64_t hidden = s_.hidden_size, q = s_.num_attention_heads * s_.head_dim,
                  kv = s_.num_key_value_heads * s_.head_dim;
    tensor(n, hidden);  // normed
    linear(n, {matrices.at("q_proj.weight", q, hidden), matrices.at("k_proj.weight", kv, hidden),
               matrices.at("v_proj.weight", kv, hidden)});
    attention(n);
    const int64_t rows = index + 1 == s_.num_hidden_layers ? step_.outputs : n;
    linear(rows, {matrices.at("o_proj.weight", hidden, q)});
    tensor(rows, hidden);  // normed
    s_.has_experts() ? mixture(rows, matrices) : mlp(rows, matrices);
    arena_.give_back_to(mark);
  }

  void mlp(int64_t rows, const LayerMatrices& matrices) {
    const int64_t width = s_.intermediate_size, hidden = s_.hidden_size;
    linear(rows,
           {matrices.at("gate_proj.weight", width, hidden), matrices.at("up_proj.weight", width, hidden)});
    tensor(rows, width);  // activated
    linear(rows, {matrices.at("down_proj.weight", hidden, width)});
  }

  /// Tokens spread evenly over the experts.
  void mixture(int64_t rows, const LayerMatrices& matrices) {
    const int64_t experts = s_.n_routed_experts, k = s_.num_experts_per_tok, slots = rows * k;
    const int64_t width = s_.moe_intermediate_size, hidden = s_.hidden_size;
    linear(rows, {Matrix{DType::f32, false, experts, hidden}});
    tensor(rows, experts);  // probabilities
    tensor(rows, k);        // weights
    arena_.allocate(static_cast<uint64_t>(slots) * sizeof(int32_t));
    arena_.allocate(static_cast<uint64_t>(experts + 1) * sizeof(int64_t));
    arena_.allocate(static_cast<uint64_t>(slots) * sizeof(int64_t));
    arena_.allocate(static_cast<uint64_t>(slots) * sizeof(int64_t));
    tensor(slots, hidden);  // dispatched
    const auto expert = [&](const char* hf, const char* mixtral, const char* gguf, int64_t out, int64_t in) {
      for (const char* name : {hf, mixtral, gguf})
        if (const Matrix m = matrices.at(name, out, in); m.dtype != DType::bf16) return m;
      return Matrix{DType::bf16, false, out, in};
    };
    const Matrix gate = expert("experts.gate_proj", ".w1.", "gate_exps", width, hidden),
                 up = expert("experts.up_proj", ".w3.", "up_exps", width, hidden),
                 down = expert("experts.down_proj", ".w2.", "down_exps", hidden, width);
    groups(2);
    linear(slots, {gate, up}, std::min(experts, slots));
    tensor(slots, width);
    groups(1);
    linear(slots, {down}, std::min(experts, slots));
    tensor(rows, hidden);  // combined
  }
  void groups(int64_t matrices) {
    arena_.allocate(static_cast<uint64_t>(s_.n_routed_experts) * 32);
    for (int64_t e = 0; e < s_.n_routed_experts; ++e) arena_.allocate(static_cast<uint64_t>(matrices) * 8);
  }

  /// Outputs stay; activations in the forms that the matrices ask for, and scratch, are given back.
  void linear(int64_t rows, std::initializer_list<Matrix> matrices, int64_t n_groups = 1) {
    for (const Matrix& m : matrices) tensor(rows, m.rows);
    if (rows == 0) return;
    const uint64_t mark = arena_.used();
    arena_.allocate(static_cast<uint64_t>(n_groups) * sizeof_prepared);
    for (int64_t g = 0; g < n_groups; ++g) prepare(rows * (g + 1) / n_groups - rows * g / n_groups, matrices);
    uint64_t scratch = 0;
    for (const Matrix& m : matrices) scratch = std::max(scratch, scratch_bytes(m));
    arena_.allocate(round_up<uint64_t>(scratch, 64) * static_cast<uint64_t>(threads_));
    arena_.allocate(static_cast<uint64_t>(threads_) * 64);  // runs of rows
    arena_.give_back_to(mark);
  }

  void prepare(int64_t rows, std::initializer_list<Matrix> matrices) {
    bool q8 = false;
    std::set<DType> floats;
    for (const Matrix& m : matrices) {
      if (is_quantized(m.dtype)) {
        if (!q8) arena_.allocate(kernels::q8_activation_bytes(rows, m.columns));
        q8 = true;
      } else if (!m.block_scales && floats.insert(m.dtype).second) {
        arena_.allocate(activation_bytes(m) * static_cast<uint64_t>(rows));
      }
    }
  }

  uint64_t activation_bytes(const Matrix& m) const {
    return kernels_.float_products.formats[static_cast<int>(m.dtype)].activation_bytes(m.columns);
  }
  uint64_t scratch_bytes(const Matrix& m) const {
    if (is_quantized(m.dtype))
      return round_up<uint64_t>(
          kernels_.integer_products.formats[static_cast<int>(m.dtype)].scratch_bytes(m.columns), 64);
    return m.block_scales ? activation_bytes(m) * 64 : 0;  // 64 rows at a time under block scales
  }

  void attention(int64_t n) {
    tensor(n, s_.num_attention_heads * s_.head_dim);
    const uint64_t mark = arena_.used();
    const int64_t group = s_.num_attention_heads / s_.num_key_value_heads;
    const int64_t tile_tokens = std::min<int64_t>(step_.tokens, kMaxTileTokens);
    const int64_t tiles =
        step_.sequences * div_up<int64_t>(step_.tokens, kMaxTileTokens) * s_.num_key_value_heads;
    arena_.allocate(static_cast<uint64_t>(tiles) * 24);
    const int64_t rows = tile_tokens * group;
    const uint64_t partial =
        round_up<uint64_t>(static_cast<uint64_t>(rows * (s_.head_dim + 2)) * sizeof(float), 64);
    const uint64_t scratch = round_up<uint64_t>(
        2 * partial + kernels_.attention.scratch_bytes(layout_, static_cast<int>(rows)), 64);
    const int64_t last = step_.position + step_.tokens - 1, segments = last / kSegment + 1;
    const int64_t work = 2 * tiles * rows * (last + 1) * s_.head_dim;
    const bool serial = threads_ == 1 || work < kSerialWork;
    arena_.allocate(scratch * static_cast<uint64_t>(serial ? 1 : threads_));
    if (!serial && tiles < int64_t{4} * threads_ && segments > 1) split(tiles, partial, segments);
    arena_.give_back_to(mark);
  }

  /// Partial results of all segments of the tiles that fit into the allowance together.
  void split(int64_t tiles, uint64_t partial, int64_t segments) {
    const auto fitting = static_cast<int64_t>(kMaxPartialBytes / (partial * static_cast<uint64_t>(segments)));
    const int64_t wave = std::clamp<int64_t>(fitting, 1, tiles);
    arena_.allocate(static_cast<uint64_t>(wave) * 48);
    arena_.allocate(static_cast<uint64_t>(wave * segments) * 24);
    for (int64_t i = 0; i < wave; ++i) arena_.allocate(partial * static_cast<uint64_t>(segments));
  }

  static constexpr uint64_t sizeof_prepared = 176;                  // of ops/linear.cc
  static constexpr int64_t kSerialWork = int64_t{1} << 18;          // as ops/attention.cc
  static constexpr uint64_t kMaxPartialBytes = uint64_t{32} << 20;  // as ops/attention.cc

  const ModelShape& s_;
  const Weights& w_;
  const ArenaStep& step_;
  const kernels::KernelTable& kernels_;
  int threads_;
  kernels::KvLayout layout_;
  CountingArena arena_;
};

}  // namespace

uint64_t arena_peak(const ModelShape& shape, const Weights& weights, KvType kv, const ArenaStep& step,
                    const kernels::KernelTable& kernels, int threads) {
  return Replay(shape, weights, kv, step, kernels, threads).peak();
}

}  // namespace retort::plan
