#include "retort/ops/linear_backward.h"

#include <algorithm>

#include "retort/base/arithmetic.h"
#include "retort/ops/product.h"
#include "retort/ops/row_shares.h"

namespace retort {
namespace {

/// One call: its tensors in every form that its products read.
template <typename T>
class Backward {
 public:
  Backward(Context& ctx, const Tensor& x, std::span<const Linear* const> layers, std::span<const Tensor> dy)
      : ctx_(ctx), x_(x), m_(x.rows()) {
    for (size_t i = 0; i < layers.size(); ++i)
      if (dy[i].bytes()) parts_.push_back({layers[i], dy[i]});
    for (const Part& part : parts_) {
      RETORT_CHECK(part.dy.dtype() == kDTypeOf<T> && part.dy.rows() == m_ &&
                   part.dy.columns() == part.layer->out_features());
      RETORT_CHECK(part.layer->dtype() == parts_.front().layer->dtype());
    }
  }

  void run(const std::optional<Tape::Sink>& dx) {
    if (parts_.empty()) return;
    if (dx) add_input(*dx);
    add_weights();
    run_products<T>(ctx_, sums_);
    add_biases();
  }

 private:
  struct Part {
    const Linear* layer;
    Tensor dy;
  };
  using Sum = ProductSum<T>;

  const kernels::FloatFormatOf<T>& format() const { return products<T>(ctx_, parts_.front().layer->dtype()); }

  /// dy as activation rows: [m][out_features].
  std::byte* prepare_rows(const Tensor& dy) {
    const int64_t k = dy.columns();
    const size_t stride = format().activation_bytes(k);
    std::byte* rows = ctx_.arena.allocate(stride * static_cast<size_t>(m_));
    ctx_.pool.parallel_for(m_, share_rows(k), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        format().prepare(dy.row_as<T>(i), k, nullptr, rows + static_cast<size_t>(i) * stride);
    });
    return rows;
  }

  /// dy^T as activation rows: [out_features][m].
  std::byte* prepare_columns(const Tensor& dy) {
    const size_t stride = format().activation_bytes(m_);
    std::byte* rows = ctx_.arena.allocate(stride * static_cast<size_t>(dy.columns()));
    ctx_.pool.parallel_for(dy.columns(), share_columns(), [&](int64_t begin, int64_t end) {
      format().prepare_columns(dy.as<T>() + begin, dy.columns(), m_, end - begin,
                               rows + static_cast<size_t>(begin) * stride);
    });
    return rows;
  }

  /// x^T as rows of weights: [in_features][m].
  TensorView round_columns() {
    const TensorView view{parts_.front().layer->dtype(), {x_.columns(), m_}, nullptr};
    std::byte* rows = ctx_.arena.allocate(view.bytes());
    ctx_.pool.parallel_for(x_.columns(), share_columns(), [&](int64_t begin, int64_t end) {
      format().round_columns(x_.as<T>() + begin, x_.columns(), m_, end - begin,
                             rows + begin * view.row_bytes(), view.row_bytes());
    });
    return {view.dtype, view.shape, rows};
  }

  /// Columns that one thread turns at least: whole cache lines.
  int64_t share_columns() const { return round_up<int64_t>(share_rows(m_), 16); }

  void add_input(const Tape::Sink& dx) {
    Sum sum{format(), {}, m_, x_.columns(), dx.gradient.as<T>(), !dx.empty};
    for (const Part& part : parts_) {
      const TensorView& w = part.layer->transposed();
      RETORT_CHECK(w.data != nullptr);
      sum.parts.push_back({w.data, w.row_bytes(), prepare_rows(part.dy), w.columns()});
    }
    sums_.push_back(std::move(sum));
  }

  void add_weights() {
    TensorView x_turned;
    for (const Part& part : parts_) {
      const std::optional<Tensor> dw = ctx_.tape->parameter(part.layer->weight().data);
      if (!dw) continue;
      RETORT_CHECK(dw->dtype() == kDTypeOf<T> && dw->shape() == part.layer->weight().shape);
      if (x_turned.data == nullptr) x_turned = round_columns();
      sums_.push_back({format(),
                       {{x_turned.data, x_turned.row_bytes(), prepare_columns(part.dy), m_}},
                       dw->rows(),
                       dw->columns(),
                       dw->as<T>(),
                       /*add=*/true});
    }
  }

  /// Each column is summed up in the order of the rows.
  void add_rows(const Tensor& dy, const Tensor& sum) {
    ctx_.pool.parallel_for(dy.columns(), 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = 0; i < m_; ++i)
        elementwise<T>(ctx_).add(dy.row_as<T>(i) + begin, end - begin, sum.as<T>() + begin);
    });
  }

  void add_biases() {
    for (const Part& part : parts_) {
      if (part.layer->bias().bytes() == nullptr) continue;
      if (const std::optional<Tensor> db = ctx_.tape->parameter(part.layer->bias().bytes()))
        add_rows(part.dy, *db);
    }
  }

  Context& ctx_;
  const Tensor& x_;
  int64_t m_;
  std::vector<Part> parts_;
  std::vector<Sum> sums_;
};

}  // namespace

void linear_backward(Context& ctx, const Tensor& x, std::span<const Linear* const> layers,
                     std::span<const Tensor> dy, std::optional<Tape::Sink> dx) {
  RETORT_CHECK(layers.size() == dy.size() && ctx.tape != nullptr);
  RETORT_CHECK(!dx || dx->gradient.shape() == x.shape());
  if (x.rows() == 0) return;
  Arena::Mark mark(ctx.arena);
  with_real(x.dtype(), [&]<typename T>(T) { Backward<T>(ctx, x, layers, dy).run(dx); });
}

}  // namespace retort
