#include "bench/random_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/formats/architectures.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

struct ShapeRow {
  std::string_view name, architecture;
  int64_t vocab, hidden, intermediate, layers, heads, kv_heads, head_dim;
  double theta, eps;
  int64_t experts = 0, experts_per_token = 0;
};

// The published shapes are those of their config.json files; the tiny ones exercise every code path.
constexpr ShapeRow kShapes[] = {
    {"tiny-qwen2", "qwen2", 2048, 512, 768, 4, 8, 2, 64, 10000, 1e-6},
    {"tiny-llama", "llama", 2048, 512, 768, 4, 8, 4, 64, 500000, 1e-5},
    {"small-qwen2", "qwen2", 8192, 768, 2048, 8, 12, 2, 64, 10000, 1e-6},
    {"qwen2-0.5b", "qwen2", 151936, 768, 4864, 24, 12, 2, 64, 10000, 1e-6},
    {"r1-distill-qwen-1.5b", "qwen2", 151936, 1536, 8960, 28, 12, 2, 128, 10000, 1e-6},
    {"r1-distill-qwen-7b", "qwen2", 152064, 3584, 18944, 28, 28, 4, 128, 10000, 1e-6},
    {"r1-distill-llama-8b", "llama", 128256, 4096, 14336, 32, 32, 8, 128, 500000, 1e-5},
    {"tiny-mixtral", "mixtral", 2048, 512, 256, 4, 8, 4, 64, 1000000, 1e-5, 8, 2},
    {"small-mixtral", "mixtral", 8192, 768, 1024, 8, 12, 4, 64, 1000000, 1e-5, 8, 2},
    {"mixtral-8x7b", "mixtral", 32000, 4096, 14336, 32, 32, 8, 128, 1000000, 1e-5, 8, 2},
};

constexpr struct {
  std::string_view name;
  DType matrices;
  bool mixed, block_scales;
} kSchemes[] = {
    {"f32", DType::f32, false, false},
    {"f16", DType::f16, false, false},
    {"bf16", DType::bf16, false, false},
    {"f8_e4m3", DType::f8_e4m3, false, false},
    {"f8_e4m3_block", DType::f8_e4m3, false, true},
    {"q8_0", DType::q8_0, false, false},
    {"q4_0", DType::q4_0, false, false},
    {"q4_k", DType::q4_k, false, false},
    {"q5_k", DType::q5_k, false, false},
    {"q6_k", DType::q6_k, false, false},
    {"q4_k_m", DType::q4_k, true, false},
    {"q5_k_m", DType::q5_k, true, false},
};

template <typename Rows>
std::string names_of(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) text += (text.empty() ? "" : ", ") + std::string(row.name);
  return text;
}

/// The layers in which llama.cpp's Q4_K_M and Q5_K_M store attn_v and ffn_down as q6_k: the first and last
/// eighth and every third between (llama.cpp's quantisation rules as its documentation describes them).
bool wants_more_bits(int64_t layer, int64_t n) {
  return layer < n / 8 || layer >= 7 * n / 8 || (layer - n / 8) % 3 == 2;
}

class TensorList {
 public:
  TensorList(const ModelConfig& config, const Scheme& scheme) : c_(config), scheme_(scheme) {}

  void matrix(const std::string& module, int64_t out, int64_t in, bool more_bits = false, float gain = 1.0f) {
    DType dtype = scheme_.mixed && more_bits ? DType::q6_k : scheme_.matrices;
    float deviation = gain / std::sqrt(static_cast<float>(in));
    if (dtype != DType::f8_e4m3) {
      all.push_back({module + ".weight", dtype, {out, in}, 0, deviation});
      return;
    }
    // The stored values use FP8's range; the scales bring them back.
    all.push_back({module + ".weight", dtype, {out, in}, 0, 64.0f});
    if (scheme_.block_scales)
      all.push_back({module + ".weight_scale_inv",
                     DType::f32,
                     {(out + 127) / 128, (in + 127) / 128},
                     deviation / 64.0f,
                     deviation / 640.0f});
    else
      all.push_back({module + ".weight_scale", DType::f32, {out, 1}, deviation / 64.0f, deviation / 640.0f});
  }
  void vector(const std::string& name, int64_t n, float mean, float deviation) {
    all.push_back({name, DType::f32, {n}, mean, deviation});
  }

  void layer(int64_t i) {
    const std::string at = fmt::format("model.layers.{}.", i);
    const int64_t q = c_.num_attention_heads * c_.head_dim, kv = c_.num_key_value_heads * c_.head_dim;
    const bool more = wants_more_bits(i, c_.num_hidden_layers);
    // What adds to the residual stream starts smaller the more layers there are (Radford et al. 2019,
    // section 2.3).
    const float residual = 1.0f / std::sqrt(2.0f * static_cast<float>(c_.num_hidden_layers));
    vector(at + "input_layernorm.weight", c_.hidden_size, 1.0f, 0.1f);
    matrix(at + "self_attn.q_proj", q, c_.hidden_size);
    matrix(at + "self_attn.k_proj", kv, c_.hidden_size);
    matrix(at + "self_attn.v_proj", kv, c_.hidden_size, more);
    if (c_.attention_bias)
      for (auto [name, n] : {std::pair("q", q), {"k", kv}, {"v", kv}})
        vector(fmt::format("{}self_attn.{}_proj.bias", at, name), n, 0.0f, 0.2f);
    matrix(at + "self_attn.o_proj", c_.hidden_size, q, false, residual);
    vector(at + "post_attention_layernorm.weight", c_.hidden_size, 1.0f, 0.1f);
    if (c_.has_experts()) {
      experts(at + "block_sparse_moe.", more, residual);
    } else {
      matrix(at + "mlp.gate_proj", c_.intermediate_size, c_.hidden_size);
      matrix(at + "mlp.up_proj", c_.intermediate_size, c_.hidden_size);
      matrix(at + "mlp.down_proj", c_.hidden_size, c_.intermediate_size, more, residual);
    }
  }

  /// Matrix by matrix, as GGUF files stack them. The router is f32 in every scheme, as converters keep it.
  void experts(const std::string& at, bool more, float residual) {
    all.push_back({at + "gate.weight",
                   DType::f32,
                   {c_.num_local_experts, c_.hidden_size},
                   0,
                   kRouterNoise / std::sqrt(static_cast<float>(c_.hidden_size))});
    all.back().diagonal = 1.0f;
    auto each = [&](const char* name, int64_t out, int64_t in, bool more_bits, float gain) {
      for (int64_t e = 0; e < c_.num_local_experts; ++e)
        matrix(fmt::format("{}experts.{}.{}", at, e, name), out, in, more_bits, gain);
    };
    each("w1", c_.intermediate_size, c_.hidden_size, false, 1.0f);
    each("w3", c_.intermediate_size, c_.hidden_size, false, 1.0f);
    each("w2", c_.hidden_size, c_.intermediate_size, more, residual);
  }

  std::vector<RandomTensor> all;

 private:
  // Beside the embedding's scores.
  static constexpr float kRouterNoise = 0.1f;
  const ModelConfig& c_;
  const Scheme& scheme_;
};

/// Tokens of very different frequency, as in trained models: the likeliest token stands out, and greedy
/// decoding does not hang on rounding at every step.
constexpr float kHeadSpread = 0.7f;

/// Routers of trained models are decided; those of random ones would choose by rounding for a few tokens in a
/// hundred. So the first columns of a token's embedding score the experts: one stands out, one follows, and
/// the others are far behind; the routers read these columns.
constexpr float kFirstScore = 5.0f, kSecondScore = 3.5f, kOtherScore = -2.0f, kScoreSpread = 0.3f;

void write_scores(Random& random, std::span<float> scores) {
  const auto first = random.below(scores.size());
  const auto second = (first + 1 + random.below(std::max<size_t>(1, scores.size() - 1))) % scores.size();
  for (size_t e = 0; e < scores.size(); ++e)
    scores[e] = (e == first    ? kFirstScore
                 : e == second ? kSecondScore
                               : kOtherScore) +
                kScoreSpread * random.normal();
}

uint64_t seed_of(std::string_view name) {
  uint64_t h = 14695981039346656037u;  // FNV-1a
  for (char c : name) h = (h ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return h;
}

}  // namespace

ModelConfig shape_named(std::string_view name) {
  for (const auto& row : kShapes) {
    if (row.name != name) continue;
    ModelConfig c;
    c.architecture = row.architecture;
    c.vocab_size = row.vocab;
    c.hidden_size = row.hidden;
    c.intermediate_size = row.intermediate;
    c.num_hidden_layers = row.layers;
    c.num_attention_heads = row.heads;
    c.num_key_value_heads = row.kv_heads;
    c.head_dim = row.head_dim;
    c.max_position_embeddings = 131072;
    c.rms_norm_eps = row.eps;
    c.rope_theta = row.theta;
    c.num_local_experts = row.experts;
    c.num_experts_per_tok = row.experts_per_token;
    c.attention_bias = architecture_row(row.architecture).always_bias();
    return c;
  }
  fail(ErrorCode::bad_input, "--shape: '{}' is not known; known: {}", name, shape_names());
}

std::string shape_names() {
  return names_of(kShapes);
}
std::string scheme_names() {
  return names_of(kSchemes);
}

std::optional<Scheme> scheme_named(std::string_view name) {
  for (const auto& row : kSchemes)
    if (row.name == name) return Scheme{std::string(row.name), row.matrices, row.mixed, row.block_scales};
  return std::nullopt;
}

std::vector<RandomTensor> random_tensors(const ModelConfig& config, const Scheme& scheme) {
  TensorList list(config, scheme);
  // Embeddings and the head stay in BF16 in FP8 checkpoints, as they are published.
  DType table = scheme.matrices == DType::f8_e4m3 ? DType::bf16 : scheme.matrices;
  list.all.push_back({"model.embed_tokens.weight", table, {config.vocab_size, config.hidden_size}, 0, 1.0f});
  list.all.back().n_scores = config.num_local_experts;
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) list.layer(i);
  list.vector("model.norm.weight", config.hidden_size, 1.0f, 0.1f);
  if (!config.tie_word_embeddings)
    list.all.push_back({"lm_head.weight",
                        scheme.mixed ? DType::q6_k : table,
                        {config.vocab_size, config.hidden_size},
                        0,
                        0.5f / std::sqrt(static_cast<float>(config.hidden_size)),
                        kHeadSpread});
  return list.all;
}

RandomRows::RandomRows(const RandomTensor& tensor)
    : rows_(tensor.shape.rank() == 1 ? 1 : tensor.shape.rows()), seed_(seed_of(tensor.name)) {
  const int64_t n = tensor.shape.columns();
  row_bytes_ = retort::row_bytes(tensor.dtype, n);
  const int64_t pool = std::min(rows_, tensor.shape.elements() > (int64_t{1} << 21) ? kPool : rows_);
  pool_.resize(static_cast<size_t>(pool * row_bytes_));
  std::vector<float> row(static_cast<size_t>(n));
  // The values do not depend on the dtype, so that files of different dtypes hold the same model.
  Random random(seed_);
  for (int64_t r = 0; r < pool; ++r) {
    const float scale = std::exp(tensor.row_spread * random.normal());
    for (auto& x : row) x = scale * (tensor.mean + tensor.deviation * random.normal());
    if (tensor.n_scores > 0) write_scores(random, std::span(row).first(static_cast<size_t>(tensor.n_scores)));
    if (r < n) row[static_cast<size_t>(r)] += tensor.diagonal;
    encode_row(tensor.dtype, row.data(), pool_.data() + r * row_bytes_, n);
  }
}

const std::byte* RandomRows::row(int64_t row) const {
  const auto pool = static_cast<int64_t>(pool_.size()) / row_bytes_;
  auto pick = pool == rows_ ? row
                            : static_cast<int64_t>(random_bits(seed_, static_cast<uint64_t>(row)) %
                                                   static_cast<uint64_t>(pool));
  return pool_.data() + pick * row_bytes_;
}

}  // namespace retort
