#include "retort/formats/stored_tensor.h"

#include <algorithm>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

std::string supported_types() {
  std::string list;
  for (const auto& row : kDTypes)
    if (row.gguf_id >= 0 || !row.safetensors_name.empty())
      list += (list.empty() ? "" : ", ") + std::string(row.name);
  return list;
}

/// Bytes that a kernel reads at once from this type: floats as they are, the scale of a block as f16.
uint64_t alignment_of(DType dtype) {
  return is_quantized(dtype) ? 2 : static_cast<uint64_t>(info(dtype).block_bytes);
}

}  // namespace

Shape checked_shape(std::span<const uint64_t> extents, std::string_view tensor, std::string_view where) {
  if (extents.size() > Shape::kMaxRank)
    fail(ErrorCode::unsupported, "{}: tensor '{}': {} dimensions, at most {} are supported", where,
         printable(tensor), extents.size(), Shape::kMaxRank);
  uint64_t elements = 1;
  int64_t signed_extents[Shape::kMaxRank] = {};
  for (size_t i = 0; i < extents.size(); ++i) {
    if (extents[i] == 0)
      fail(ErrorCode::bad_input, "{}: tensor '{}': dimension {} is 0", where, printable(tensor), i);
    auto product = checked_mul(elements, extents[i]);
    if (!product || *product > kMaxElements)
      fail(ErrorCode::bad_input, "{}: tensor '{}': dimension {} of {} makes more than {} elements", where,
           printable(tensor), i, extents[i], kMaxElements);
    elements = *product;
    signed_extents[i] = static_cast<int64_t>(extents[i]);
  }
  return Shape(std::span<const int64_t>(signed_extents, extents.size()));
}

TensorView view_of(const StoredTensor& tensor, std::string_view where) {
  if (!tensor.dtype)
    fail(ErrorCode::unsupported, "{}: tensor '{}' is of type {}, which is not supported; supported: {}",
         where, printable(tensor.name), tensor.type, supported_types());
  const uint64_t alignment = alignment_of(*tensor.dtype);
  if (reinterpret_cast<uintptr_t>(tensor.bytes.data()) % alignment != 0)
    fail(ErrorCode::unsupported,
         "{}: tensor '{}' starts at byte {}, not a multiple of its element's {} bytes: save the file again "
         "with a current version of its library",
         where, printable(tensor.name), tensor.offset, alignment);
  return {*tensor.dtype, tensor.shape, tensor.bytes.data()};
}

namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_names(std::span<const StoredTensor> tensors, std::string_view name) {
  constexpr size_t kConsidered = 20000, kLongest = 160, kListed = 3;
  std::vector<std::pair<size_t, const std::string*>> near;
  for (const auto& tensor : tensors.first(std::min(tensors.size(), kConsidered)))
    if (tensor.name.size() <= kLongest)
      near.emplace_back(edit_distance(name.substr(0, kLongest), tensor.name), &tensor.name);
  const size_t n = std::min(near.size(), kListed);
  std::partial_sort(near.begin(), near.begin() + static_cast<ptrdiff_t>(n), near.end(),
                    [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string list;
  for (size_t i = 0; i < n; ++i) list += (i ? ", '" : "'") + printable(*near[i].second) + "'";
  return list;
}

}  // namespace retort
