#include "retort/formats/fp8_scale.h"

#include <string>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

constexpr int64_t kBlock = 128;  // DeepSeek-V3, weight_block_size

bool is_float(DType dtype) {
  return dtype == DType::f32 || dtype == DType::bf16 || dtype == DType::f16;
}

}  // namespace

WeightScale find_scale(const Checkpoint& checkpoint, std::string_view weight_name) {
  const TensorView weight = checkpoint.get(weight_name);
  const std::string row_name = std::string(weight_name) + "_scale", block_name = row_name + "_inv";
  const auto row = checkpoint.find(row_name), block = checkpoint.find(block_name);
  if (!row && !block) return {};
  if (row && block)
    fail(ErrorCode::bad_input, "{}: tensor '{}' has two scales, '{}' and '{}'", checkpoint.path().string(),
         printable(weight_name), printable(row_name), printable(block_name));
  const TensorView scale = row ? *row : *block;
  const Shape expected =
      row ? Shape{weight.rows(), 1} : Shape{div_up(weight.rows(), kBlock), div_up(weight.columns(), kBlock)};
  const bool fits = scale.shape == expected || (row && scale.shape == Shape{weight.rows()});
  if (!fits || !is_float(scale.dtype))
    fail(ErrorCode::bad_input,
         "{}: tensor '{}' is {} of shape {}, expected floats of shape {} for a weight of shape {}",
         checkpoint.path().string(), printable(row ? row_name : block_name), name(scale.dtype),
         scale.shape.to_string(), expected.to_string(), weight.shape.to_string());
  return {row ? WeightScale::Kind::row : WeightScale::Kind::block, scale};
}

}  // namespace retort
