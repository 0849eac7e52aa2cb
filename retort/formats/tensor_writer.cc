#include "retort/formats/tensor_writer.h"

#include <atomic>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/formats/printable.h"

namespace retort {

uint64_t checked_bytes(const TensorSpec& spec) {
  uint64_t elements = 1;
  for (int i = 0; i < spec.shape.rank(); ++i) {
    auto product =
        spec.shape[i] < 1 ? std::nullopt : checked_mul(elements, static_cast<uint64_t>(spec.shape[i]));
    if (!product || *product > uint64_t{1} << 48)
      fail(ErrorCode::bad_input, "tensor '{}': cannot write a tensor of shape {}", printable(spec.name),
           spec.shape.to_string());
    elements = *product;
  }
  const DTypeInfo& type = info(spec.dtype);
  if (spec.shape.columns() % type.block_size != 0)
    fail(ErrorCode::bad_input, "tensor '{}': rows of {} elements are not whole blocks of {} ({})",
         printable(spec.name), spec.shape.columns(), type.block_size, type.name);
  return elements / static_cast<uint64_t>(type.block_size) * static_cast<uint64_t>(type.block_bytes);
}

void TensorWriter::start(const std::filesystem::path& path, std::span<const std::byte> header,
                         std::map<std::string, Place, std::less<>> places, uint64_t file_size) {
  file_ = std::make_unique<OutputFile>(path, file_size);
  places_ = std::move(places);
  file_->write(0, header);
}

void TensorWriter::write(std::string_view name, std::span<const std::byte> bytes, uint64_t offset) {
  auto at = places_.find(name);
  if (at == places_.end())
    fail(ErrorCode::bad_input, "{}: tensor '{}' was not announced", file_->path().string(), printable(name));
  Place& place = at->second;
  if (offset > place.bytes || bytes.size() > place.bytes - offset)
    fail(ErrorCode::bad_input, "{}: tensor '{}': {} bytes from byte {} on, but it has {}",
         file_->path().string(), printable(name), bytes.size(), offset, place.bytes);
  file_->write(place.offset + offset, bytes);
  std::atomic_ref(place.written).fetch_add(bytes.size());
}

void TensorWriter::finish() {
  for (const auto& [name, place] : places_)
    if (place.written != place.bytes)
      fail(ErrorCode::bad_input, "{}: tensor '{}': {} of its {} bytes were written", file_->path().string(),
           printable(name), place.written, place.bytes);
  file_->finish();
}

}  // namespace retort
