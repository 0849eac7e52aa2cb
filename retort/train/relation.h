// One relation head of one document: KL(R_teacher || R_student) of softmax relations between tokens, and its
// gradient. A template over float and double, as its formula reads but for the order of its loops.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace retort::train {

/// n rows of d values, `stride` apart.
template <typename T>
struct Rows {
  T* data;
  int64_t stride, n, d;

  T& at(int64_t i, int64_t j) const { return data[i * stride + j]; }
};

/// Keeps its scratch: one a thread.
template <typename T>
class RelationKl {
 public:
  /// The sum over rows i with counts[i] != 0 of KL(R_teacher,i || R_student,i), where R_i = softmax over j <=
  /// i of a_i . a_j / sqrt(d). Writes scale * its gradient to `gradient`. `softmax` as plain_softmax.
  template <typename Softmax>
  double operator()(Rows<const T> student, Rows<const T> teacher, const uint8_t* counts, T scale,
                    Softmax softmax, Rows<T> gradient) {
    const int64_t n = student.n;
    turn(student, student_columns_);
    turn(teacher, teacher_columns_);
    for (auto* row : {&scores_, &r_, &teacher_scores_, &teacher_r_}) row->resize(static_cast<size_t>(n));
    gradient_columns_.assign(static_cast<size_t>(n * student.d), T(0));
    double loss = 0;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t k = 0; k < student.d; ++k) gradient.at(i, k) = 0;
      if (counts[i] == 0) continue;
      const T lse = relations(student, student_columns_, i, softmax, scores_, r_);
      const T teacher_lse = relations(teacher, teacher_columns_, i, softmax, teacher_scores_, teacher_r_);
      loss += static_cast<double>(divergence(i, lse, teacher_lse));
      back(student, i, scale, gradient);
    }
    for (int64_t i = 0; i < n; ++i)
      for (int64_t k = 0; k < student.d; ++k)
        gradient.at(i, k) += gradient_columns_[static_cast<size_t>(k * n + i)];
    return loss;
  }

 private:
  /// Columns one behind the other, so that inner loops run along tokens.
  static void turn(Rows<const T> a, std::vector<T>& columns) {
    columns.resize(static_cast<size_t>(a.n * a.d));
    for (int64_t i = 0; i < a.n; ++i)
      for (int64_t k = 0; k < a.d; ++k) columns[static_cast<size_t>(k * a.n + i)] = a.at(i, k);
  }

  /// scores[j] = a_i . a_j / sqrt(d) and r = softmax(scores) for j <= i; returns log(sum exp(scores)).
  template <typename Softmax>
  static T relations(Rows<const T> a, const std::vector<T>& columns, int64_t i, Softmax softmax,
                     std::vector<T>& scores, std::vector<T>& r) {
    std::fill_n(scores.data(), i + 1, T(0));
    const T inverse = 1 / std::sqrt(static_cast<T>(a.d));
    for (int64_t k = 0; k < a.d; ++k) {
      const T x = a.at(i, k) * inverse;
      const T* column = columns.data() + k * a.n;
      T* __restrict s = scores.data();
      for (int64_t j = 0; j <= i; ++j) s[j] += x * column[j];
    }
    std::copy_n(scores.data(), i + 1, r.data());
    return softmax(r.data(), i + 1);
  }

  T divergence(int64_t i, T lse, T teacher_lse) const {
    T sum = 0;
    for (size_t j = 0; j <= static_cast<size_t>(i); ++j)
      sum += teacher_r_[j] * ((teacher_scores_[j] - teacher_lse) - (scores_[j] - lse));
    return sum;
  }

  /// With g_j = (r_j - teacher_r_j) / sqrt(d): da_i += sum_j g_j a_j, da_j += g_j a_i.
  void back(Rows<const T> a, int64_t i, T scale, Rows<T> gradient) {
    const T inverse = scale / std::sqrt(static_cast<T>(a.d));
    T* __restrict g = r_.data();
    for (int64_t j = 0; j <= i; ++j) g[j] = (g[j] - teacher_r_[static_cast<size_t>(j)]) * inverse;
    for (int64_t k = 0; k < a.d; ++k) {
      T* __restrict to = gradient_columns_.data() + k * a.n;
      const T x = a.at(i, k);
      for (int64_t j = 0; j <= i; ++j) to[j] += g[j] * x;
    }
    T* __restrict own = &gradient.at(i, 0);
    for (int64_t j = 0; j <= i; ++j) {
      const T* row = &a.at(j, 0);
      for (int64_t k = 0; k < a.d; ++k) own[k] += g[j] * row[k];
    }
  }

  std::vector<T> student_columns_, teacher_columns_, gradient_columns_;  // [d][n]
  std::vector<T> scores_, r_, teacher_scores_, teacher_r_;               // [n]
};

}  // namespace retort::train
