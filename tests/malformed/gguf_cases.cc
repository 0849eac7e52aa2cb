// Malformed GGUF files: the header, metadata and tensor entries.
#include <fmt/format.h>

#include "tests/malformed/bytes.h"
#include "tests/malformed/malformed_files.h"

namespace retort::malformed {
namespace {

constexpr ErrorCode kBad = ErrorCode::bad_input, kUnsupported = ErrorCode::unsupported;

struct Row {
  std::string name;
  std::string bytes;
  std::vector<std::string> parts;
  ErrorCode code = kBad;
};

std::string with(std::string_view key, std::string value) {
  return llama_with_tensor().set(key, std::move(value)).bytes();
}

/// One tensor of these extents (innermost first), with 256 bytes of data.
std::string with_tensor(const std::vector<uint64_t>& extents, uint32_t type, uint64_t offset = 0,
                        std::string_view name = "t") {
  Gguf file = llama();
  file.data_bytes = 256;
  return file.tensor(name, extents, type, offset).bytes();
}

/// An array nested `depth` times.
std::string nested(size_t depth) {
  std::string value = le<uint32_t>(9);
  for (size_t i = 1; i < depth; ++i) value += le<uint32_t>(9) + le<uint64_t>(1);
  return value + le<uint32_t>(0) + le<uint64_t>(0);
}

Gguf counts(std::optional<uint64_t> n_tensors, std::optional<uint64_t> n_fields) {
  Gguf file = llama_with_tensor();
  file.n_tensors = n_tensors;
  file.n_fields = n_fields;
  return file;
}

std::string version(uint32_t v) {
  Gguf file = llama_with_tensor();
  file.version = v;
  return file.bytes();
}

std::string magic(std::string_view m) {
  Gguf file = llama_with_tensor();
  file.magic = m;
  return file.bytes();
}

std::string cut(size_t at) {
  return llama_with_tensor().bytes().substr(0, at);
}

std::string cut_from_end(size_t n) {
  const std::string all = llama_with_tensor().bytes();
  return all.substr(0, all.size() - n);
}

std::string twice(std::string_view key) {
  Gguf file = llama_with_tensor();
  file.fields.emplace_back(key, u32(1));
  return file.bytes();
}

std::string two_tensors(std::string_view second, uint64_t offset) {
  Gguf file = llama();
  file.tensor("one", {16}, 0, 0).tensor(second, {16}, 0, offset);
  file.data_bytes = 256;
  return file.bytes();
}

/// 2^47 f32 twice: the sum of their sizes is 2^50.
std::string huge_tensors() {
  Gguf file = llama();
  file.tensor("one", {uint64_t{1} << 47}, 0, 0).tensor("two", {uint64_t{1} << 47}, 0, 0);
  file.data_bytes = 64;
  return file.bytes();
}

std::string many_tensors(uint64_t n) {
  Gguf file = llama();
  for (uint64_t i = 0; i < n; ++i) file.tensor(fmt::format("t{}", i), {8}, 0, i * 32);
  file.data_bytes = n * 32;
  return file.bytes();
}

std::vector<Row> header() {
  return {
      {"empty", "", {"offset 0", "magic number needs 4 bytes, 0 are left"}},
      {"three_bytes", "GGU", {"3 are left"}},
      {"wrong_magic", magic("GGUX"), {"not a GGUF file", "'GGUX'"}},
      {"from_before_gguf", magic("tjgg"), {"before GGUF"}, kUnsupported},
      {"version_1", version(1), {"version 1 is not supported"}, kUnsupported},
      {"version_4", version(4), {"version 4 is not supported; supported: 2, 3"}, kUnsupported},
      {"big_endian", version(0x03000000), {"big-endian"}, kUnsupported},
      {"cut_in_version", cut(6), {"the version needs 4 bytes, 2 are left"}},
      {"cut_in_counts", cut(12), {"the number of tensors needs 8 bytes"}},
      {"cut_behind_counts",
       cut(24),
       {"the number of tensors is 1, more than the 0 that a file of 24 bytes may have"}},
      {"cut_in_key", cut(40), {"metadata"}},
      {"cut_in_data", cut_from_end(1), {"tensor 'a.weight'", "past the end of the data at 31"}},
      {"no_data", cut_from_end(32), {"tensor 'a.weight'", "past the end"}},
      {"tensor_count_2_63",
       counts(uint64_t{1} << 63, {}).bytes(),
       {"number of tensors is 9223372036854775808"}},
      {"tensor_count_negative", counts(~uint64_t{0}, {}).bytes(), {"18446744073709551615"}},
      {"tensor_count_high", counts(2, {}).bytes(), {"a tensor without a name"}},
      {"field_count_2_63",
       counts({}, uint64_t{1} << 63).bytes(),
       {"metadata entries is 9223372036854775808"}},
      {"field_count_low", counts({}, 3).bytes(), {"tensor 'llama.feed_forward_length'"}},
      {"bloated_header", many_tensors(100'000), {"number of tensors is 100000", "65536"}},
  };
}

std::vector<Row> metadata() {
  const std::string long_string = le<uint32_t>(8) + le<uint64_t>(1000) + "short";
  const std::string wrapping_string = le<uint32_t>(8) + le<uint64_t>(~uint64_t{0}) + "short";
  return {
      {"key_empty", with("", u32(1)), {"empty metadata key"}},
      {"key_of_70000_bytes", with(std::string(70000, 'k'), u32(1)), {"70000 bytes, the limit is 65535"}},
      {"key_twice", twice("llama.block_count"), {"key 'llama.block_count' stands twice"}},
      {"value_type_13",
       with("k", le<uint32_t>(13) + le<uint64_t>(0)),
       {"is 13, the types are 0 to 12", "'k'"}},
      {"value_type_negative", with("k", le<int32_t>(-1) + le<uint64_t>(0)), {"4294967295"}},
      {"string_past_end", with("k", long_string), {"1000 bytes", "'k'"}},
      {"string_length_wraps", with("k", wrapping_string), {"18446744073709551615 bytes", "'k'"}},
      {"string_over_31_bits", with("k", le<uint32_t>(8) + le<uint64_t>(uint64_t{1} << 31)), {"2147483648"}},
      {"boolean_2", with("k", boolean(2)), {"boolean is 2", "'k'"}},
      {"boolean_2_in_array", with("k", array(7, 3, std::string("\0\1\2", 3))), {"boolean is 2"}},
      {"array_past_end", with("k", array(4, 1000, "")), {"1000 elements of type u32", "'k'"}},
      {"array_size_wraps", with("k", array(10, uint64_t{1} << 61, "")), {"2305843009213693952 elements"}},
      {"array_of_type_13", with("k", array(13, 1, "x")), {"type of an array is 13"}},
      {"tokens_past_end",
       with("tokenizer.ggml.tokens", array(8, uint64_t{1} << 32, text("a"))),
       {"4294967296 elements"}},
      {"token_length_past_end",
       with("tokenizer.ggml.tokens", array(8, 1, le<uint64_t>(uint64_t{1} << 40))),
       {"1099511627776 bytes", "tokenizer.ggml.tokens"}},
      {"nested_9", with("k", nested(10)), {"nested more than 8 deep"}},
      {"nested_100000", with("k", nested(100'000)), {"nested more than 8 deep"}},
      {"alignment_0", with("general.alignment", u32(0)), {"general.alignment is 0", "power of two"}},
      {"alignment_1", with("general.alignment", u32(1)), {"general.alignment is 1"}},
      {"alignment_33", with("general.alignment", u32(33)), {"general.alignment is 33"}},
      {"alignment_2_31", with("general.alignment", u32(1u << 31)), {"2147483648"}},
      {"alignment_2_63", with("general.alignment", u64(uint64_t{1} << 63)), {"9223372036854775808"}},
      {"alignment_negative",
       with("general.alignment", i32(-32)),
       {"value -32, expected an unsigned integer"}},
      {"alignment_string",
       with("general.alignment", string("32")),
       {"of type string", "expected an unsigned integer"}},
  };
}

std::vector<Row> tensors() {
  constexpr uint64_t k2To60 = uint64_t{1} << 60;
  return {
      {"name_of_300_bytes", with_tensor({8}, 0, 0, std::string(300, 'n')), {"300 bytes, the limit is 256"}},
      {"name_empty", with_tensor({8}, 0, 0, ""), {"a tensor without a name"}},
      {"name_of_two_lines", with_tensor({0}, 0, 0, "a\nb\033[31m"), {"a\\x0ab\\x1b[31m"}},
      {"rank_0", with_tensor({}, 0), {"0 dimensions, expected 1 to 4"}},
      {"rank_5", with_tensor({1, 1, 1, 1, 8}, 0), {"5 dimensions"}},
      {"zero_dimension", with_tensor({8, 0}, 0), {"dimension 0 is 0"}},
      {"zero_columns", with_tensor({0, 8}, 12), {"dimension 1 is 0"}},
      {"dimension_2_60", with_tensor({k2To60}, 0), {"1152921504606846976"}},
      {"dimensions_wrap", with_tensor({k2To60, 16}, 0), {"1152921504606846976"}},
      {"dimension_negative", with_tensor({~uint64_t{0}}, 0), {"18446744073709551615"}},
      {"sizes_sum_to_more_than_the_file", huge_tensors(), {"562949953421312 bytes"}},
      {"rows_not_whole_blocks_q8_0", with_tensor({33}, 8), {"33 elements", "blocks of 32 (q8_0)"}},
      {"rows_not_whole_blocks_q4_k", with_tensor({128, 2}, 12), {"128 elements", "blocks of 256 (q4_k)"}},
      {"type_99", with_tensor({32}, 99), {"unknown type 99"}, kUnsupported},
      {"type_negative", with_tensor({32}, 0xffffffff), {"unknown type 4294967295"}, kUnsupported},
      {"type_removed", with_tensor({32}, 4), {"q4_2 (4)"}, kUnsupported},
      {"type_without_kernels",
       with_tensor({256}, 23),
       {"tensor 't' is of type iq4_xs", "supported: f32"},
       kUnsupported},
      {"offset_unaligned", with_tensor({8}, 0, 4), {"offset 4", "alignment 32"}},
      {"offset_past_end",
       with_tensor({8}, 0, 1 << 20),
       {"offset 1048576", "past the end of the data at 256"}},
      {"offset_wraps", with_tensor({8}, 0, ~uint64_t{31}), {"offset 18446744073709551584"}},
      {"offset_and_size_past_end", with_tensor({64}, 0, 32), {"offset 32 and 256 bytes"}},
      {"overlap", two_tensors("two", 32), {"tensor 'two'", "inside tensor 'one'"}},
      {"tensor_twice", two_tensors("one", 64), {"tensor 'one' stands twice"}},
      {"cut_in_tensor",
       llama().tensor("t", {8}, 0, 0).bytes().substr(0, llama().bytes().size() + 20),
       {"tensor", "truncated"}},
  };
}

}  // namespace

std::vector<Case> write_gguf_cases(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  for (const auto& rows : {header(), metadata(), tensors()})
    for (const Row& row : rows) {
      const std::string path = "gguf/" + row.name + ".gguf";
      write_file(folder / path, row.bytes);
      cases.push_back({path, row.code, row.parts});
    }
  return cases;
}

}  // namespace retort::malformed
