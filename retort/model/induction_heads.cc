#include "retort/model/induction_heads.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/ops/real.h"

namespace retort {
namespace {

using Vector = std::vector<double>;

// Attention scores, before the softmax, of the place that a head looks for; small enough to be changed by
// training.
constexpr double kBackScore = 24;
constexpr double kMatchScale = 1.5;  // of the projections that are compared
constexpr double kQuiet = 0.1;       // of all other projections into the residual stream
constexpr double kWritten = 0.7;     // what a head writes down, beside the size of an embedding

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// `n` random directions in `size` dimensions, orthogonal to each other (Gram and Schmidt).
std::vector<Vector> orthonormal(Random& random, int64_t n, int64_t size) {
  std::vector<Vector> all;
  for (int64_t i = 0; i < n; ++i) {
    Vector v(static_cast<size_t>(size));
    for (double& x : v) x = random.normal();
    for (const Vector& other : all) {
      const double shared = dot(v, other);
      for (size_t j = 0; j < v.size(); ++j) v[j] -= shared * other[j];
    }
    const double length = std::sqrt(dot(v, v));
    for (double& x : v) x /= length;
    all.push_back(std::move(v));
  }
  return all;
}

/// Rows of a head in a projection, or its columns in o_proj.
template <typename T>
class Head {
 public:
  Head(const Parameter& p, int64_t head, int64_t head_dim) : p_(p), first_(head * head_dim) {}
  void set_row(int64_t i, const Vector& values, double scale) const {
    T* row = p_.master.row_as<T>(first_ + i);
    for (size_t j = 0; j < values.size(); ++j) row[j] = static_cast<T>(scale * values[j]);
  }
  void set_column(int64_t i, const Vector& values, double scale) const {
    for (size_t j = 0; j < values.size(); ++j)
      p_.master.row_as<T>(static_cast<int64_t>(j))[first_ + i] = static_cast<T>(scale * values[j]);
  }

 private:
  const Parameter& p_;
  int64_t first_;
};

template <typename T>
class Start {
 public:
  Start(std::span<Parameter> parameters, const ModelConfig& c, uint64_t seed)
      : parameters_(parameters), c_(c), hidden_(c.hidden_size), head_dim_(c.head_dim), random_(seed) {
    std::vector<Vector> all = orthonormal(random_, 1 + 3 * head_dim_, hidden_);
    common_ = all[0];
    const auto part = [&](int64_t i) {
      const auto first = all.begin() + 1 + i * head_dim_;
      return std::vector<Vector>(first, first + head_dim_);
    };
    present_ = part(0);
    back_[0] = part(1);
    back_[1] = part(2);
  }

  void run() {
    quieten();
    if (!c_.tie_word_embeddings) copy_embeddings_to_head();
    const double size = mark_embeddings();
    // A head's value of a normed embedding has half its squares (the other half is the common direction), of
    // head_dim in hidden_size directions.
    write_ = size * std::sqrt(2.0 / static_cast<double>(head_dim_));
    look_back();
    for (int64_t layer = 1; layer < c_.num_hidden_layers; ++layer) look_up(layer);
  }

 private:
  const Parameter& get(const std::string& name) const {
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [&](const Parameter& p) { return p.name == name; });
    RETORT_CHECK(found != parameters_.end());
    return *found;
  }
  const Parameter& projection(int64_t layer, std::string_view which) const {
    return get(fmt::format("model.layers.{}.self_attn.{}_proj.weight", layer, which));
  }
  int64_t group_size() const { return c_.num_attention_heads / c_.num_key_value_heads; }
  Head<T> query(int64_t layer, int64_t head) const { return {projection(layer, "q"), head, head_dim_}; }
  Head<T> key(int64_t layer, int64_t head) const {
    return {projection(layer, "k"), head / group_size(), head_dim_};
  }
  Head<T> value(int64_t layer, int64_t head) const {
    return {projection(layer, "v"), head / group_size(), head_dim_};
  }
  Head<T> output(int64_t layer, int64_t head) const { return {projection(layer, "o"), head, head_dim_}; }

  /// What all else adds to the residual stream would drown what the heads write into it.
  void quieten() const {
    for (const Parameter& p : parameters_)
      if (ends_in_residual_stream(p.name))
        for (int64_t i = 0; i < p.master.shape().elements(); ++i)
          p.master.as<T>()[i] *= static_cast<T>(kQuiet);
  }

  /// A head of its own reads what is copied only if it begins as the embeddings.
  void copy_embeddings_to_head() const {
    const Parameter &from = get("model.embed_tokens.weight"), &to = get("lm_head.weight");
    std::copy_n(from.master.as<T>(), from.master.shape().elements(), to.master.as<T>());
  }

  /// Gives all embeddings the same component along the common direction, as large as the rest; returns the
  /// size of an embedding.
  double mark_embeddings() const {
    const Parameter& p = get("model.embed_tokens.weight");
    const int64_t n = p.master.shape()[0];
    double length = 0;
    std::vector<double> along(static_cast<size_t>(n));
    for (int64_t r = 0; r < n; ++r) {
      const T* row = p.master.row_as<T>(r);
      double squares = 0, shared = 0;
      for (int64_t j = 0; j < hidden_; ++j) {
        squares += static_cast<double>(row[j]) * static_cast<double>(row[j]);
        shared += static_cast<double>(row[j]) * common_[static_cast<size_t>(j)];
      }
      along[static_cast<size_t>(r)] = shared;
      length += std::sqrt(squares) / static_cast<double>(n);
    }
    for (int64_t r = 0; r < n; ++r) {
      T* row = p.master.row_as<T>(r);
      for (int64_t j = 0; j < hidden_; ++j)
        row[j] += static_cast<T>((length - along[static_cast<size_t>(r)]) * common_[static_cast<size_t>(j)]);
    }
    return length * std::sqrt(2.0);
  }

  double frequency(int64_t pair) const {
    return std::pow(c_.rope_theta, -2.0 * static_cast<double>(pair) / static_cast<double>(head_dim_));
  }
  int64_t n_pairs() const { return head_dim_ / 2; }
  /// Pairs of the highest frequencies tell near places apart; the others turn so slowly that contents can be
  /// compared over a distance.
  int64_t fast_pairs() const { return std::max<int64_t>(1, n_pairs() / 4); }

  /// First layer: head 0 looks one token back and head 1 two, whatever stands there.
  void look_back() const {
    const int64_t heads = std::min<int64_t>(2, c_.num_attention_heads);
    const double amplitude = std::sqrt(2 * kBackScore * std::sqrt(static_cast<double>(head_dim_)) /
                                       static_cast<double>(hidden_));  // normed: hidden / 2 along common_
    const double part = amplitude / std::sqrt(static_cast<double>(fast_pairs()));
    for (int64_t head = 0; head < heads; ++head) {
      const Head<T> q = query(0, head), k = key(0, head), v = value(0, head), o = output(0, head);
      for (int64_t f = 0; f < n_pairs(); ++f) {
        const double scale = f < fast_pairs() ? part : 0;
        const double angle = -static_cast<double>(head + 1) * frequency(f);
        k.set_row(f, common_, scale);
        k.set_row(f + n_pairs(), common_, 0);
        q.set_row(f, common_, scale * std::cos(angle));
        q.set_row(f + n_pairs(), common_, scale * std::sin(angle));
      }
      for (int64_t i = 0; i < head_dim_; ++i) {
        const auto at = static_cast<size_t>(i);
        v.set_row(i, present_[at], 1);
        o.set_column(i, back_[head][at], kWritten * write_);
      }
    }
  }

  /// Other layers: the token after one like the present one; two after one like the one before.
  void look_up(int64_t layer) {
    look_up(layer, 0, present_, back_[0]);
    if (c_.num_key_value_heads > 1) look_up(layer, group_size(), back_[0], back_[1]);
  }
  void look_up(int64_t layer, int64_t head, const std::vector<Vector>& wanted,
               const std::vector<Vector>& offered) {
    const Head<T> q = query(layer, head), k = key(layer, head), v = value(layer, head),
                  o = output(layer, head);
    std::vector<Vector> copied = orthonormal(random_, head_dim_, hidden_);
    for (int64_t i = 0; i < head_dim_; ++i) {
      const auto at = static_cast<size_t>(i);
      const double scale = i % n_pairs() < fast_pairs() ? 0 : kMatchScale;
      q.set_row(i, wanted[at], scale);
      k.set_row(i, offered[at], scale);
      const double shared = dot(copied[at], common_);
      for (size_t j = 0; j < copied[at].size(); ++j) copied[at][j] -= shared * common_[j];
      v.set_row(i, copied[at], 1);
      o.set_column(i, copied[at], write_);
    }
  }

  std::span<Parameter> parameters_;
  const ModelConfig& c_;
  int64_t hidden_, head_dim_;
  Random random_;
  Vector common_;                // in all embeddings
  std::vector<Vector> present_;  // what a head reads of a token
  std::vector<Vector> back_[2];  // where it writes that one or two tokens later
  double write_ = 0;
};

}  // namespace

void start_with_induction_heads(std::span<Parameter> parameters, const ModelConfig& c, uint64_t seed) {
  if (c.num_hidden_layers < 2 || c.hidden_size <= 3 * c.head_dim)
    fail(ErrorCode::bad_input,
         "induction heads need at least 2 layers and a hidden_size above 3 head_dim; this model has "
         "{} layers, hidden_size {} and head_dim {}",
         c.num_hidden_layers, c.hidden_size, c.head_dim);
  with_real(parameters[0].master.dtype(), [&]<typename T>(T) { Start<T>(parameters, c, seed).run(); });
}

}  // namespace retort
