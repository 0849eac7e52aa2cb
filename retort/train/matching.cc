#include "retort/train/matching.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/ops/real.h"
#include "retort/ops/row_shares.h"
#include "retort/ops/tape.h"
#include "retort/train/relation.h"

namespace retort::train {
namespace {

template <typename T>
double hidden_rows(Context& ctx, const Tensor& x, const Tensor& target, std::span<const uint8_t> counts,
                   double denominator, const Tensor& gradient) {
  const int64_t n = x.columns();
  const double mean = 1 / (static_cast<double>(n) * denominator);
  std::vector<double> by_row(counts.size(), 0.0);
  ctx.pool.parallel_for(x.rows(), share_rows(n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T scale = counts[static_cast<size_t>(i)] != 0 ? static_cast<T>(2 * mean) : T(0);
      const T *a = x.row_as<T>(i), *b = target.row_as<T>(i);
      T* to = gradient.row_as<T>(i);
      double sum = 0;
      for (int64_t j = 0; j < n; ++j) {
        const T difference = a[j] - b[j];
        sum += static_cast<double>(difference) * static_cast<double>(difference);
        to[j] = scale * difference;
      }
      if (scale != 0) by_row[static_cast<size_t>(i)] = sum * mean;
    }
  });
  double value = 0;
  for (double part : by_row) value += part;
  return value;
}

/// x with each of its `kv_heads` heads repeated until there are `heads`.
template <typename T>
Tensor repeat_heads(Context& ctx, const Tensor& x, int64_t heads, int64_t kv_heads) {
  if (heads == kv_heads) return x;
  const int64_t head_dim = x.columns() / kv_heads, group = heads / kv_heads;
  const Tensor y = ctx.empty({x.rows(), heads * head_dim}, x.dtype());
  for (int64_t i = 0; i < x.rows(); ++i)
    for (int64_t h = 0; h < heads; ++h)
      std::copy_n(x.row_as<T>(i) + h / group * head_dim, head_dim, y.row_as<T>(i) + h * head_dim);
  return y;
}

/// The gradient of x from that of its repeated heads.
template <typename T>
Tensor fold_heads(Context& ctx, const Tensor& dy, const Tensor& x, int64_t heads, int64_t kv_heads) {
  if (heads == kv_heads) return dy;
  const int64_t head_dim = x.columns() / kv_heads, group = heads / kv_heads;
  const Tensor dx = ctx.empty(x.shape(), x.dtype());
  for (int64_t i = 0; i < x.rows(); ++i) {
    std::fill_n(dx.row_as<T>(i), x.columns(), T(0));
    for (int64_t h = 0; h < heads; ++h)
      elementwise<T>(ctx).add(dy.row_as<T>(i) + h * head_dim, head_dim,
                              dx.row_as<T>(i) + h / group * head_dim);
  }
  return dx;
}

/// Q, K or V of both models, with all query heads, and the gradient of the student's.
struct Relation {
  Tensor student, teacher, gradient;
};

template <typename T>
class Relations {
 public:
  Relations(Context& ctx, const AttentionStates& student, const AttentionStates& teacher, int64_t heads,
            std::span<const uint8_t> counts, double denominator)
      : ctx_(ctx), student_(student), heads_(heads), counts_(counts) {
    scale_ = 1 / (3 * static_cast<double>(heads) * denominator);
    const auto add = [&](const Tensor& a, int64_t a_heads, const Tensor& b, int64_t b_heads) {
      const Tensor s = repeat_heads<T>(ctx, a, student.heads, a_heads);
      relations_.push_back(
          {s, repeat_heads<T>(ctx, b, teacher.heads, b_heads), ctx.empty(s.shape(), s.dtype())});
    };
    add(student.q, student.heads, teacher.q, teacher.heads);
    add(student.k, student.num_key_value_heads, teacher.k, teacher.num_key_value_heads);
    add(student.v, student.num_key_value_heads, teacher.v, teacher.num_key_value_heads);
  }

  PendingLoss run(std::span<const DocumentRows> documents) {
    const int64_t items = static_cast<int64_t>(documents.size() * relations_.size()) * heads_;
    std::vector<double> losses(static_cast<size_t>(items));
    std::vector<RelationKl<T>> functions(static_cast<size_t>(ctx_.pool.size()));
    ctx_.pool.parallel_dynamic(items, [&](int64_t item, int thread) {
      const auto per_document = static_cast<int64_t>(relations_.size()) * heads_;
      losses[static_cast<size_t>(item)] = one(documents[static_cast<size_t>(item / per_document)],
                                              relations_[static_cast<size_t>(item % per_document / heads_)],
                                              item % heads_, functions[static_cast<size_t>(thread)]);
    });
    PendingLoss loss;
    for (double part : losses) loss.value += part;
    loss.value *= scale_;
    const int64_t kv = student_.num_key_value_heads;
    loss.parts = {{student_.q, relations_[0].gradient},
                  {student_.k, fold_heads<T>(ctx_, relations_[1].gradient, student_.k, student_.heads, kv)},
                  {student_.v, fold_heads<T>(ctx_, relations_[2].gradient, student_.v, student_.heads, kv)}};
    return loss;
  }

 private:
  double one(const DocumentRows& document, const Relation& relation, int64_t head, RelationKl<T>& function) {
    const auto part = [&](const Tensor& x) {
      const int64_t d = x.columns() / heads_;
      return Rows<T>{x.row_as<T>(document.first_row) + head * d, x.columns(), document.n_tokens, d};
    };
    const auto constant = [](Rows<T> rows) { return Rows<const T>{rows.data, rows.stride, rows.n, rows.d}; };
    const auto softmax = [&](T* row, int64_t n) { return elementwise<T>(ctx_).softmax(row, n); };
    return function(constant(part(relation.student)), constant(part(relation.teacher)),
                    counts_.data() + document.first_row, static_cast<T>(scale_), softmax,
                    part(relation.gradient));
  }

  Context& ctx_;
  const AttentionStates& student_;
  int64_t heads_;
  std::span<const uint8_t> counts_;
  double scale_;
  std::vector<Relation> relations_;
};

}  // namespace

void seed(Context& ctx, const PendingLoss& loss, double scale) {
  for (const PendingLoss::Part& part : loss.parts) {
    const Tape::Sink sink = ctx.tape->sink(part.of);
    with_real(part.of.dtype(), [&]<typename T>(T) {
      const T factor = static_cast<T>(scale);
      ctx.pool.parallel_for(part.of.shape().elements(), kShareElements, [&](int64_t begin, int64_t end) {
        const T* from = part.gradient.as<T>();
        T* to = sink.gradient.as<T>();
        for (int64_t i = begin; i < end; ++i) to[i] = (sink.empty ? T(0) : to[i]) + factor * from[i];
      });
    });
  }
}

double balance(double reference, double value) {
  return value > 0 ? reference / value : 0;
}

PendingLoss hidden_loss(Context& ctx, const Tensor& x, const Tensor& target, std::span<const uint8_t> counts,
                        double denominator) {
  RETORT_CHECK(x.shape() == target.shape() && x.dtype() == target.dtype() && denominator > 0);
  RETORT_CHECK(static_cast<int64_t>(counts.size()) == x.rows());
  const Tensor gradient = ctx.empty(x.shape(), x.dtype());
  PendingLoss loss{.parts = {{x, gradient}}};
  with_real(x.dtype(), [&]<typename T>(T) {
    loss.value = hidden_rows<T>(ctx, x, target, counts, denominator, gradient);
  });
  return loss;
}

PendingLoss relation_loss(Context& ctx, const AttentionStates& student, const AttentionStates& teacher,
                          int64_t relation_heads, std::span<const DocumentRows> documents,
                          std::span<const uint8_t> counts, double denominator) {
  RETORT_CHECK(student.width() % relation_heads == 0 && teacher.width() % relation_heads == 0);
  RETORT_CHECK(student.q.rows() == teacher.q.rows() && student.q.dtype() == teacher.q.dtype());
  RETORT_CHECK(static_cast<int64_t>(counts.size()) == student.q.rows() && denominator > 0);
  return with_real(student.q.dtype(), [&]<typename T>(T) {
    return Relations<T>(ctx, student, teacher, relation_heads, counts, denominator).run(documents);
  });
}

void check_relation_heads(int64_t relation_heads, int64_t student_width, int64_t teacher_width) {
  if (relation_heads < 1 || student_width % relation_heads != 0 || teacher_width % relation_heads != 0)
    fail(ErrorCode::bad_input,
         "relation_heads {} must divide both the student's {} and the teacher's {} (heads x head_dim)",
         relation_heads, student_width, teacher_width);
}

}  // namespace retort::train
