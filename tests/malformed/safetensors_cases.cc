// Malformed safetensors files.
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

/// A header with one tensor 'a' of these members.
std::string one(std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return fmt::format(R"({{"a":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", dtype, shape, offsets);
}

std::string repeated(std::string_view part, size_t n) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out += part;
  return out;
}

std::string many_tensors(size_t n) {
  std::string header = "{";
  for (size_t i = 0; i < n; ++i)
    header += fmt::format(R"({}"t{}":{{"dtype":"U8","shape":[1],"data_offsets":[{},{}]}})", i ? "," : "", i,
                          i, i + 1);
  return safetensors(header + "}", n);
}

const std::string kA = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
const std::string kGood = "{" + kA + "}";

std::vector<Row> framing() {
  return {
      {"empty", "", {"0 bytes", "first 8"}},
      {"seven_bytes", "1234567", {"7 bytes", "first 8"}},
      {"header_longer_than_file", safetensors(kGood, 8, 1000), {"header's length is 1000", "truncated"}},
      {"header_over_limit", safetensors(kGood, 8, 100'000'001), {"100000001", "limit is 100000000"}},
      {"header_length_wraps", safetensors(kGood, 8, ~uint64_t{0}), {"18446744073709551615"}},
      {"header_length_zero", safetensors("", 8), {"starts with ''", "expected '{'"}},
      {"header_starts_with_space", safetensors(" " + kGood, 8), {"starts with ' '", "expected '{'"}},
      {"header_is_array", safetensors("[]", 0), {"starts with '['"}},
      {"nul_padding",
       safetensors(kGood + std::string(5, '\0'), 8),
       {"ends in '\\x00'", "expected '}' and spaces"}},
      {"cut_in_json", safetensors(kGood.substr(0, 30), 8), {"header ends in"}},
      {"garbage_behind_object", safetensors(kGood + "{}", 8), {"not JSON"}},
      {"not_json", safetensors("{\"a\":bogus}", 0), {"header", "not JSON"}},
      {"invalid_utf8", safetensors("{\"\xff\xfe\":{}}", 0), {"not JSON", "UTF-8"}},
      {"truncated_data", safetensors(kGood, 4), {"tensor 'a'", "[0, 8]", "4 data bytes"}},
      {"trailing_bytes", safetensors(kGood, 24), {"16 bytes after the last tensor", "8"}},
  };
}

std::vector<Row> structure() {
  return {
      {"deep_json",
       safetensors("{\"a\":" + repeated("{\"a\":", 5000) + repeated("}", 5001), 0),
       {"unexpected object"}},
      {"deep_array",
       safetensors(one("\"F32\"", repeated("[", 5000) + repeated("]", 5000), "[0,8]"), 8),
       {"tensor 'a'", "unexpected array"}},
      {"duplicate_tensor", safetensors("{" + kA + "," + kA + "}", 8), {"tensor 'a' stands twice"}},
      {"duplicate_dtype",
       safetensors(R"({"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}})", 8),
       {"tensor 'a'", "second dtype"}},
      {"duplicate_shape",
       safetensors(R"({"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}})", 8),
       {"tensor 'a'", "second array"}},
      {"no_dtype",
       safetensors(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8),
       {"tensor 'a' has no dtype"}},
      {"no_shape",
       safetensors(R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", 8),
       {"tensor 'a' has no shape"}},
      {"no_offsets",
       safetensors(R"({"a":{"dtype":"F32","shape":[2]}})", 8),
       {"tensor 'a' has no data_offsets"}},
      {"unknown_member",
       safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", 8),
       {"tensor 'a': 'x'", "unexpected the number 1"}},
      {"tensor_is_number", safetensors(R"({"a":7})", 0), {"'a'", "unexpected the number 7"}},
      {"tensor_is_null", safetensors(R"({"a":null})", 0), {"'a'", "unexpected null"}},
      {"metadata_number",
       safetensors(R"({"__metadata__":{"k":1},)" + kA + "}", 8),
       {"__metadata__", "'k'", "number 1"}},
      {"metadata_list", safetensors(R"({"__metadata__":["k"],)" + kA + "}", 8), {"__metadata__", "array"}},
      {"metadata_nested",
       safetensors(R"({"__metadata__":{"k":{}},)" + kA + "}", 8),
       {"__metadata__", "object"}},
      {"metadata_twice",
       safetensors(R"({"__metadata__":{},"__metadata__":{},)" + kA + "}", 8),
       {"second object"}},
      {"metadata_key_twice",
       safetensors(R"({"__metadata__":{"k":"1","k":"2"},)" + kA + "}", 8),
       {"'k' stands twice"}},
      {"bloated_header", many_tensors(100'000), {"more than 65536 tensors"}},
      {"name_of_two_lines",
       safetensors(R"({"a\nERROR: b":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
       {"a\\x0aERROR", "takes 12 bytes"}},
      {"long_name",
       safetensors("{\"" + std::string(5000, 'n') + "\":{}}", 0),
       {"has 5000 bytes", "limit is 1024"}},
  };
}

std::vector<Row> numbers() {
  return {
      {"begin_after_end", safetensors(one("\"F32\"", "[2]", "[8,0]"), 8), {"tensor 'a'", "[8, 0]"}},
      {"end_past_data", safetensors(one("\"F32\"", "[4]", "[0,16]"), 8), {"[0, 16]", "8 data bytes"}},
      {"offset_wraps",
       safetensors(one("\"F32\"", "[2]", "[18446744073709551608,18446744073709551615]"), 8),
       {"18446744073709551608"}},
      {"offset_over_64_bits",
       safetensors(one("\"F32\"", "[2]", "[0,18446744073709551616]"), 8),
       {"18446744073709551616", "not an integer below 2^64"}},
      {"one_offset", safetensors(one("\"F32\"", "[2]", "[0]"), 8), {"single offset"}},
      {"three_offsets", safetensors(one("\"F32\"", "[2]", "[0,8,8]"), 8), {"third offset"}},
      {"negative_offset", safetensors(one("\"F32\"", "[2]", "[-8,8]"), 8), {"negative number -8"}},
      {"size_mismatch", safetensors(one("\"F32\"", "[3]", "[0,8]"), 8), {"[3] takes 12 bytes", "hold 8"}},
      {"product_overflow",
       safetensors(one("\"F32\"", "[4294967296,4294967296]", "[0,8]"), 8),
       {"dimension 1 of 4294967296"}},
      {"dimension_2_60",
       safetensors(one("\"F32\"", "[1152921504606846976]", "[0,8]"), 8),
       {"1152921504606846976"}},
      {"zero_dimension", safetensors(one("\"F32\"", "[2,0]", "[0,0]"), 0), {"dimension 1 is 0"}},
      {"negative_dimension",
       safetensors(one("\"F32\"", "[-2]", "[0,8]"), 8),
       {"shape", "negative number -2"}},
      {"fractional_dimension", safetensors(one("\"F32\"", "[2.0]", "[0,8]"), 8), {"2.0, not an integer"}},
      {"string_dimension", safetensors(one("\"F32\"", "[\"2\"]", "[0,8]"), 8), {"unexpected the string '2'"}},
      {"rank_5",
       safetensors(one("\"F32\"", "[1,1,1,1,2]", "[0,8]"), 8),
       {"5 dimensions, at most 4"},
       kUnsupported},
      {"rank_5000",
       safetensors(one("\"F32\"", "[1" + repeated(",1", 4999) + "]", "[0,4]"), 4),
       {"dimension beyond the 8"}},
      {"unknown_dtype",
       safetensors(one("\"Q3_X\"", "[2]", "[0,8]"), 8),
       {"unknown dtype 'Q3_X'"},
       kUnsupported},
      {"dtype_is_number", safetensors(one("32", "[2]", "[0,8]"), 8), {"'dtype'", "number 32"}},
      {"dtype_without_kernels",
       safetensors(one("\"F64\"", "[1]", "[0,8]"), 8),
       {"type F64", "supported: f32, f16, bf16, f8_e4m3, i32, i64, i8, q4_0"},
       kUnsupported},
      {"overlap",
       safetensors("{" + kA + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12),
       {"tensor 'b' starts at data byte 4", "overlapping"}},
      {"same_bytes_twice",
       safetensors("{" + kA + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8),
       {"overlapping"}},
      {"gap",
       safetensors("{" + kA + R"(,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})", 16),
       {"tensor 'b' starts at data byte 12", "gap"}},
      {"gap_at_start", safetensors(one("\"F32\"", "[1]", "[4,8]"), 8), {"data byte 4", "gap"}},
      {"misaligned",
       safetensors(kGood + std::string((7 - kGood.size()) % 8, ' '), 8),
       {"not a multiple", "4 bytes"},
       kUnsupported},
  };
}

}  // namespace

std::vector<Case> write_safetensors_cases(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  for (const auto& rows : {framing(), structure(), numbers()})
    for (const Row& row : rows) {
      const std::string path = "safetensors/" + row.name + ".safetensors";
      write_file(folder / path, row.bytes);
      cases.push_back({path, row.code, row.parts});
    }
  return cases;
}

}  // namespace retort::malformed
