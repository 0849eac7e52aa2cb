#include "retort/ops/linear_backward.h"

#include <algorithm>

#include "retort/ops/product.h"

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
    ctx_.pool.parallel_dynamic(std::ssize(preparations_),
                               [&](int64_t i, int) { prepare(preparations_[static_cast<size_t>(i)]); });
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

  /// A part of a tensor to be brought into one of its forms by one thread.
  enum class Form {
    rows,             // as activation rows: [m][columns]
    columns,          // the transposed as activation rows: [columns][m]
    weights_columns,  // the transposed as rows of weights: [columns][m]
  };
  struct Preparation {
    Form form;
    Tensor from;
    std::byte* to;
    int64_t begin, end;  // rows or columns of `from`
  };
  static constexpr int64_t kPart = 64;  // rows or columns of a preparation: whole cache lines of either

  std::byte* later(Form form, const Tensor& from, int64_t n, size_t bytes) {
    std::byte* to = ctx_.arena.allocate(bytes);
    for (int64_t i = 0; i < n; i += kPart)
      preparations_.push_back({form, from, to, i, std::min(n, i + kPart)});
    return to;
  }
  std::byte* rows_of(const Tensor& dy) {
    return later(Form::rows, dy, m_, format().activation_bytes(dy.columns()) * static_cast<size_t>(m_));
  }
  std::byte* columns_of(const Tensor& dy) {
    const int64_t n = dy.columns();
    return later(Form::columns, dy, n, format().activation_bytes(m_) * static_cast<size_t>(n));
  }
  TensorView turned_input() {
    const TensorView view{parts_.front().layer->dtype(), {x_.columns(), m_}, nullptr};
    return {view.dtype, view.shape, later(Form::weights_columns, x_, x_.columns(), view.bytes())};
  }

  void prepare(const Preparation& p) const {
    const int64_t n = p.from.columns(), count = p.end - p.begin;
    const T* columns = p.from.template as<T>() + p.begin;
    if (p.form == Form::weights_columns) {
      const int64_t row_bytes = retort::row_bytes(parts_.front().layer->dtype(), m_);
      format().round_columns(columns, n, m_, count, p.to + p.begin * row_bytes, row_bytes);
    } else if (p.form == Form::columns) {
      const size_t stride = format().activation_bytes(m_);
      format().prepare_columns(columns, n, m_, count, p.to + static_cast<size_t>(p.begin) * stride);
    } else {
      const size_t stride = format().activation_bytes(n);
      for (int64_t i = p.begin; i < p.end; ++i)
        format().prepare(p.from.template row_as<T>(i), n, nullptr, p.to + static_cast<size_t>(i) * stride);
    }
  }

  void add_input(const Tape::Sink& dx) {
    Sum sum{format(), {}, m_, x_.columns(), dx.gradient.as<T>(), !dx.empty};
    for (const Part& part : parts_) {
      const TensorView& w = part.layer->transposed();
      RETORT_CHECK(w.data != nullptr);
      sum.parts.push_back({w.data, w.row_bytes(), rows_of(part.dy), w.columns()});
    }
    sums_.push_back(std::move(sum));
  }

  void add_weights() {
    TensorView x_turned;
    for (const Part& part : parts_) {
      const std::optional<Tensor> dw = ctx_.tape->parameter(part.layer->weight().data);
      if (!dw) continue;
      RETORT_CHECK(dw->dtype() == kDTypeOf<T> && dw->shape() == part.layer->weight().shape);
      if (x_turned.data == nullptr) x_turned = turned_input();
      sums_.push_back({format(),
                       {{x_turned.data, x_turned.row_bytes(), columns_of(part.dy), m_}},
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
  std::vector<Preparation> preparations_;
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
