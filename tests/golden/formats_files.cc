// formats_files DIR: writes golden.safetensors and golden.gguf with known contents for outside readers to
// check: element i of a tensor is i / 4 (f32, bf16), the metadata are those of formats_test.py.
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "retort/formats/gguf_writer.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/tensor/codec.h"

namespace {

using namespace retort;

template <typename Writer>
void fill(Writer& writer, const std::vector<TensorSpec>& tensors) {
  for (const auto& spec : tensors) {
    std::vector<float> values(static_cast<size_t>(spec.shape.elements()));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) / 4.0f;
    std::vector<std::byte> bytes(checked_bytes(spec));
    encode_row(spec.dtype, values.data(), bytes.data(), static_cast<int64_t>(values.size()));
    writer.write(spec.name, bytes);
  }
  writer.finish();
}

GgufFields fields() {
  GgufFields all;
  all.set_string("general.architecture", "llama");
  all.set_string("test.text", "žluťoučký 茶");
  all.set_u16("test.u16", 65535);
  all.set_u32("test.u32", 4294967295);
  all.set_i32("test.i32", -2147483647);
  all.set_u64("test.u64", 9007199254740991);
  all.set_i64("test.i64", -9007199254740991);
  all.set_f32("test.f32", 0.15625f);
  all.set_f64("test.f64", 0.1);
  all.set_bool("test.yes", true);
  const std::string strings[] = {"a", "", "bc"};
  all.set_strings("test.strings", strings);
  const int32_t ints[] = {1, -2, 3};
  all.set_i32s("test.ints", ints);
  const float floats[] = {0.5f, -0.25f};
  all.set_f32s("test.floats", floats);
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: formats_files DIR\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  const std::vector<TensorSpec> tensors = {
      {"norm", DType::f32, {5}}, {"w.\"quoted\"", DType::bf16, {3, 2}}, {"big", DType::f32, {4, 8, 2}}};
  SafetensorsWriter safetensors(folder / "golden.safetensors", tensors,
                                {{"format", "pt"}, {"note", "two\nlines"}});
  fill(safetensors, tensors);
  GgufWriter gguf(folder / "golden.gguf", fields(), tensors, 64);
  fill(gguf, tensors);
  return 0;
}
