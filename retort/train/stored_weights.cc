#include "retort/train/stored_weights.h"

#include "retort/base/error.h"
#include "retort/tensor/codec.h"

namespace retort::train {

Tensor read_weights(const Checkpoint& checkpoint, const std::string& name, const Shape& shape) {
  const TensorView view = checkpoint.get(name);
  if (!(view.shape == shape))
    fail(ErrorCode::bad_input, "{}: tensor '{}' has shape {}, config says {}", checkpoint.path().string(),
         name, view.shape.to_string(), shape.to_string());
  Tensor values = Tensor::owned(DType::f32, shape);
  for (int64_t i = 0; i < view.rows(); ++i)
    decode_row(view.dtype, view.row(i), values.f32() + i * view.columns(), view.columns());
  return values;
}

void require_unquantised(const ModelConfig& config, std::string_view where) {
  if (config.quantization.kind != QuantizationConfig::Kind::none)
    fail(ErrorCode::unsupported, "{}: its weights are quantised; start from a checkpoint in BF16 or F32",
         where);
}

}  // namespace retort::train
