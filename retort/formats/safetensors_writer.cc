#include "retort/formats/safetensors_writer.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

constexpr uint64_t kAlignment = 64;

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

/// 0 for sizes that keep 64-byte alignment, then 1, 2, ... from wide to narrow elements.
int alignment_rank(const TensorSpec& spec) {
  if (checked_bytes(spec) % kAlignment == 0) return 0;
  return 16 - info(spec.dtype).block_bytes;
}

std::string entry(const TensorSpec& spec, uint64_t begin, uint64_t end) {
  const std::string_view type = spec.type.empty() ? info(spec.dtype).safetensors_name : spec.type;
  if (type.empty())
    fail(ErrorCode::unsupported, "tensor '{}': safetensors has no type {}", printable(spec.name),
         name(spec.dtype));
  return fmt::format(R"({}:{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", quoted(spec.name), type,
                     spec.shape.to_string(), begin, end);
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path,
                                     const std::vector<TensorSpec>& tensors,
                                     const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::vector<std::pair<int, size_t>> order;
  for (size_t i = 0; i < tensors.size(); ++i) order.emplace_back(alignment_rank(tensors[i]), i);
  std::sort(order.begin(), order.end());
  std::string header = "{";
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) header += quoted(key) + ":" + quoted(value) + ",";
    header.back() = '}';
  }
  std::map<std::string, Place, std::less<>> places;
  uint64_t at = 0;
  for (const auto& [rank, i] : order) {
    const TensorSpec& spec = tensors[i];
    const uint64_t bytes = checked_bytes(spec);
    if (header.size() > 1) header += ",";
    header += entry(spec, at, at + bytes);
    if (!places.emplace(spec.name, Place{at, bytes}).second)
      fail(ErrorCode::bad_input, "{}: tensor '{}' was announced twice", path.string(), printable(spec.name));
    at += bytes;
  }
  header += "}";
  header.resize(round_up<uint64_t>(header.size() + sizeof(uint64_t), kAlignment) - sizeof(uint64_t), ' ');
  const uint64_t length = header.size();
  std::string start_bytes(sizeof(length), '\0');
  std::memcpy(start_bytes.data(), &length, sizeof(length));
  start_bytes += header;
  for (auto& [name, place] : places) place.offset += start_bytes.size();
  start(path, std::as_bytes(std::span(start_bytes)), std::move(places), start_bytes.size() + at);
}

}  // namespace retort
