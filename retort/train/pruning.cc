#include "retort/train/pruning.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/train/stored_weights.h"

namespace retort::train {
namespace {

// ---- what is kept -------------------------------------------------------------------------------------

std::vector<int64_t> first_n(int64_t n) {
  std::vector<int64_t> all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// The indices of the n largest scores, ascending.
std::vector<int64_t> most_important(const std::vector<double>& scores, int64_t n) {
  std::vector<int64_t> order = first_n(std::ssize(scores));
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const double x = scores[static_cast<size_t>(a)], y = scores[static_cast<size_t>(b)];
    return x > y || (x == y && a < b);
  });
  order.resize(static_cast<size_t>(n));
  std::sort(order.begin(), order.end());
  return order;
}

double root_of_squares(std::span<const double> x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

/// Key-value groups by all their heads together, then the heads of each kept group among themselves.
void keep_heads(const ModelConfig& student, const ModelConfig& base, const std::vector<double>& scores,
                PruningPlan& plan) {
  const int64_t group = base.num_attention_heads / base.num_key_value_heads;
  const int64_t kept = student.num_attention_heads / student.num_key_value_heads;
  std::vector<std::vector<double>> groups;
  std::vector<double> group_scores;
  for (int64_t g = 0; g < base.num_key_value_heads; ++g) {
    groups.emplace_back(scores.begin() + g * group, scores.begin() + (g + 1) * group);
    group_scores.push_back(root_of_squares(groups.back()));
  }
  plan.key_value_heads.push_back(most_important(group_scores, student.num_key_value_heads));
  std::vector<int64_t>& heads = plan.heads.emplace_back();
  for (int64_t g : plan.key_value_heads.back())
    for (int64_t h : most_important(groups[static_cast<size_t>(g)], kept)) heads.push_back(g * group + h);
}

double energy_of(const std::vector<double>& shares, const std::vector<int64_t>& kept) {
  if (kept.size() == shares.size()) return 1;
  double sum = 0;
  for (int64_t i : kept) sum += shares[static_cast<size_t>(i)];
  return sum;
}

// ---- matrices cut to it -------------------------------------------------------------------------------

/// Channels of whole heads.
std::vector<int64_t> channels_of(const std::vector<int64_t>& heads, int64_t head_dim) {
  std::vector<int64_t> channels;
  for (int64_t h : heads)
    for (int64_t j = 0; j < head_dim; ++j) channels.push_back(h * head_dim + j);
  return channels;
}

void cut(const Tensor& from, const std::vector<int64_t>& rows, const std::vector<int64_t>& columns,
         const Tensor& to) {
  RETORT_CHECK(to.rows() == std::ssize(rows) && to.columns() == std::ssize(columns));
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = 0; j < columns.size(); ++j)
      to.row(static_cast<int64_t>(i))[j] = from.row(rows[i])[columns[j]];
}

class Cutter {
 public:
  Cutter(TrainableDecoder& student, const Checkpoint& base, const ModelConfig& base_config,
         const PruningPlan& plan)
      : student_(student), base_(base), c_(base_config), plan_(plan) {}

  void run() const {
    const std::vector<int64_t> tokens = first_n(c_.vocab_size);
    matrix("model.embed_tokens.weight", "model.embed_tokens.weight", tokens, plan_.hidden, c_.vocab_size,
           c_.hidden_size);
    for (size_t i = 0; i < plan_.layers.size(); ++i) layer(i);
    norm("model.norm.weight", "model.norm.weight", plan_.energy.back());
    if (student_.config().tie_word_embeddings) return;
    matrix("lm_head.weight", "lm_head.weight", tokens, plan_.hidden, c_.vocab_size, c_.hidden_size);
  }

 private:
  void layer(size_t i) const {
    const std::string from = fmt::format("model.layers.{}.", plan_.layers[i]);
    const std::string to = fmt::format("model.layers.{}.", i);
    const int64_t q = c_.num_attention_heads * c_.head_dim, kv = c_.num_key_value_heads * c_.head_dim;
    const std::vector<int64_t> heads = channels_of(plan_.heads[i], c_.head_dim);
    const std::vector<int64_t> kv_heads = channels_of(plan_.key_value_heads[i], c_.head_dim);
    const std::vector<int64_t>&hidden = plan_.hidden, &inner = plan_.intermediate[i];
    auto linear = [&](const std::string& module, const std::vector<int64_t>& rows,
                      const std::vector<int64_t>& columns, int64_t out, int64_t in) {
      matrix(from + module + ".weight", to + module + ".weight", rows, columns, out, in);
      bias(from + module + ".bias", to + module + ".bias", rows, out);
    };
    norm(from + "input_layernorm.weight", to + "input_layernorm.weight", plan_.energy[2 * i]);
    linear("self_attn.q_proj", heads, hidden, q, c_.hidden_size);
    linear("self_attn.k_proj", kv_heads, hidden, kv, c_.hidden_size);
    linear("self_attn.v_proj", kv_heads, hidden, kv, c_.hidden_size);
    linear("self_attn.o_proj", hidden, heads, c_.hidden_size, q);
    norm(from + "post_attention_layernorm.weight", to + "post_attention_layernorm.weight",
         plan_.energy[2 * i + 1]);
    linear("mlp.gate_proj", inner, hidden, c_.intermediate_size, c_.hidden_size);
    linear("mlp.up_proj", inner, hidden, c_.intermediate_size, c_.hidden_size);
    linear("mlp.down_proj", hidden, inner, c_.hidden_size, c_.intermediate_size);
  }

  const Tensor& master(const std::string& name) const {
    const Parameter* parameter = student_.find(name);
    RETORT_CHECK(parameter != nullptr);
    return parameter->master;
  }

  void matrix(const std::string& from, const std::string& to, const std::vector<int64_t>& rows,
              const std::vector<int64_t>& columns, int64_t out, int64_t in) const {
    cut(read_weights(base_, from, {out, in}), rows, columns, master(to));
  }

  /// A student may have biases where the base has none: they start at zero.
  void bias(const std::string& from, const std::string& to, const std::vector<int64_t>& rows,
            int64_t out) const {
    const Parameter* parameter = student_.find(to);
    if (parameter == nullptr) return;
    std::fill_n(parameter->master.f32(), std::ssize(rows), 0.0f);
    if (!base_.find(from)) return;
    const Tensor values = read_weights(base_, from, {out});
    for (size_t i = 0; i < rows.size(); ++i) parameter->master.f32()[i] = values.f32()[rows[i]];
  }

  void norm(const std::string& from, const std::string& to, double energy) const {
    const Tensor values = read_weights(base_, from, {c_.hidden_size});
    const auto kept = static_cast<double>(plan_.hidden.size());
    const auto scale = static_cast<float>(std::sqrt(static_cast<double>(c_.hidden_size) * energy / kept));
    for (size_t i = 0; i < plan_.hidden.size(); ++i)
      master(to).f32()[i] = scale * values.f32()[plan_.hidden[i]];
  }

  TrainableDecoder& student_;
  const Checkpoint& base_;
  const ModelConfig& c_;
  const PruningPlan& plan_;
};

// ---- what can be cut ----------------------------------------------------------------------------------

struct Size {
  const char* key;
  int64_t wanted;
  int64_t ModelConfig::*member;
};

}  // namespace

ModelConfig pruned_config(const StudentRecipe& s, const ModelConfig& base, std::string_view where) {
  if (base.has_experts())
    fail(ErrorCode::unsupported,
         "{}: its architecture is {}, a mixture; prune the dense model that it was upcycled from", where,
         base.architecture);
  require_unquantised(base, where);
  ModelConfig config = base;
  if (!s.architecture.empty() && s.architecture != base.architecture) {
    if (s.architecture != "qwen2" || base.attention_output_bias)
      fail(ErrorCode::unsupported, "{}: its architecture is {}, which cannot become a {}", where,
           base.architecture, s.architecture);
    config.architecture = s.architecture;
    config.attention_bias = true;
  }
  const Size sizes[] = {
      {"hidden_size", s.hidden_size, &ModelConfig::hidden_size},
      {"intermediate_size", s.intermediate_size, &ModelConfig::intermediate_size},
      {"num_hidden_layers", s.num_hidden_layers, &ModelConfig::num_hidden_layers},
      {"num_attention_heads", s.num_attention_heads, &ModelConfig::num_attention_heads},
      {"num_key_value_heads", s.num_key_value_heads, &ModelConfig::num_key_value_heads},
  };
  for (const Size& size : sizes) {
    if (size.wanted == 0) continue;
    if (size.wanted > base.*size.member)
      fail(ErrorCode::bad_input,
           "{}: its {} is {}, the student's {}: pruning only makes smaller; student.grow_from makes larger",
           where, size.key, base.*size.member, size.wanted);
    config.*size.member = size.wanted;
  }
  if (s.head_dim != 0 && s.head_dim != base.head_dim)
    fail(ErrorCode::bad_input, "{}: its head_dim is {}, the student's {}: heads are kept whole", where,
         base.head_dim, s.head_dim);
  if (config.num_attention_heads % config.num_key_value_heads != 0)
    fail(ErrorCode::bad_input,
         "{}: the student's num_key_value_heads {} does not divide num_attention_heads {}", where,
         config.num_key_value_heads, config.num_attention_heads);
  const int64_t group = base.num_attention_heads / base.num_key_value_heads;
  const int64_t wanted = config.num_attention_heads / config.num_key_value_heads;
  if (wanted > group)
    fail(ErrorCode::bad_input,
         "{}: {} of its heads share keys and values, in the student {} would ({} over {}); keep more "
         "num_key_value_heads or fewer num_attention_heads",
         where, group, wanted, config.num_attention_heads, config.num_key_value_heads);
  return config;
}

PruningPlan plan_pruning(const ModelConfig& student, const ModelConfig& base, const Importance& importance) {
  PruningPlan plan;
  plan.layers = most_important(importance.layers, student.num_hidden_layers);
  plan.hidden = most_important(importance.hidden, student.hidden_size);
  for (int64_t layer : plan.layers) {
    const auto i = static_cast<size_t>(layer);
    plan.intermediate.push_back(most_important(importance.intermediate[i], student.intermediate_size));
    keep_heads(student, base, importance.heads[i], plan);
    for (size_t norm : {2 * i, 2 * i + 1})
      plan.energy.push_back(energy_of(importance.energy[norm], plan.hidden));
  }
  plan.energy.push_back(energy_of(importance.energy.back(), plan.hidden));
  return plan;
}

void prune(Context& ctx, TrainableDecoder& student, const Checkpoint& base, const ModelConfig& base_config,
           const PruningPlan& plan) {
  Cutter(student, base, base_config, plan).run();
  student.refresh(ctx);
}

}  // namespace retort::train
