#include "retort/ops/linear.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/ops/linear_backward.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

using kernels::kPanelRows;

constexpr int64_t kScaleBlock = 128;   // DeepSeek-V3's FP8 blocks (its report, section 3.3.2)
constexpr int64_t kBlockColumns = 64;  // activation rows rounded at a time under block scales

void decode_all(const TensorView& view, float* values) {
  for (int64_t i = 0; i < view.rows(); ++i)
    decode_row(view.dtype, view.row(i), values + i * view.columns(), view.columns());
}
std::vector<float> decode_all(const TensorView& view) {
  std::vector<float> values(static_cast<size_t>(view.shape.elements()));
  decode_all(view, values.data());
  return values;
}

void expect_elements(std::string_view name, const TensorView& view, int64_t wanted, std::string_view what) {
  if (view.shape.elements() != wanted)
    fail(ErrorCode::bad_input, "{}: {} has shape {}, {} elements expected", name, what,
         view.shape.to_string(), wanted);
}

/// The activations of one group in every form that its matrices need.
struct Prepared {
  const float* x;  // [m, k]
  int64_t m, k;
  kernels::Q8Activations q8;     // if any matrix has an integer format
  std::byte* rows[kDTypeCount];  // by float dtype, without block scales; null: not needed

  size_t row_bytes(const Context& ctx, int dtype) const {
    return ctx.kernels.float_products.formats[dtype].activation_bytes(k);
  }
};

/// Room for the activations of a group; `fill` writes them.
Prepared prepare(Context& ctx, const Tensor& x, const LinearGroup& group) {
  Prepared p{x.row(group.begin), group.end - group.begin, x.columns(), {}, {}};
  for (const Linear* layer : group.layers) {
    const int dtype = static_cast<int>(layer->dtype());
    if (is_quantized(layer->dtype())) {
      if (p.q8.q == nullptr)
        p.q8 =
            kernels::q8_activations_in(ctx.arena.allocate(kernels::q8_activation_bytes(p.m, p.k)), p.m, p.k);
    } else if (!layer->has_block_scale() && p.rows[dtype] == nullptr) {
      p.rows[dtype] = ctx.arena.allocate(p.row_bytes(ctx, dtype) * static_cast<size_t>(p.m));
    }
  }
  return p;
}

/// Rows [begin, end) of the group, rounded into every form.
void fill(const Context& ctx, const Prepared& p, int64_t begin, int64_t end) {
  if (p.q8.q != nullptr) ctx.kernels.integer_products.quantize(p.x, p.k, begin, end, p.q8);
  for (int dtype = 0; dtype < kDTypeCount; ++dtype) {
    if (p.rows[dtype] == nullptr) continue;
    const size_t stride = p.row_bytes(ctx, dtype);
    for (int64_t i = begin; i < end; ++i)
      ctx.kernels.float_products.formats[dtype].prepare(p.x + i * p.k, p.k, nullptr,
                                                        p.rows[dtype] + static_cast<size_t>(i) * stride);
  }
}

std::span<Prepared> prepare_all(Context& ctx, const Tensor& x, std::span<const LinearGroup> groups) {
  auto all = ctx.arena.allocate_span<Prepared>(groups.size());
  for (size_t g = 0; g < groups.size(); ++g) all[g] = prepare(ctx, x, groups[g]);
  ctx.pool.parallel_for(x.rows(), 4, [&](int64_t begin, int64_t end) {
    for (size_t g = 0; g < groups.size(); ++g) {
      const int64_t first = groups[g].begin;
      const int64_t b = std::max(begin, first), e = std::min(end, groups[g].end);
      if (b < e) fill(ctx, all[g], b - first, e - first);
    }
  });
  return all;
}

}  // namespace

Linear::Linear(std::string_view name, const LinearSource& source) : weight_(source.weight) {
  if (weight_.shape.rank() != 2)
    fail(ErrorCode::bad_input, "{}: a matrix is expected, the shape is {}", name, weight_.shape.to_string());
  if (dtype() == DType::i32 || dtype() == DType::f64)
    fail(ErrorCode::unsupported, "{}: {} weights have no products", name, retort::name(dtype()));
  const int64_t out = out_features(), in = in_features();
  if (source.bias) {
    expect_elements(name, *source.bias, out, "bias");
    bias_ = Tensor::owned(DType::f32, {out});
    decode_all(*source.bias, bias_.f32());
  }
  if (source.row_scale) {
    expect_elements(name, *source.row_scale, out, "weight_scale");
    row_scale_ = decode_all(*source.row_scale);
  }
  if (source.block_scale) {
    expect_elements(name, *source.block_scale, div_up(out, kScaleBlock) * div_up(in, kScaleBlock),
                    "weight_scale_inv");
    block_scale_ = decode_all(*source.block_scale);
  }
}

Linear Linear::trainable(const TensorView& weight, const TensorView& transposed, const Tensor* bias) {
  RETORT_CHECK(weight.dtype == DType::bf16 || weight.dtype == DType::f32 || weight.dtype == DType::f64);
  RETORT_CHECK(transposed.dtype == weight.dtype &&
               transposed.shape == Shape({weight.columns(), weight.rows()}));
  RETORT_CHECK(bias == nullptr || bias->shape() == Shape({weight.rows()}));
  Linear layer;
  layer.weight_ = weight;
  layer.transposed_ = transposed;
  if (bias) layer.bias_ = *bias;
  return layer;
}

size_t Linear::packed_bytes() const {
  return round_up<size_t>(static_cast<size_t>(n_panels() * kPanelRows * weight_.row_bytes()), 64);
}

void Linear::pack(const kernels::KernelTable& kernels, int64_t begin, int64_t end, std::byte* panels) const {
  const int64_t bytes = weight_.row_bytes();
  if (!is_quantized(dtype())) {
    const int64_t first = begin * kPanelRows, last = std::min(end * kPanelRows, out_features());
    std::memcpy(panels + first * bytes, weight_.row(first), static_cast<size_t>((last - first) * bytes));
    return;
  }
  const auto& format = kernels.integer_products.formats[static_cast<int>(dtype())];
  for (int64_t p = begin; p < end; ++p) {
    int rows = static_cast<int>(std::min<int64_t>(kPanelRows, out_features() - p * kPanelRows));
    format.pack(weight_.row(p * kPanelRows), bytes, rows, in_features(), panels + p * kPanelRows * bytes);
  }
}

void Linear::use_packed(const std::byte* panels) {
  if (is_quantized(dtype()))
    panels_ = panels;
  else
    weight_.data = panels;
  packed_ = true;
}

/// A share of one matrix's rows. Begins at a multiple of 16, or of 128 under block scales.
struct Linear::Task {
  const Context& ctx;
  const Linear& layer;
  const Prepared& prepared;
  const Tensor& y;
  std::byte* scratch;  // this thread's

  static size_t scratch_bytes(const Context& ctx, const Linear& layer) {
    const int64_t k = layer.in_features();
    if (is_quantized(layer.dtype())) {
      const auto& format = ctx.kernels.integer_products.formats[static_cast<int>(layer.dtype())];
      size_t panel = layer.panels_ ? 0 : static_cast<size_t>(kPanelRows * layer.weight_.row_bytes());
      return round_up<size_t>(format.scratch_bytes(k), 64) + panel;
    }
    const auto& format = ctx.kernels.float_products.formats[static_cast<int>(layer.dtype())];
    return layer.block_scale_.empty() ? 0 : format.activation_bytes(k) * static_cast<size_t>(kBlockColumns);
  }

  void run(int64_t begin, int64_t end) const {
    if (is_quantized(layer.dtype())) {
      layer.panels_ ? packed(begin, end) : unpacked(begin, end);
    } else {
      layer.block_scale_.empty() ? floats(begin, end) : blocks(begin, end);
    }
    add_bias(begin, end);
  }

 private:
  void packed(int64_t begin, int64_t end) const {
    const auto& format = ctx.kernels.integer_products.formats[static_cast<int>(layer.dtype())];
    format.multiply(layer.panels_ + begin * layer.weight_.row_bytes(), end - begin, prepared.q8,
                    y.f32() + begin, y.columns(), scratch);
  }

  /// Packs each panel on the way.
  void unpacked(int64_t begin, int64_t end) const {
    const auto& format = ctx.kernels.integer_products.formats[static_cast<int>(layer.dtype())];
    std::byte* panel = scratch + round_up<size_t>(format.scratch_bytes(layer.in_features()), 64);
    for (int64_t r = begin; r < end; r += kPanelRows) {
      int rows = static_cast<int>(std::min<int64_t>(kPanelRows, end - r));
      format.pack(layer.weight_.row(r), layer.weight_.row_bytes(), rows, layer.in_features(), panel);
      format.multiply(panel, rows, prepared.q8, y.f32() + r, y.columns(), scratch);
    }
  }

  void floats(int64_t begin, int64_t end) const {
    const auto& format = ctx.kernels.float_products.formats[static_cast<int>(layer.dtype())];
    const float* scale = layer.row_scale_.empty() ? nullptr : layer.row_scale_.data() + begin;
    format.multiply(layer.weight_.row(begin), layer.weight_.row_bytes(), end - begin, layer.in_features(),
                    prepared.rows[static_cast<int>(layer.dtype())], y.rows(), scale, y.f32() + begin,
                    y.columns());
  }

  /// All rows of a block of 128 share their scales, which therefore multiply the activations instead.
  void blocks(int64_t begin, int64_t end) const {
    const int64_t k = layer.in_features(), m = y.rows(), block_columns = div_up(k, kScaleBlock);
    const auto& format = ctx.kernels.float_products.formats[static_cast<int>(layer.dtype())];
    const size_t stride = format.activation_bytes(k);
    for (int64_t r = begin; r < end; r += kScaleBlock) {
      const int64_t rows = std::min(kScaleBlock, end - r);
      const float* scales = layer.block_scale_.data() + r / kScaleBlock * block_columns;
      for (int64_t i = 0; i < m; i += kBlockColumns) {
        const int64_t n = std::min(kBlockColumns, m - i);
        for (int64_t j = 0; j < n; ++j)
          format.prepare(prepared.x + (i + j) * k, k, scales, scratch + static_cast<size_t>(j) * stride);
        format.multiply(layer.weight_.row(r), layer.weight_.row_bytes(), rows, k, scratch, n, nullptr,
                        y.row(i) + r, y.columns());
      }
    }
  }

  void add_bias(int64_t begin, int64_t end) const {
    if (layer.bias_.bytes() == nullptr) return;
    for (int64_t i = 0; i < y.rows(); ++i)
      ctx.kernels.elementwise.add(layer.bias_.f32() + begin, end - begin, y.row(i) + begin);
  }
};

namespace {

/// Hands out rows [0, total). Every thread has a run of its own, which it takes from front to back in shares
/// that grow smaller, so that it reads one stream of memory; then it takes of the others' runs, so that all
/// end together however unevenly the machine serves them.
class SharedRows {
 public:
  SharedRows(Arena& arena, int64_t total, int64_t grain, int threads)
      : runs_(arena.allocate_span<Run>(static_cast<size_t>(threads))), grain_(grain) {
    const int64_t grains = div_up(total, grain);
    for (int64_t t = 0; t < threads; ++t)
      new (&runs_[static_cast<size_t>(t)])
          Run{grains * t / threads * grain, std::min(total, grains * (t + 1) / threads * grain)};
  }

  bool next(int thread, int64_t& begin, int64_t& end) {
    for (size_t i = 0; i < runs_.size(); ++i)
      if (take(runs_[(static_cast<size_t>(thread) + i) % runs_.size()], begin, end)) return true;
    return false;
  }

 private:
  struct alignas(64) Run {
    std::atomic<int64_t> next;
    int64_t end;
  };

  bool take(Run& run, int64_t& begin, int64_t& end) const {
    begin = run.next.load(std::memory_order_relaxed);
    do {
      if (begin >= run.end) return false;
      const int64_t share = (run.end - begin) / 2 / grain_ * grain_;
      end = std::min(run.end, begin + std::max(grain_, share));
    } while (!run.next.compare_exchange_weak(begin, end, std::memory_order_relaxed));
    return true;
  }

  std::span<Run> runs_;
  int64_t grain_;
};

/// Rows that are never split over threads: a panel, four panels when there are columns to amortise their
/// unpacking, or a block of scales.
int64_t row_grain(std::span<const LinearGroup> groups) {
  int64_t grain = kPanelRows;
  for (const LinearGroup& group : groups) {
    if (group.end - group.begin >= 32) grain = std::max<int64_t>(grain, 4 * kPanelRows);
    for (const Linear* layer : group.layers)
      if (layer->has_block_scale()) return kScaleBlock;
  }
  return grain;
}

/// The matrices of all groups as one run of rows, each matrix rounded up to the grain.
class GroupedRows {
 public:
  GroupedRows(Context& ctx, const Tensor& x, std::span<const LinearGroup> groups, std::span<Tensor> y)
      : ctx_(ctx), groups_(groups), y_(y), grain_(row_grain(groups)), prepared_(prepare_all(ctx, x, groups)) {
    size_t scratch = 0;
    for (const LinearGroup& group : groups)
      for (const Linear* layer : group.layers) {
        total_ += round_up(layer->out_features(), grain_);
        scratch = std::max(scratch, Linear::Task::scratch_bytes(ctx, *layer));
      }
    scratch_bytes_ = round_up<size_t>(scratch, 64);
    scratch_ = ctx.arena.allocate(scratch_bytes_ * static_cast<size_t>(ctx.pool.size()));
  }

  void multiply() const {
    SharedRows rows(ctx_.arena, total_, grain_, ctx_.pool.size());
    auto work = [&](int thread) {
      int64_t begin, end;
      while (rows.next(thread, begin, end)) multiply(begin, end, thread);
    };
    // What is one share (a router) needs no second thread.
    total_ <= grain_ ? work(0) : ctx_.pool.run(work);
  }

 private:
  void multiply(int64_t begin, int64_t end, int thread) const {
    int64_t first = 0;  // of the current matrix
    for (size_t g = 0; g < groups_.size(); ++g)
      for (size_t i = 0; i < groups_[g].layers.size(); ++i) {
        if (first >= end) return;
        const Linear& layer = *groups_[g].layers[i];
        const int64_t n = layer.out_features();
        const int64_t b = std::max<int64_t>(begin - first, 0), e = std::min(end - first, n);
        if (b < e) multiply(layer, g, i, b, e, thread);
        first += round_up(n, grain_);
      }
  }

  void multiply(const Linear& layer, size_t g, size_t i, int64_t begin, int64_t end, int thread) const {
    const Prepared& prepared = prepared_[g];
    const Tensor y(DType::f32, {prepared.m, layer.out_features()},
                   reinterpret_cast<std::byte*>(y_[i].row(groups_[g].begin)));
    Linear::Task{ctx_, layer, prepared, y, scratch_ + static_cast<size_t>(thread) * scratch_bytes_}.run(begin,
                                                                                                        end);
  }

  Context& ctx_;
  std::span<const LinearGroup> groups_;
  std::span<Tensor> y_;
  int64_t grain_, total_ = 0;
  std::span<Prepared> prepared_;
  size_t scratch_bytes_ = 0;
  std::byte* scratch_ = nullptr;  // of each thread
};

void check_groups(const Tensor& x, std::span<const LinearGroup> groups, size_t n_layers) {
  int64_t row = 0;
  for (const LinearGroup& group : groups) {
    RETORT_CHECK(group.layers.size() == n_layers && group.begin == row && group.end >= row);
    for (size_t i = 0; i < n_layers; ++i)
      RETORT_CHECK(group.layers[i]->in_features() == x.columns() &&
                   group.layers[i]->out_features() == groups[0].layers[i]->out_features() &&
                   (group.layers[i]->dtype() == DType::f64) == (x.dtype() == DType::f64));
    row = group.end;
  }
  RETORT_CHECK(row == x.rows());
}

/// All products of a call in f64, row by row.
void multiply_f64(Context& ctx, const Tensor& x, std::span<const LinearGroup> groups,
                  std::span<const Tensor> y) {
  const auto& format = ctx.kernels.products_f64;
  const int64_t k = x.columns();
  const size_t stride = format.activation_bytes(k);
  std::byte* rows = ctx.arena.allocate(stride * static_cast<size_t>(x.rows()));
  auto multiply_row = [&](int64_t i, std::span<const Linear* const> layers) {
    std::byte* row = rows + static_cast<size_t>(i) * stride;
    format.prepare(x.row_as<double>(i), k, nullptr, row);
    for (size_t l = 0; l < layers.size(); ++l) {
      const Linear& layer = *layers[l];
      double* out = y[l].row_as<double>(i);
      format.multiply(layer.weight().data, layer.weight().row_bytes(), layer.out_features(), k, row, 1,
                      nullptr, out, layer.out_features());
      if (layer.bias().bytes())
        ctx.kernels.elementwise_f64.add(layer.bias().as<double>(), layer.out_features(), out);
    }
  };
  for (const LinearGroup& group : groups)
    ctx.pool.parallel_for(group.end - group.begin, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) multiply_row(group.begin + i, group.layers);
    });
}

/// Rows [begin, end) of x; null if x is.
Tensor rows_of(const Tensor& x, int64_t begin, int64_t end) {
  if (x.bytes() == nullptr) return {};
  return Tensor(x.dtype(), {end - begin, x.columns()}, x.bytes() + begin * x.view().row_bytes());
}

void record_backward(Context& ctx, const Tensor& x, std::span<const LinearGroup> groups,
                     std::span<const Tensor> y) {
  struct Part {
    int64_t begin, end;
    std::vector<const Linear*> layers;
  };
  std::vector<Part> parts;
  for (const LinearGroup& group : groups)
    parts.push_back({group.begin, group.end, {group.layers.begin(), group.layers.end()}});
  ctx.tape->record(y, [x, parts, outputs = std::vector<Tensor>(y.begin(), y.end())](Context& c) {
    const Tape::Sink dx = c.tape->sink(x);
    for (const Part& part : parts) {
      std::vector<Tensor> dy;
      for (const Tensor& output : outputs)
        dy.push_back(rows_of(c.tape->gradient(output), part.begin, part.end));
      linear_backward(c, rows_of(x, part.begin, part.end), part.layers, dy,
                      Tape::Sink{rows_of(dx.gradient, part.begin, part.end), dx.empty});
    }
  });
}

}  // namespace

void linear(Context& ctx, const Tensor& x, std::span<const LinearGroup> groups, std::span<Tensor> y) {
  RETORT_CHECK((x.dtype() == DType::f32 || x.dtype() == DType::f64) && !groups.empty());
  check_groups(x, groups, y.size());
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = ctx.empty({x.rows(), groups[0].layers[i]->out_features()}, x.dtype());
  if (x.rows() == 0) return;
  {
    Arena::Mark mark(ctx.arena);
    x.dtype() == DType::f64 ? multiply_f64(ctx, x, groups, y) : GroupedRows(ctx, x, groups, y).multiply();
  }
  if (ctx.tape) record_backward(ctx, x, groups, y);
}

void linear(Context& ctx, const Tensor& x, std::span<const Linear* const> layers, std::span<Tensor> y) {
  const LinearGroup all{0, x.rows(), layers};
  linear(ctx, x, std::span(&all, 1), y);
}

}  // namespace retort
