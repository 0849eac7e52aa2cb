#include "tests/malformed/bytes.h"

#include <algorithm>
#include <fstream>

namespace retort::malformed {

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string text(std::string_view s) {
  return le<uint64_t>(s.size()) + std::string(s);
}
std::string u32(uint32_t value) {
  return le<uint32_t>(4) + le(value);
}
std::string i32(int32_t value) {
  return le<uint32_t>(5) + le(value);
}
std::string u64(uint64_t value) {
  return le<uint32_t>(10) + le(value);
}
std::string f32(float value) {
  return le<uint32_t>(6) + le(value);
}
std::string boolean(uint8_t value) {
  return le<uint32_t>(7) + le(value);
}
std::string string(std::string_view value) {
  return le<uint32_t>(8) + text(value);
}
std::string array(uint32_t type, uint64_t count, std::string_view elements) {
  return le<uint32_t>(9) + le(type) + le(count) + std::string(elements);
}

Gguf& Gguf::set(std::string_view key, std::string value) {
  auto at = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == key; });
  if (at != fields.end())
    at->second = std::move(value);
  else
    fields.emplace_back(key, std::move(value));
  return *this;
}

Gguf& Gguf::remove(std::string_view key) {
  std::erase_if(fields, [&](const auto& f) { return f.first == key; });
  return *this;
}

Gguf& Gguf::tensor(std::string_view name, const std::vector<uint64_t>& extents, uint32_t type,
                   uint64_t offset) {
  std::string entry = text(name) + le(static_cast<uint32_t>(extents.size()));
  for (uint64_t extent : extents) entry += le(extent);
  tensors.push_back(entry + le(type) + le(offset));
  return *this;
}

std::string Gguf::header() const {
  std::string out = magic + le(version) + le<uint64_t>(n_tensors.value_or(tensors.size())) +
                    le<uint64_t>(n_fields.value_or(fields.size()));
  for (const auto& [key, value] : fields) out += text(key) + value;
  for (const auto& tensor : tensors) out += tensor;
  return out;
}

size_t Gguf::data_offset() const {
  return (header().size() + 31) / 32 * 32;
}

std::string Gguf::bytes() const {
  std::string out = header();
  if (data_bytes > 0) out.resize(data_offset() + data_bytes, '\0');
  return out;
}

Gguf llama() {
  Gguf file;
  file.set("general.architecture", string("llama"))
      .set("llama.block_count", u32(1))
      .set("llama.embedding_length", u32(64))
      .set("llama.feed_forward_length", u32(128))
      .set("llama.attention.head_count", u32(4))
      .set("llama.attention.head_count_kv", u32(2))
      .set("llama.attention.layer_norm_rms_epsilon", f32(1e-5f))
      .set("llama.context_length", u32(128))
      .set("llama.vocab_size", u32(32));
  return file;
}

Gguf llama_with_tensor() {
  Gguf file = llama();
  file.tensor("a.weight", {8}, 0, 0);
  file.data_bytes = 32;
  return file;
}

std::string safetensors(std::string_view header, uint64_t data_bytes, std::optional<uint64_t> stated_length) {
  std::string out = le<uint64_t>(stated_length.value_or(header.size())) + std::string(header);
  out.resize(out.size() + data_bytes, '\0');
  return out;
}

}  // namespace retort::malformed
