#include "retort/formats/gguf_writer.h"

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

template <typename T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append_string(std::string& out, std::string_view text) {
  append<uint64_t>(out, text.size());
  out += text;
}

void append_array_start(std::string& out, GgufType element, uint64_t size) {
  append(out, element);
  append(out, size);
}

}  // namespace

void GgufFields::start(std::string_view key, GgufType type) {
  append_string(bytes_, key);
  append(bytes_, type);
  ++count_;
}

void GgufFields::set_number(std::string_view key, GgufType type, const void* value, size_t size) {
  start(key, type);
  bytes_.append(static_cast<const char*>(value), size);
}

void GgufFields::set_string(std::string_view key, std::string_view value) {
  start(key, GgufType::string);
  append_string(bytes_, value);
}

void GgufFields::set_strings(std::string_view key, std::span<const std::string> values) {
  start(key, GgufType::array);
  append_array_start(bytes_, GgufType::string, values.size());
  for (const auto& value : values) append_string(bytes_, value);
}

void GgufFields::set_i32s(std::string_view key, std::span<const int32_t> values) {
  start(key, GgufType::array);
  append_array_start(bytes_, GgufType::i32, values.size());
  bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

void GgufFields::set_f32s(std::string_view key, std::span<const float> values) {
  start(key, GgufType::array);
  append_array_start(bytes_, GgufType::f32, values.size());
  bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

void GgufFields::set(const GgufEntry& entry) {
  start(entry.key, entry.type);
  if (entry.type == GgufType::string) append<uint64_t>(bytes_, entry.bytes.size());
  if (entry.type == GgufType::array) append_array_start(bytes_, entry.element, entry.size);
  bytes_.append(reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size());
}

GgufWriter::GgufWriter(const std::filesystem::path& path, const GgufFields& fields,
                       const std::vector<TensorSpec>& tensors, uint32_t alignment) {
  GgufFields all = fields;
  if (alignment != 32) all.set_u32("general.alignment", alignment);
  std::string header = "GGUF";
  append<uint32_t>(header, 3);
  append<uint64_t>(header, tensors.size());
  append<uint64_t>(header, all.count());
  header += all.bytes();
  std::map<std::string, Place, std::less<>> places;
  uint64_t at = 0;
  for (const auto& spec : tensors) {
    const int id = info(spec.dtype).gguf_id;
    if (id < 0)
      fail(ErrorCode::unsupported, "tensor '{}': GGUF has no type {}", printable(spec.name),
           name(spec.dtype));
    const uint64_t bytes = checked_bytes(spec);
    append_string(header, spec.name);
    // GGUF has no scalars: rank 0 becomes one extent of 1.
    const int rank = spec.shape.rank();
    append<uint32_t>(header, static_cast<uint32_t>(rank == 0 ? 1 : rank));
    if (rank == 0) append<uint64_t>(header, 1);
    for (int i = rank; i-- > 0;) append<uint64_t>(header, static_cast<uint64_t>(spec.shape[i]));
    append<uint32_t>(header, static_cast<uint32_t>(id));
    append<uint64_t>(header, at);
    if (!places.emplace(spec.name, Place{at, bytes}).second)
      fail(ErrorCode::bad_input, "{}: tensor '{}' was announced twice", path.string(), printable(spec.name));
    at += round_up<uint64_t>(bytes, alignment);
  }
  header.resize(round_up<uint64_t>(header.size(), alignment), '\0');
  for (auto& [name, place] : places) place.offset += header.size();
  start(path, std::as_bytes(std::span(header)), std::move(places), header.size() + at);
}

}  // namespace retort
