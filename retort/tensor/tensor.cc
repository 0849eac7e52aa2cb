#include "retort/tensor/tensor.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "retort/base/arithmetic.h"

namespace retort {

Tensor Tensor::owned(DType dtype, Shape shape) {
  Tensor tensor(dtype, shape, nullptr);
  size_t size = round_up<size_t>(tensor.view_.bytes() + 64, 64);
  auto* data = static_cast<std::byte*>(std::aligned_alloc(64, size));
  if (data == nullptr) throw std::bad_alloc();
  std::memset(data, 0, size);
  tensor.storage_ = std::shared_ptr<std::byte>(data, [](std::byte* p) { std::free(p); });
  tensor.view_.data = data;
  return tensor;
}

}  // namespace retort
