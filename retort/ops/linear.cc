#include "retort/ops/linear.h"

#include <algorithm>
#include <atomic>

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

/// The activations of one call in every form that its matrices need.
struct Prepared {
  const Tensor& x;
  kernels::Q8Activations q8{};              // if any matrix has an integer format
  const std::byte* rows[kDTypeCount] = {};  // by float dtype, without block scales
};

void quantize_all(Context& ctx, Prepared& prepared) {
  const Tensor& x = prepared.x;
  const int64_t m = x.rows(), k = x.columns();
  prepared.q8 = kernels::q8_activations_in(ctx.arena.allocate(kernels::q8_activation_bytes(m, k)), m, k);
  ctx.pool.parallel_for(m, 4, [&](int64_t begin, int64_t end) {
    ctx.kernels.integer_products.quantize(x.f32(), k, begin, end, prepared.q8);
  });
}

void prepare_all(Context& ctx, DType dtype, Prepared& prepared) {
  const Tensor& x = prepared.x;
  const int64_t m = x.rows(), k = x.columns();
  const auto& format = ctx.kernels.float_products.formats[static_cast<int>(dtype)];
  const size_t stride = format.activation_bytes(k);
  std::byte* rows = ctx.arena.allocate(stride * static_cast<size_t>(m));
  ctx.pool.parallel_for(m, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      format.prepare(x.row(i), k, nullptr, rows + static_cast<size_t>(i) * stride);
  });
  prepared.rows[static_cast<int>(dtype)] = rows;
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
  const auto& format = kernels.integer_products.formats[static_cast<int>(dtype())];
  const int64_t bytes = weight_.row_bytes();
  for (int64_t p = begin; p < end; ++p) {
    int rows = static_cast<int>(std::min<int64_t>(kPanelRows, out_features() - p * kPanelRows));
    format.pack(weight_.row(p * kPanelRows), bytes, rows, in_features(), panels + p * kPanelRows * bytes);
  }
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
          format.prepare(prepared.x.row(i + j), k, scales, scratch + static_cast<size_t>(j) * stride);
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

/// Hands out rows [0, total): large shares first, then smaller ones, so that threads end together however
/// unevenly the machine serves them, and each reads long runs of memory.
class GuidedRows {
 public:
  GuidedRows(int64_t total, int64_t grain, int threads) : total_(total), grain_(grain), threads_(threads) {}

  bool next(int64_t& begin, int64_t& end) {
    begin = next_.load(std::memory_order_relaxed);
    do {
      if (begin >= total_) return false;
      int64_t share = (total_ - begin) / (2 * threads_);
      end = std::min(total_, begin + std::max(grain_, share / grain_ * grain_));
    } while (!next_.compare_exchange_weak(begin, end, std::memory_order_relaxed));
    return true;
  }

 private:
  std::atomic<int64_t> next_{0};
  int64_t total_, grain_;
  int threads_;
};

/// Rows that are never split over threads: a panel, four panels when there are columns to amortise their
/// unpacking, or a block of scales.
int64_t row_grain(std::span<const Linear* const> layers, int64_t m) {
  for (const Linear* layer : layers)
    if (layer->has_block_scale()) return kScaleBlock;
  return m >= 32 ? 4 * kPanelRows : kPanelRows;
}

/// All products of a call, shared out by rows of weights.
void multiply_all(Context& ctx, const Tensor& x, std::span<const Linear* const> layers,
                  std::span<const Tensor> y) {
  size_t scratch_bytes = 0;
  const int64_t grain = row_grain(layers, x.rows());
  int64_t total = 0;  // rows of all matrices, each rounded up to the grain
  for (size_t i = 0; i < layers.size(); ++i) {
    scratch_bytes = std::max(scratch_bytes, Linear::Task::scratch_bytes(ctx, *layers[i]));
    total += round_up(layers[i]->out_features(), grain);
  }

  Arena::Mark mark(ctx.arena);
  Prepared prepared{x};
  for (const Linear* layer : layers) {
    if (is_quantized(layer->dtype())) {
      if (prepared.q8.q == nullptr) quantize_all(ctx, prepared);
    } else if (!layer->has_block_scale() && prepared.rows[static_cast<int>(layer->dtype())] == nullptr) {
      prepare_all(ctx, layer->dtype(), prepared);
    }
  }
  scratch_bytes = round_up<size_t>(scratch_bytes, 64);
  std::byte* scratch = ctx.arena.allocate(scratch_bytes * static_cast<size_t>(ctx.pool.size()));

  GuidedRows rows(total, grain, ctx.pool.size());
  ctx.pool.run([&](int thread) {
    int64_t begin, end;
    while (rows.next(begin, end)) {
      int64_t first = 0;  // of the current matrix, in the shared count
      for (size_t i = 0; i < layers.size(); ++i) {
        const int64_t n = layers[i]->out_features();
        int64_t b = std::max<int64_t>(begin - first, 0), e = std::min(end - first, n);
        if (b < e) {
          Linear::Task{ctx, *layers[i], prepared, y[i], scratch + static_cast<size_t>(thread) * scratch_bytes}
              .run(b, e);
        }
        first += round_up(n, grain);
      }
    }
  });
}

/// The same in f64.
void multiply_all_f64(Context& ctx, const Tensor& x, std::span<const Linear* const> layers,
                      std::span<const Tensor> y) {
  Arena::Mark mark(ctx.arena);
  const auto& format = ctx.kernels.products_f64;
  const int64_t m = x.rows(), k = x.columns();
  const size_t stride = format.activation_bytes(k);
  std::byte* rows = ctx.arena.allocate(stride * static_cast<size_t>(m));
  ctx.pool.parallel_for(m, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
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
    }
  });
}

}  // namespace

void linear(Context& ctx, const Tensor& x, std::span<const Linear* const> layers, std::span<Tensor> y) {
  RETORT_CHECK(layers.size() == y.size() && (x.dtype() == DType::f32 || x.dtype() == DType::f64));
  for (size_t i = 0; i < layers.size(); ++i) {
    RETORT_CHECK(layers[i]->in_features() == x.columns());
    RETORT_CHECK((layers[i]->dtype() == DType::f64) == (x.dtype() == DType::f64));
    y[i] = ctx.empty({x.rows(), layers[i]->out_features()}, x.dtype());
  }
  if (x.rows() == 0) return;
  x.dtype() == DType::f64 ? multiply_all_f64(ctx, x, layers, y) : multiply_all(ctx, x, layers, y);
  if (ctx.tape == nullptr) return;
  ctx.tape->record(y, [x, outputs = std::vector<Tensor>(y.begin(), y.end()),
                       all = std::vector<const Linear*>(layers.begin(), layers.end())](Context& c) {
    std::vector<Tensor> dy;
    for (const Tensor& output : outputs) dy.push_back(c.tape->gradient(output));
    linear_backward(c, x, all, dy, c.tape->sink(x));
  });
}

}  // namespace retort
