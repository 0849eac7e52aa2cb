// safetensors headers. The mutator works on the JSON and repairs the header's length, so that most inputs get
// past the first check.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "fuzz/expect.h"
#include "retort/base/random.h"
#include "retort/formats/safetensors.h"
#include "retort/formats/safetensors_index.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace retort;
  const std::string copy(reinterpret_cast<const char*>(data), size);
  const auto bytes = std::as_bytes(std::span(copy));
  fuzz::expect_answer_or_error([&] {
    const SafetensorsFile file = parse_safetensors(bytes, "f");
    uint64_t total = file.data_offset;
    for (const auto& tensor : file.tensors) {
      total += tensor.bytes.size();
      if (tensor.bytes.data() != bytes.data() + tensor.offset) std::abort();
      fuzz::expect_answer_or_error([&] {
        const TensorView view = view_of(tensor, "f");
        if (view.bytes() != tensor.bytes.size()) std::abort();
      });
    }
    if (total != bytes.size()) std::abort();
  });
  fuzz::expect_answer_or_error([&] { parse_safetensors_index(copy, "f"); });
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  constexpr size_t kLength = sizeof(uint64_t);
  retort::Random random(seed);
  uint64_t header = 0;
  if (size >= kLength) std::memcpy(&header, data, kLength);
  if (size < kLength || header > size - kLength || random.below(8) == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  const std::string rest(data + kLength + header, data + size);
  if (max_size < kLength + rest.size() + 1) return LLVMFuzzerMutate(data, size, max_size);
  const size_t mutated = LLVMFuzzerMutate(data + kLength, header, max_size - kLength - rest.size());
  const uint64_t length = mutated;
  std::memcpy(data, &length, kLength);
  std::memcpy(data + kLength + mutated, rest.data(), rest.size());
  return kLength + mutated + rest.size();
}
