// The losses of one token's logits with their gradients: cross entropy, forward and reverse KL, generalised
// JSD, and any weighted sum of them, against a teacher that is dense or known by its likeliest tokens only.
// Templates over float and double: the double instantiation is what finite differences are taken of.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace retort::train {

/// How much of each loss is in the sum. z are the student's logits, q = softmax(z / t), p the teacher's
/// distribution at temperature t. Divergences are multiplied by t^2, so that their gradients keep their size
/// whatever the temperature (Hinton et al. 2015, section 2).
struct LossMix {
  double cross_entropy = 1.0;  // -log softmax(z)[target], at temperature 1
  double forward_kl = 0.0;     // t^2 KL(p || q)
  double reverse_kl = 0.0;     // t^2 KL(q || p)
  double jsd = 0.0;            // t^2 (b KL(p || m) + (1 - b) KL(q || m)), m = b p + (1 - b) q
  double jsd_beta = 0.5;  // b in [0, 1]; 0 and 1 stand for forward and reverse KL, as in GKD (Agarwal 2024)
  double temperature = 1.0;  // t > 0

  bool needs_teacher() const { return forward_kl != 0 || reverse_kl != 0 || jsd != 0; }
};

/// The mix with jsd at b = 0 or b = 1 counted as what it stands for. Throws Error bad_input for a weight that
/// is negative or not finite, b outside [0, 1], t <= 0, or no weight at all.
LossMix checked(LossMix mix);

/// The teacher's distribution for one token, at temperature 1.
struct TeacherRow {
  std::span<const int32_t> ids;      // the k likeliest tokens, distinct; empty: all tokens in order
  std::span<const float> log_probs;  // of ids; of all tokens if ids is empty
};

/// The least probability of all the tokens that a sparse teacher does not list: log-probabilities rounded on
/// their way through a file may add up to more than 1.
inline constexpr double kLeastRemainder = 1e-6;

/// What the student's probability of them is taken for if it underflows.
inline constexpr double kLeastStudentRemainder = 1e-30;

/// The losses of a token (or sums of them), before they are weighted.
struct TokenLoss {
  double cross_entropy = 0, forward_kl = 0, reverse_kl = 0, jsd = 0;

  double total(const LossMix& mix) const {
    return mix.cross_entropy * cross_entropy + mix.forward_kl * forward_kl + mix.reverse_kl * reverse_kl +
           mix.jsd * jsd;
  }
  TokenLoss& operator+=(const TokenLoss& other) {
    cross_entropy += other.cross_entropy;
    forward_kl += other.forward_kl;
    reverse_kl += other.reverse_kl;
    jsd += other.jsd;
    return *this;
  }
};

/// x <- softmax(x); returns log(sum exp(x)) of the input.
template <typename T>
T plain_softmax(T* x, int64_t n) {
  const T top = *std::max_element(x, x + n);
  T sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i] = std::exp(x[i] - top);
  for (int64_t i = 0; i < n; ++i) x[i] /= sum;
  return top + std::log(sum);
}

/// Computes TokenLoss and the gradient of the weighted sum. Keeps its scratch: one a thread.
template <typename T>
class TokenLossFunction {
 public:
  /// `mix` is checked.
  explicit TokenLossFunction(const LossMix& mix) : mix_(mix), t_(static_cast<T>(mix.temperature)) {}

  /// z [n] logits -> the losses, and dz [n] = d(weighted sum)/dz (written). `softmax` as plain_softmax.
  template <typename Softmax>
  TokenLoss operator()(const T* z, int64_t n, int32_t target, const TeacherRow& teacher, Softmax softmax,
                       T* dz) {
    TokenLoss loss;
    std::fill_n(dz, n, T(0));
    q_.resize(static_cast<size_t>(n));
    if (mix_.cross_entropy != 0) loss.cross_entropy = add_cross_entropy(z, n, target, softmax, dz);
    if (mix_.needs_teacher()) add_divergences(z, n, teacher, softmax, dz, loss);
    return loss;
  }

 private:
  template <typename Softmax>
  T add_cross_entropy(const T* z, int64_t n, int32_t target, Softmax softmax, T* dz) {
    std::copy_n(z, n, q_.data());
    const T lse = softmax(q_.data(), n), w = static_cast<T>(mix_.cross_entropy);
    for (int64_t i = 0; i < n; ++i) dz[i] += w * q_[static_cast<size_t>(i)];
    dz[target] -= w;
    return lse - z[target];
  }

  /// The divergences see outcomes b: the listed tokens one by one, and all others as one (DistillKit calls
  /// this the missing probability). With h_b = q_b dL/dq_b and H = sum_b h_b the gradient is, for a listed
  /// token, dL/dz_b = (h_b - q_b H) / t, and for a token i of the remainder r its share q_i / q_r of the
  /// same. Outcomes are double even for floats: where one has nearly all probability, the differences are
  /// small.
  template <typename Softmax>
  void add_divergences(const T* z, int64_t n, const TeacherRow& teacher, Softmax softmax, T* dz,
                       TokenLoss& loss) {
    for (int64_t i = 0; i < n; ++i) q_[static_cast<size_t>(i)] = z[i] / t_;
    const auto lse = static_cast<double>(softmax(q_.data(), n));
    teacher_at_temperature(teacher, n);
    const size_t listed = teacher.log_probs.size();
    outcome_q_.resize(log_p_.size());
    h_.resize(log_p_.size());
    double total_q = 0, total_h = 0;
    for (size_t b = 0; b < listed; ++b) total_q += outcome_q_[b] = static_cast<double>(q_[token(teacher, b)]);
    if (log_p_.size() > listed) total_q += outcome_q_[listed] = remaining_q(teacher.ids);
    for (size_t b = 0; b < log_p_.size(); ++b) {
      outcome_q_[b] /= total_q;  // 1 but for rounding
      const double log_q = b == listed ? std::log(outcome_q_[b])
                                       : static_cast<double>(z[token(teacher, b)]) / mix_.temperature - lse;
      total_h += h_[b] = outcome(log_p_[b], outcome_q_[b], log_q, loss);
    }
    scatter(teacher, n, total_h, dz);
  }

  static size_t token(const TeacherRow& teacher, size_t outcome) {
    return teacher.ids.empty() ? outcome : static_cast<size_t>(teacher.ids[outcome]);
  }

  /// Adds one outcome's part to the losses; returns its h of the weighted sum.
  double outcome(double log_p, double q, double log_q, TokenLoss& loss) const {
    const double t2 = mix_.temperature * mix_.temperature, p = std::exp(log_p);
    double h = 0;
    if (mix_.forward_kl != 0) {
      loss.forward_kl += t2 * p * (log_p - log_q);
      h -= mix_.forward_kl * p;
    }
    if (mix_.reverse_kl != 0) {
      const double part = q * (log_q - log_p);
      loss.reverse_kl += t2 * part;
      h += mix_.reverse_kl * part;
    }
    if (mix_.jsd != 0) {
      const double b = mix_.jsd_beta, log_m = log_mean(log_p, log_q, b);
      const double part = (1 - b) * q * (log_q - log_m);
      loss.jsd += t2 * (b * p * (log_p - log_m) + part);
      h += mix_.jsd * part;
    }
    return h;
  }

  /// log(b p + (1 - b) q), b in (0, 1).
  static double log_mean(double log_p, double log_q, double b) {
    const double x = std::log(b) + log_p, y = std::log1p(-b) + log_q, top = std::max(x, y);
    return top + std::log1p(std::exp(std::min(x, y) - top));
  }

  /// dz += t (h_b - q_b H): the t^2 of the loss over the t of z / t.
  void scatter(const TeacherRow& teacher, int64_t n, double total_h, T* dz) {
    const size_t listed = teacher.log_probs.size();
    if (log_p_.size() > listed) {
      const double share = h_[listed] / outcome_q_[listed] - total_h;
      const T factor = static_cast<T>(mix_.temperature * share);
      for (int64_t i = 0; i < n; ++i) dz[i] += factor * rest_[static_cast<size_t>(i)];
    }
    for (size_t b = 0; b < listed; ++b)
      dz[token(teacher, b)] += static_cast<T>(mix_.temperature * (h_[b] - outcome_q_[b] * total_h));
  }

  /// The student's probability of all tokens not listed, summed over them: 1 - (the listed) would cancel.
  /// Leaves q without the listed tokens in rest_.
  double remaining_q(std::span<const int32_t> ids) {
    rest_ = q_;
    for (int32_t id : ids) rest_[static_cast<size_t>(id)] = 0;
    double sums[4] = {};
    for (size_t i = 0; i < rest_.size(); ++i) sums[i % 4] += static_cast<double>(rest_[i]);
    return std::max((sums[0] + sums[1]) + (sums[2] + sums[3]), kLeastStudentRemainder);
  }

  /// log p of all outcomes at temperature t: p_b^(1/t), renormalised.
  void teacher_at_temperature(const TeacherRow& teacher, int64_t n) {
    log_p_.assign(teacher.log_probs.begin(), teacher.log_probs.end());
    if (static_cast<int64_t>(log_p_.size()) < n) {
      double sum = 0;
      for (double x : log_p_) sum += std::exp(x);
      log_p_.push_back(std::log(std::max(1 - sum, kLeastRemainder)));
    }
    const double top = *std::max_element(log_p_.begin(), log_p_.end());
    double sum = 0;
    for (double x : log_p_) sum += std::exp((x - top) / mix_.temperature);
    for (double& x : log_p_) x = (x - top) / mix_.temperature - std::log(sum);
  }

  LossMix mix_;
  T t_;
  std::vector<T> q_, rest_;                    // [n]
  std::vector<double> log_p_, outcome_q_, h_;  // [outcomes]
};

}  // namespace retort::train
