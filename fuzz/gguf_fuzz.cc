// GGUF headers and the model configuration in them. The mutator knows the layout: it puts files together from
// keys that the readers ask for, and plants extreme numbers where lengths and counts stand.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "fuzz/expect.h"
#include "retort/base/random.h"
#include "retort/formats/generation_config.h"
#include "retort/formats/gguf.h"
#include "retort/formats/model_config.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using namespace retort;

void walk(const GgufMetadata& metadata) {
  for (const auto& entry : metadata.entries()) {
    if (to_text(entry).size() > 1000) std::abort();
    if (entry.type != GgufType::array) continue;
    const auto array = metadata.get<GgufArray>(entry.key);
    uint64_t n = 0;
    if (array.is_strings()) {
      for (std::string_view s : array.strings())
        n += 1 + (s.empty() ? 0 : static_cast<uint64_t>(s.back()) & 0);
      if (n != array.size) std::abort();
    }
    if (array.is_numeric() && array.numbers<double>().size() != array.size) std::abort();
  }
}

void check_tensors(const GgufFile& file, std::span<const std::byte> bytes) {
  for (const auto& tensor : file.tensors) {
    if (tensor.bytes.data() != bytes.data() + tensor.offset) std::abort();
    if (tensor.offset + tensor.bytes.size() > bytes.size()) std::abort();
    fuzz::expect_answer_or_error([&] {
      if (view_of(tensor, "f").bytes() != tensor.bytes.size()) std::abort();
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string copy(reinterpret_cast<const char*>(data), size);
  const auto bytes = std::as_bytes(std::span(copy));
  fuzz::expect_answer_or_error([&] {
    const GgufFile file = parse_gguf(bytes, "f");
    walk(file.metadata);
    check_tensors(file, bytes);
    fuzz::expect_answer_or_error([&] {
      const ModelConfig config = parse_gguf_config(file.metadata);
      if (config.head_dim % 2 != 0 || config.num_attention_heads % config.num_key_value_heads != 0)
        std::abort();
    });
  });
  return 0;
}

namespace {

constexpr const char* kKeys[] = {"general.architecture",
                                 "general.alignment",
                                 "llama.block_count",
                                 "llama.embedding_length",
                                 "llama.feed_forward_length",
                                 "llama.attention.head_count",
                                 "llama.attention.head_count_kv",
                                 "llama.attention.key_length",
                                 "llama.attention.layer_norm_rms_epsilon",
                                 "llama.rope.freq_base",
                                 "llama.rope.dimension_count",
                                 "llama.rope.scaling.type",
                                 "llama.rope.scaling.factor",
                                 "llama.rope.scaling.original_context_length",
                                 "llama.rope.scaling.yarn_attn_factor",
                                 "llama.rope.scaling.yarn_beta_fast",
                                 "llama.context_length",
                                 "llama.vocab_size",
                                 "llama.expert_count",
                                 "tokenizer.ggml.tokens",
                                 "tokenizer.ggml.eos_token_id",
                                 "split.count",
                                 "x"};
constexpr const char* kStrings[] = {"llama", "qwen2", "yarn", "linear", "none", ""};
constexpr uint64_t kNumbers[] = {0,
                                 1,
                                 2,
                                 4,
                                 8,
                                 31,
                                 32,
                                 64,
                                 128,
                                 4096,
                                 1u << 31,
                                 0xffffffff,
                                 uint64_t{1} << 32,
                                 uint64_t{1} << 60,
                                 uint64_t{1} << 63,
                                 ~uint64_t{0}};

template <typename T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append_text(std::string& out, std::string_view text) {
  append<uint64_t>(out, text.size());
  out += text;
}

uint64_t pick_number(Random& random) {
  return random.below(4) == 0 ? kNumbers[random.below(std::size(kNumbers))] : random.below(16) * 16;
}

void append_value(std::string& out, uint32_t type, Random& random, int depth) {
  constexpr size_t kBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  if (type == 8) return append_text(out, kStrings[random.below(std::size(kStrings))]);
  if (type == 9) {
    const auto element = static_cast<uint32_t>(random.below(depth > 3 ? 8 : 13));
    const uint64_t n = random.below(5);
    append(out, element);
    append(out, n);
    for (uint64_t i = 0; i < n; ++i) append_value(out, element, random, depth + 1);
    return;
  }
  if (type == 6) return append(out, static_cast<float>(random.below(1000)) / 100.0f);
  const uint64_t number = type == 7 ? random.below(2) : pick_number(random);
  out.append(reinterpret_cast<const char*>(&number), kBytes[type]);
}

void append_entry(std::string& out, Random& random) {
  const char* key = kKeys[random.below(std::size(kKeys))];
  append_text(out, key);
  constexpr uint32_t kUsual[] = {4, 4, 4, 6, 8, 9, 5, 10};
  const auto type = random.below(4) == 0 ? static_cast<uint32_t>(random.below(13))
                                         : kUsual[random.below(std::size(kUsual))];
  append(out, type);
  append_value(out, type, random, 0);
}

/// A file of random entries and tensors, most of them plausible.
std::string assemble(Random& random) {
  const uint64_t n_fields = random.below(12), n_tensors = random.below(4);
  std::string out = "GGUF";
  append<uint32_t>(out, random.below(8) == 0 ? 2 : 3);
  append(out, n_tensors);
  append(out, n_fields);
  for (uint64_t i = 0; i < n_fields; ++i) append_entry(out, random);
  uint64_t offset = 0;
  for (uint64_t i = 0; i < n_tensors; ++i) {
    append_text(out, std::string("t") + static_cast<char>('0' + i));
    const auto rank = static_cast<uint32_t>(1 + random.below(3));
    append(out, rank);
    for (uint32_t r = 0; r < rank; ++r)
      append<uint64_t>(out, r == 0 ? 32 * (1 + random.below(8)) : 1 + random.below(3));
    append(out, static_cast<uint32_t>(random.below(44)));
    append(out, offset);
    offset += 32 * random.below(64);
  }
  out.resize((out.size() + 31) / 32 * 32 + offset + random.below(2048), '\0');
  return out;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  Random random(seed);
  const uint64_t choice = random.below(10);
  if (choice < 2) {
    const std::string made = assemble(random);
    const size_t n = std::min(made.size(), max_size);
    std::memcpy(data, made.data(), n);
    return n;
  }
  if (choice < 5 && size >= 32) {
    // An extreme number anywhere, or in one of the counts.
    const size_t at = random.below(3) == 0 ? 8 * (1 + random.below(2)) : random.below(size - 8);
    const uint64_t number = pick_number(random);
    std::memcpy(data + at, &number, random.below(2) ? 8 : 4);
    return size;
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
