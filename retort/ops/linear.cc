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

constexpr int64_t kScaleBlock = kernels::kF8Block;  // DeepSeek-V3's FP8 blocks (its report, section 3.3.2)

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
  kernels::Q8Activations q8;      // if q8.q is not null; as are the others
  kernels::Int8Activations int8;  // W8A8
  std::byte* rows[kDTypeCount];   // by float dtype
  std::byte* int4;
  float* rounded;  // [m, k]: E4M3 under e4m3_scale
  std::byte* e4m3;
  float* e4m3_scale;      // [m]
  float* rounded_blocks;  // [m, k]: E4M3 under block_scale
  std::byte* f8_blocks;
  float* block_scale;  // [m, ceil(k / 128)]

  int64_t blocks() const { return div_up(k, kScaleBlock); }
};

constexpr int kF8 = static_cast<int>(DType::f8_e4m3);

/// Room for a group's activations as `layer` needs them.
void make_room(Context& ctx, const Linear& layer, Prepared& p) {
  const auto m = static_cast<size_t>(p.m), k = static_cast<size_t>(p.k);
  const auto floats = [&](size_t n) { return ctx.arena.allocate_span<float>(n).data(); };
  const auto rows = [&](const auto& format) { return ctx.arena.allocate(format.activation_bytes(p.k) * m); };
  const auto& products = ctx.kernels.float_products.formats;
  const int dtype = static_cast<int>(layer.dtype());
  switch (layer.form()) {
    case Linear::Form::panels:
      if (p.q8.q == nullptr)
        p.q8 =
            kernels::q8_activations_in(ctx.arena.allocate(kernels::q8_activation_bytes(p.m, p.k)), p.m, p.k);
      return;
    case Linear::Form::floats:
      if (p.rows[dtype] == nullptr) p.rows[dtype] = rows(products[dtype]);
      return;
    case Linear::Form::e4m3:
      if (p.e4m3 == nullptr)
        p.rounded = floats(m * k), p.e4m3 = rows(products[kF8]), p.e4m3_scale = floats(m);
      return;
    case Linear::Form::f8_blocks:
      if (p.f8_blocks != nullptr) return;
      p.rounded_blocks = floats(m * k), p.f8_blocks = rows(ctx.kernels.group_products.f8_blocks);
      p.block_scale = floats(m * static_cast<size_t>(p.blocks()));
      return;
    case Linear::Form::int8:
      if (p.int8.q == nullptr)
        p.int8 = kernels::int8_activations_in(ctx.arena.allocate(kernels::int8_activation_bytes(p.m, p.k)),
                                              p.m, p.k);
      return;
    case Linear::Form::int4:
      if (p.int4 == nullptr) p.int4 = rows(ctx.kernels.group_products.int4);
      return;
  }
}

/// Room for the activations of a group; `fill` writes them.
Prepared prepare(Context& ctx, const Tensor& x, const LinearGroup& group) {
  Prepared p{};
  p.x = x.row(group.begin), p.m = group.end - group.begin, p.k = x.columns();
  for (const Linear* layer : group.layers) make_room(ctx, *layer, p);
  return p;
}

/// Row i in the form that FP8 weights with dynamic activations ask for.
void fill_e4m3(const Context& ctx, const Prepared& p, int64_t i) {
  const float* x = p.x + i * p.k;
  if (p.e4m3 != nullptr) {
    const auto& format = ctx.kernels.float_products.formats[kF8];
    float* values = p.rounded + i * p.k;
    p.e4m3_scale[i] = kernels::round_to_e4m3(x, p.k, values);
    format.prepare(values, p.k, nullptr, p.e4m3 + static_cast<size_t>(i) * format.activation_bytes(p.k));
  }
  if (p.f8_blocks != nullptr) {
    const auto& format = ctx.kernels.group_products.f8_blocks;
    float* values = p.rounded_blocks + i * p.k;
    for (int64_t b = 0; b < p.blocks(); ++b) {
      const int64_t j = b * kScaleBlock, n = std::min(kScaleBlock, p.k - j);
      p.block_scale[i * p.blocks() + b] = kernels::round_to_e4m3(x + j, n, values + j);
    }
    format.prepare(values, p.k, p.f8_blocks + static_cast<size_t>(i) * format.activation_bytes(p.k));
  }
}

/// Rows [begin, end) of the group, rounded into every form.
void fill(const Context& ctx, const Prepared& p, int64_t begin, int64_t end) {
  if (p.q8.q != nullptr) ctx.kernels.integer_products.quantize(p.x, p.k, begin, end, p.q8);
  if (p.int8.q != nullptr) kernels::int8_quantize(p.x, p.k, begin, end, p.int8);
  for (int dtype = 0; dtype < kDTypeCount; ++dtype) {
    if (p.rows[dtype] == nullptr) continue;
    const auto& format = ctx.kernels.float_products.formats[dtype];
    const size_t stride = format.activation_bytes(p.k);
    for (int64_t i = begin; i < end; ++i)
      format.prepare(p.x + i * p.k, p.k, nullptr, p.rows[dtype] + static_cast<size_t>(i) * stride);
  }
  for (int64_t i = begin; i < end; ++i) {
    if (p.int4 != nullptr) {
      const auto& format = ctx.kernels.group_products.int4;
      format.prepare(p.x + i * p.k, p.k, p.int4 + static_cast<size_t>(i) * format.activation_bytes(p.k));
    }
    fill_e4m3(ctx, p, i);
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
  const int64_t out = out_features(), in = in_features();
  if (source.bias) {
    expect_elements(name, *source.bias, out, "bias");
    bias_ = Tensor::owned(DType::f32, {out});
    decode_all(*source.bias, bias_.f32());
  }
  take_scales(name, source);
  if (form_ == Form::int8 && in > kernels::kInt8MaxColumns)
    fail(ErrorCode::unsupported, "{}: 8-bit integer weights of {} columns, at most {} are supported", name,
         in, kernels::kInt8MaxColumns);
}

/// Which product the weights' type and scales make.
void Linear::take_scales(std::string_view name, const LinearSource& source) {
  const int64_t out = out_features(), in = in_features();
  if (dtype() == DType::i32 || dtype() == DType::i64 || dtype() == DType::f64)
    fail(ErrorCode::unsupported, "{}: {} weights have no products", name, retort::name(dtype()));
  if (is_quantized(dtype())) form_ = Form::panels;
  if (source.row_scale) {
    expect_elements(name, *source.row_scale, out, "weight_scale");
    row_scale_ = decode_all(*source.row_scale);
  }
  if (dtype() == DType::f8_e4m3 && source.e4m3_activations) form_ = Form::e4m3;
  if (source.block_scale) {
    expect_elements(name, *source.block_scale, div_up(out, kScaleBlock) * div_up(in, kScaleBlock),
                    "weight_scale_inv");
    block_scale_ = decode_all(*source.block_scale);
    form_ = Form::f8_blocks;
  }
  if (dtype() == DType::i8) {
    if (!source.row_scale)
      fail(ErrorCode::bad_input, "{}: 8-bit integer weights without a weight_scale", name);
    form_ = Form::int8;
  }
  if (dtype() == DType::i4) {
    if (!source.group_scale)
      fail(ErrorCode::bad_input, "{}: 4-bit integer weights without a weight_scale", name);
    take_group_scale(name, *source.group_scale);
    form_ = Form::int4;
  }
}

void Linear::take_group_scale(std::string_view name, const TensorView& scale) {
  const int64_t out = out_features(), in = in_features(), groups = scale.columns();
  const int64_t group = in / groups;
  if (scale.shape.rank() != 2 || scale.rows() != out || in % groups != 0)
    fail(ErrorCode::bad_input, "{}: weight_scale has shape {}, [{}, groups that divide {}] expected", name,
         scale.shape.to_string(), out, in);
  if (group != 32 && group != 64 && group != 128)
    fail(ErrorCode::unsupported, "{}: groups of {} weights are not supported; supported: 32, 64, 128", name,
         group);
  if (scale.dtype != DType::bf16)
    fail(ErrorCode::unsupported,
         "{}: weight_scale of type {} is not supported for 4-bit weights; supported: bf16", name,
         retort::name(scale.dtype));
  group_ = static_cast<int>(group);
  const int64_t stride = kernels::int4_scale_stride(in, group);
  group_scale_.assign(static_cast<size_t>(out * stride) + kernels::kInt4ScalePadding / sizeof(bf16), bf16{0});
  for (int64_t r = 0; r < out; ++r)
    std::memcpy(&group_scale_[static_cast<size_t>(r * stride)], scale.row(r),
                static_cast<size_t>(groups) * sizeof(bf16));
}

int64_t Linear::panel_row_bytes() const {
  return form_ == Form::int8 ? kernels::int8_panel_row_bytes(in_features()) : weight_.row_bytes();
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
  return round_up<size_t>(static_cast<size_t>(n_panels() * kPanelRows * panel_row_bytes()), 64);
}

void Linear::pack(const kernels::KernelTable& kernels, int64_t begin, int64_t end, std::byte* panels) const {
  const int64_t bytes = weight_.row_bytes();
  if (!reads_panels()) {
    const int64_t first = begin * kPanelRows, last = std::min(end * kPanelRows, out_features());
    std::memcpy(panels + first * bytes, weight_.row(first), static_cast<size_t>((last - first) * bytes));
    return;
  }
  const auto pack_panel = form_ == Form::int8
                              ? kernels::int8_pack
                              : kernels.integer_products.formats[static_cast<int>(dtype())].pack;
  for (int64_t p = begin; p < end; ++p) {
    int rows = static_cast<int>(std::min<int64_t>(kPanelRows, out_features() - p * kPanelRows));
    pack_panel(weight_.row(p * kPanelRows), bytes, rows, in_features(),
               panels + p * kPanelRows * panel_row_bytes());
  }
}

void Linear::use_packed(const std::byte* panels) {
  if (reads_panels())
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

  static size_t scratch_bytes(const Context& ctx, const Linear& layer, int64_t m) {
    const size_t panel = layer.panels_ ? 0 : static_cast<size_t>(kPanelRows * layer.panel_row_bytes());
    switch (layer.form()) {
      case Form::panels: {
        const auto& format = ctx.kernels.integer_products.formats[static_cast<int>(layer.dtype())];
        return round_up<size_t>(format.scratch_bytes(layer.in_features()), 64) + panel;
      }
      case Form::int8:
        return panel;
      case Form::f8_blocks:
        return static_cast<size_t>(m * div_up(layer.in_features(), kScaleBlock)) * sizeof(float);
      default:
        return 0;
    }
  }

  void run(int64_t begin, int64_t end) const {
    switch (layer.form()) {
      case Form::panels:
        layer.panels_ ? packed(begin, end) : unpacked(begin, end);
        break;
      case Form::floats:
        floats(begin, end, prepared.rows[static_cast<int>(layer.dtype())]);
        break;
      case Form::e4m3:
        floats(begin, end, prepared.e4m3);
        scale_rows(begin, end);
        break;
      case Form::f8_blocks:
        f8_blocks(begin, end);
        break;
      case Form::int8:
        layer.panels_ ? int8(begin, end) : unpacked_int8(begin, end);
        break;
      case Form::int4:
        int4(begin, end);
        break;
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

  void int8(int64_t begin, int64_t end) const {
    ctx.kernels.int8_multiply(layer.panels_ + begin * layer.panel_row_bytes(), end - begin,
                              layer.row_scale_.data() + begin, prepared.int8, y.f32() + begin, y.columns());
  }

  void unpacked_int8(int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; r += kPanelRows) {
      const int rows = static_cast<int>(std::min<int64_t>(kPanelRows, end - r));
      kernels::int8_pack(layer.weight_.row(r), layer.weight_.row_bytes(), rows, layer.in_features(), scratch);
      ctx.kernels.int8_multiply(scratch, rows, layer.row_scale_.data() + r, prepared.int8, y.f32() + r,
                                y.columns());
    }
  }

  void int4(int64_t begin, int64_t end) const {
    const int64_t k = layer.in_features();
    const bf16* scales = layer.group_scale_.data() + begin * kernels::int4_scale_stride(k, layer.group_);
    ctx.kernels.group_products.int4.multiply({layer.weight_.row(begin), scales, layer.group_}, end - begin, k,
                                             prepared.int4, y.rows(), y.f32() + begin, y.columns());
  }

  void floats(int64_t begin, int64_t end, const std::byte* x) const {
    const auto& format = ctx.kernels.float_products.formats[static_cast<int>(layer.dtype())];
    const float* scale = layer.row_scale_.empty() ? nullptr : layer.row_scale_.data() + begin;
    format.multiply(layer.weight_.row(begin), layer.weight_.row_bytes(), end - begin, layer.in_features(), x,
                    y.rows(), scale, y.f32() + begin, y.columns());
  }

  /// The scales of E4M3 activations.
  void scale_rows(int64_t begin, int64_t end) const {
    for (int64_t i = 0; i < y.rows(); ++i)
      for (int64_t r = begin; r < end; ++r) y.row(i)[r] *= prepared.e4m3_scale[i];
  }

  /// All rows of a block of 128 share their scales, which multiply those of the activations beforehand.
  void f8_blocks(int64_t begin, int64_t end) const {
    const int64_t k = layer.in_features(), blocks = prepared.blocks();
    auto* scales = reinterpret_cast<float*>(scratch);
    for (int64_t r = begin; r < end; r += kScaleBlock) {
      const float* of_weights = layer.block_scale_.data() + r / kScaleBlock * blocks;
      for (int64_t i = 0; i < y.rows() * blocks; ++i)
        scales[i] = prepared.block_scale[i] * of_weights[i % blocks];
      ctx.kernels.group_products.f8_blocks.multiply(layer.weight_.row(r), std::min(kScaleBlock, end - r), k,
                                                    prepared.f8_blocks, y.rows(), scales, y.f32() + r,
                                                    y.columns());
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
      if (layer->form() == Linear::Form::f8_blocks) return kScaleBlock;
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
        scratch = std::max(scratch, Linear::Task::scratch_bytes(ctx, *layer, group.end - group.begin));
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
