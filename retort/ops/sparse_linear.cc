#include "retort/ops/sparse_linear.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"
#include "retort/kernels/sparse_products.h"

namespace retort {
namespace {

using kernels::kColumnPanelRows;
using kernels::kColumnRowGrain;
using kernels::kColumnSegment;

}  // namespace

// ---- the stack -----------------------------------------------------------------------------------------

bool ColumnStack::takes(std::span<const Linear* const> layers) {
  return std::all_of(layers.begin(), layers.end(),
                     [](const Linear* layer) { return layer->dtype() == DType::bf16; });
}

ColumnStack::ColumnStack(std::span<const Linear* const> layers) : columns_(layers[0]->in_features()) {
  RETORT_CHECK(takes(layers));
  for (const Linear* layer : layers) {
    parts_.push_back({layer->weight(), rows_});
    rows_ += layer->out_features();
  }
}

int64_t ColumnStack::n_panels() const {
  return div_up(rows_, kColumnPanelRows);
}

int64_t ColumnStack::n_lines() const {
  return div_up(rows_, kColumnRowGrain);
}

size_t ColumnStack::bytes() const {
  return static_cast<size_t>(round_up<int64_t>(2 * columns_ * n_lines() * kColumnRowGrain, 4096));
}

ColumnStack::Panel ColumnStack::panel(int64_t i) const {
  const int64_t first = i * kColumnPanelRows, rows = std::min(kColumnPanelRows, rows_ - first);
  return {first, rows, round_up(rows, kColumnRowGrain), memory_ + 2 * columns_ * first};
}

/// Null behind the last row.
const std::byte* ColumnStack::row(int64_t r) const {
  for (const Part& part : parts_)
    if (r < part.first + part.weight.rows()) return part.weight.row(r - part.first);
  return nullptr;
}

void ColumnStack::pack(int64_t begin, int64_t end) const {
  constexpr int64_t kLines = kColumnPanelRows / kColumnRowGrain;  // of a full panel
  for (int64_t line = begin; line < end; ++line) {
    const Panel to = panel(line / kLines);
    const std::byte* rows[kColumnRowGrain];
    for (int64_t r = 0; r < kColumnRowGrain; ++r) rows[r] = row(line * kColumnRowGrain + r);
    std::byte* at = memory_ + (to.data - memory_) + 2 * kColumnRowGrain * (line % kLines);
    kernels::pack_column_lines(rows, 0, columns_, at, to.column_bytes());
  }
}

// ---- the input ------------------------------------------------------------------------------------------

PrunedInput::PrunedInput(std::span<const Linear* const> layers, float threshold)
    : layers_(layers.begin(), layers.end()), threshold_(threshold) {
  RETORT_CHECK(threshold > 0 && !layers.empty());
  for (const Linear* layer : layers_) {
    RETORT_CHECK(layer->in_features() == layers_[0]->in_features());
    rows_ += layer->out_features();
  }
}

ColumnStack& PrunedInput::make_stack() {
  stack_ = std::make_unique<ColumnStack>(layers_);
  return *stack_;
}

uint64_t PrunedInput::bytes() const {
  uint64_t total = 0;
  for (const Linear* layer : layers_) total += layer->bytes();
  return total;
}

double PrunedInput::skipped() const {
  return inputs_ == 0 ? 0 : 1 - static_cast<double>(kept_) / static_cast<double>(inputs_);
}

void PrunedInput::count(int64_t kept, int64_t inputs) const {
  kept_ += kept;
  inputs_ += inputs;
}

// ---- the product ---------------------------------------------------------------------------------------

namespace {

/// A row of x: what is left of it.
struct Selected {
  int32_t *columns, *starts;
  float* values;
};

class SparseProduct {
 public:
  SparseProduct(Context& ctx, const Tensor& x, const PrunedInput& input, std::span<Tensor> y)
      : ctx_(ctx),
        kernels_(kernels::sparse_products(ctx.kernels.isa)),
        stack_(*input.stack()),
        layers_(input.layers()),
        y_(y),
        m_(x.rows()),
        k_(x.columns()) {
    select(x, input);
  }

  void multiply() const { m_ <= kFew ? multiply_few() : multiply_many(); }

 private:
  // Few rows: every thread takes segments of panels, and the sums of a panel's segments are added by whoever
  // ends the last of them. Many rows: every thread takes some rows of a part of a panel through all segments,
  // so that what it reads of the weights serves all these rows from its second-level cache.
  static constexpr int64_t kFew = 4, kManyRows = 64, kManyWeightRows = 512;

  void select(const Tensor& x, const PrunedInput& input) {
    selected_ = ctx_.arena.allocate_span<Selected>(static_cast<size_t>(m_));
    for (Selected& s : selected_)
      s = {ctx_.arena.allocate_span<int32_t>(static_cast<size_t>(k_)).data(),
           ctx_.arena.allocate_span<int32_t>(static_cast<size_t>(segments() + 1)).data(),
           ctx_.arena.allocate_span<float>(static_cast<size_t>(k_)).data()};
    auto work = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Selected& s = selected_[static_cast<size_t>(i)];
        kernels::select_columns(x.row(i), k_, input.threshold(), s.columns, s.values, s.starts);
      }
    };
    m_ <= kFew ? work(0, m_) : ctx_.pool.parallel_for(m_, 1, work);
    for (const Selected& s : selected_) input.count(s.starts[segments()], k_);
  }

  int64_t segments() const { return div_up(k_, kColumnSegment); }

  /// sums[r] for rows [first, first + rows) of a panel, of one segment.
  void segment_sums(const ColumnStack::Panel& panel, int64_t first, int64_t rows, int64_t row_of_x,
                    int64_t segment, float* sums) const {
    const Selected& s = selected_[static_cast<size_t>(row_of_x)];
    const int32_t begin = s.starts[segment], n = s.starts[segment + 1] - begin;
    std::fill_n(sums, rows, 0.0f);
    kernels_.accumulate(panel.data + 2 * first, panel.column_bytes(), rows, s.columns + begin,
                        s.values + begin, n, sums);
  }

  void multiply_few() const {
    const int64_t panels = stack_.n_panels(), parts = segments();
    const int64_t padded = panels * kColumnPanelRows;
    auto sums = ctx_.arena.allocate_span<float>(static_cast<size_t>(parts * m_ * padded));
    auto left = ctx_.arena.allocate_span<std::atomic<int64_t>>(static_cast<size_t>(panels));
    for (auto& n : left) new (&n) std::atomic<int64_t>(parts);
    std::atomic<int64_t> next{0};
    auto work = [&](int) {
      for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < panels * parts;) {
        const int64_t p = task / parts, segment = task % parts;
        const ColumnStack::Panel panel = stack_.panel(p);
        auto sums_of = [&](int64_t s, int64_t i) {
          return &sums[static_cast<size_t>((s * m_ + i) * padded + panel.first)];
        };
        for (int64_t i = 0; i < m_; ++i)
          segment_sums(panel, 0, panel.padded_rows, i, segment, sums_of(segment, i));
        if (left[static_cast<size_t>(p)].fetch_sub(1, std::memory_order_acq_rel) > 1) continue;
        for (int64_t i = 0; i < m_; ++i) {
          float* total = sums_of(0, i);
          for (int64_t s = 1; s < parts; ++s) ctx_.kernels.elementwise.add(sums_of(s, i), panel.rows, total);
          put(i, panel.first, panel.rows, total);
        }
      }
    };
    panels* parts == 1 ? work(0) : ctx_.pool.run(work);
  }

  void multiply_many() const {
    constexpr int64_t kScratch = (kManyRows + 1) * kManyWeightRows;
    const int64_t slices = div_up(stack_.rows(), kManyWeightRows), blocks = div_up(m_, kManyRows);
    auto scratch = ctx_.arena.allocate_span<float>(static_cast<size_t>(kScratch * ctx_.pool.size()));
    std::atomic<int64_t> next{0};
    ctx_.pool.run([&](int thread) {
      float* mine = &scratch[static_cast<size_t>(kScratch * thread)];
      for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < slices * blocks;)
        multiply_slice(task / blocks * kManyWeightRows, task % blocks * kManyRows, mine);
    });
  }

  /// Rows [first, first + 512) of the stack for rows [i0, i0 + 64) of x.
  void multiply_slice(int64_t first, int64_t i0, float* scratch) const {
    const ColumnStack::Panel panel = stack_.panel(first / kColumnPanelRows);
    const int64_t inside = first - panel.first, end = std::min(m_, i0 + kManyRows);
    const int64_t padded = std::min(kManyWeightRows, panel.padded_rows - inside);
    const int64_t rows = std::min(kManyWeightRows, panel.rows - inside);
    float* sums = scratch + kManyRows * kManyWeightRows;
    for (int64_t segment = 0; segment < segments(); ++segment)
      for (int64_t i = i0; i < end; ++i) {
        float* total = scratch + (i - i0) * kManyWeightRows;
        segment_sums(panel, inside, padded, i, segment, segment == 0 ? total : sums);
        if (segment > 0) ctx_.kernels.elementwise.add(sums, rows, total);
      }
    for (int64_t i = i0; i < end; ++i) put(i, first, rows, scratch + (i - i0) * kManyWeightRows);
  }

  /// Rows [first, first + rows) of the stack, where they belong, with their biases.
  void put(int64_t i, int64_t first, int64_t rows, const float* values) const {
    int64_t begin = 0;  // of the layer
    for (size_t l = 0; l < layers_.size(); ++l) {
      const int64_t end = begin + layers_[l]->out_features();
      const int64_t b = std::max(first, begin), e = std::min(first + rows, end);
      if (b < e) {
        float* out = y_[l].row(i) + (b - begin);
        std::memcpy(out, values + (b - first), static_cast<size_t>(e - b) * sizeof(float));
        if (layers_[l]->bias().bytes())
          ctx_.kernels.elementwise.add(layers_[l]->bias().f32() + (b - begin), e - b, out);
      }
      begin = end;
    }
  }

  Context& ctx_;
  const kernels::SparseProducts& kernels_;
  const ColumnStack& stack_;
  std::span<const Linear* const> layers_;
  std::span<Tensor> y_;
  int64_t m_, k_;
  std::span<Selected> selected_;
};

/// The dense product of inputs that are zeroed.
void multiply_zeroed(Context& ctx, const Tensor& x, const PrunedInput& input, std::span<Tensor> y) {
  int64_t kept = 0;
  Tensor zeroed = ctx.empty(x.shape());
  for (int64_t i = 0; i < x.shape().elements(); ++i) {
    const float value = x.f32()[i];
    const bool keep = !(std::abs(value) <= input.threshold());
    zeroed.f32()[i] = keep ? value : 0.0f;
    kept += keep;
  }
  input.count(kept, x.shape().elements());
  linear(ctx, zeroed, input.layers(), y);
}

}  // namespace

void sparse_linear(Context& ctx, const Tensor& x, const PrunedInput& input, std::span<Tensor> y) {
  const std::span<const Linear* const> layers = input.layers();
  RETORT_CHECK(ctx.tape == nullptr && x.dtype() == DType::f32 && layers.size() == y.size());
  RETORT_CHECK(x.columns() == layers[0]->in_features());
  if (input.stack() == nullptr) return multiply_zeroed(ctx, x, input, y);
  for (size_t i = 0; i < y.size(); ++i) y[i] = ctx.empty({x.rows(), layers[i]->out_features()});
  if (x.rows() == 0) return;
  Arena::Mark mark(ctx.arena);
  SparseProduct(ctx, x, input, y).multiply();
}

}  // namespace retort
