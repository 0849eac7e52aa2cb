// Linear: y = x W^T + b for weights of any dtype. Several matrices that share their input (query, key and
// value; gate and up) run as one product: the activations are rounded once and the threads meet once.
// Forward; the backward pass is in linear_backward.h.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "retort/ops/context.h"

namespace retort {

/// What a checkpoint holds of one matrix.
struct LinearSource {
  TensorView weight;                      // [out_features, in_features]
  std::optional<TensorView> bias;         // [out_features]
  std::optional<TensorView> row_scale;    // f8_e4m3, i8: [out_features] or [out_features, 1]
  std::optional<TensorView> block_scale;  // f8_e4m3: [ceil(out / 128), ceil(in / 128)], multiplies the weight
  std::optional<TensorView> group_scale = {};  // i4: bf16 [out_features, in_features / 32, 64 or 128]
  /// f8_e4m3 without block scales: activations are rounded to E4M3 too, under one scale per row ("per
  /// token"). With block scales they always are, in groups of 128.
  bool e4m3_activations = false;
};

/// One matrix ready for products. Reads the checkpoint's bytes in place until `pack` gives it its own.
class Linear {
 public:
  Linear() = default;
  /// The views must outlive the Linear; biases and scales are copied. Throws Error unsupported for a dtype
  /// without products, bad_input for shapes that do not fit, naming `name`.
  Linear(std::string_view name, const LinearSource& source);

  /// Over parameters that training changes in place: nothing is copied, and all must outlive the Linear.
  /// weight [out_features, in_features] and transposed [in_features, out_features] of one dtype: bf16 or f32,
  /// or f64 with f64 activations; bias [out_features] of the activations' dtype, or null.
  static Linear trainable(const TensorView& weight, const TensorView& transposed, const Tensor* bias);

  DType dtype() const { return weight_.dtype; }
  int64_t out_features() const { return weight_.rows(); }
  int64_t in_features() const { return weight_.columns(); }
  /// Of what a product reads: the weights and their scales.
  uint64_t bytes() const {
    return weight_.bytes() + group_scale_.size() * sizeof(bf16) +
           (row_scale_.size() + block_scale_.size()) * sizeof(float);
  }
  const TensorView& weight() const { return weight_; }
  /// Multiplications and additions for one row of input.
  double token_flops() const {
    return 2.0 * static_cast<double>(out_features()) * static_cast<double>(in_features());
  }
  /// Null data unless trainable.
  const TensorView& transposed() const { return transposed_; }
  /// Null data if there is none.
  const Tensor& bias() const { return bias_; }

  /// What a product runs on, and so which form of the activations it needs.
  enum class Form {
    panels,     // block formats: panels of integers, activations at 8 bits in groups of 32
    floats,     // activations as the weights' type asks for
    e4m3,       // FP8, activations rounded to E4M3 per row
    f8_blocks,  // FP8 in blocks of 128 x 128, activations rounded to E4M3 in groups of 128
    int8,       // panels of 8-bit integers, activations at 8 bits per row
    int4,       // 4-bit integers in groups, activations in BF16
  };
  Form form() const { return form_; }
  /// True if products read panels of interleaved rows, and are slow from a file's rows.
  bool reads_panels() const { return form_ == Form::panels || form_ == Form::int8; }

  /// Until it is packed. Kernels of integer formats read panels of 16 interleaved rows; those of float
  /// formats read rows as they are, but faster from large pages than from a mapped file's small ones.
  bool wants_packing() const { return !packed_; }
  /// Bytes of the packed form, a multiple of 64.
  size_t packed_bytes() const;
  /// Writes panels of 16 rows [begin, end) of the packed form; any split over threads. Then `use_packed`.
  void pack(const kernels::KernelTable& kernels, int64_t begin, int64_t end, std::byte* panels) const;
  int64_t n_panels() const { return (out_features() + kernels::kPanelRows - 1) / kernels::kPanelRows; }
  /// From now on products read `panels`, which must outlive the Linear, and the checkpoint's bytes are not
  /// touched.
  void use_packed(const std::byte* panels);

  /// Rows [begin, end) of y = x W^T + b for prepared activations; see linear.cc.
  struct Task;

 private:
  void take_scales(std::string_view name, const LinearSource& source);
  void take_group_scale(std::string_view name, const TensorView& scale);
  /// Of one row in a panel.
  int64_t panel_row_bytes() const;

  TensorView weight_, transposed_;
  Form form_ = Form::floats;
  const std::byte* panels_ = nullptr;  // where products read panels
  bool packed_ = false;
  Tensor bias_;
  std::vector<float> row_scale_;    // empty: ones
  std::vector<float> block_scale_;  // empty: none; [ceil(out / 128)][ceil(in / 128)]
  std::vector<bf16> group_scale_;   // int4: as the kernels read it
  int group_ = 0;                   // int4: columns that share a scale
};

/// y[i] = x W_i^T + b_i for matrices that share x: [m, in_features] f32 -> [m, out_features of i] f32 each.
/// f64 activations ask for f64 weights. With a tape the layers must be trainable and outlive its backward.
void linear(Context& ctx, const Tensor& x, std::span<const Linear* const> layers, std::span<Tensor> y);

/// Rows [begin, end) of an input and the matrices that they are multiplied by.
struct LinearGroup {
  int64_t begin = 0, end = 0;
  std::span<const Linear* const> layers;
};

/// As above for groups of rows that each have matrices of their own, all of one shape at the same place of
/// `layers`: y[i][r] = x[r] W_i(group of r)^T + b. The groups follow each other and cover x. A row's result
/// is the same bits in whatever group, and the threads meet once for all of them.
void linear(Context& ctx, const Tensor& x, std::span<const LinearGroup> groups, std::span<Tensor> y);

inline Tensor linear(Context& ctx, const Tensor& x, const Linear& layer) {
  const Linear* layers[] = {&layer};
  Tensor y;
  linear(ctx, x, layers, std::span(&y, 1));
  return y;
}

}  // namespace retort
