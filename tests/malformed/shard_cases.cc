// Split GGUF files that do not fit together.
#include <fmt/format.h>

#include "tests/malformed/bytes.h"
#include "tests/malformed/malformed_files.h"

namespace retort::malformed {
namespace {

constexpr ErrorCode kBad = ErrorCode::bad_input;

/// One shard as it states itself, and the number in its name.
struct Shard {
  int in_name;
  uint32_t number, count;
  std::string tensor;
  std::optional<uint32_t> tensors_count = {};
};

struct Row {
  std::string name;
  std::vector<Shard> shards;
  int opened;  // index into shards
  std::vector<std::string> parts;
  ErrorCode code = kBad;
  std::string suffix_count = "00003";
};

std::string shard_name(const Row& row, const Shard& shard) {
  return fmt::format("shards/{}-{:05}-of-{}.gguf", row.name, shard.in_name, row.suffix_count);
}

std::string shard_bytes(const Shard& shard) {
  Gguf file = shard.number == 0 ? llama() : Gguf{};
  file.set("split.no", u32(shard.number)).set("split.count", u32(shard.count));
  if (shard.tensors_count) file.set("split.tensors.count", u32(*shard.tensors_count));
  file.tensor(shard.tensor, {8}, 0, 0);
  file.data_bytes = 32;
  return file.bytes();
}

std::vector<Row> rows() {
  const Shard a{1, 0, 3, "a", 3}, b{2, 1, 3, "b"}, c{3, 2, 3, "c"};
  return {
      {"good", {a, b, c}, 1, {}},
      {"missing_second", {a, c}, 0, {"-00002-of-00003.gguf: shard 2 of 3 is missing"}, ErrorCode::not_found},
      {"missing_first", {b, c}, 0, {"-00001-of-00003.gguf: shard 1 of 3 is missing"}, ErrorCode::not_found},
      {"same_shard_twice",
       {a, {2, 0, 3, "a", 3}, c},
       0,
       {"it says it is shard 1 of 3, its name says 2 of 3"}},
      {"counts_differ", {a, {2, 1, 4, "b"}, c}, 0, {"shard 2 of 4, its name says 2 of 3"}},
      {"not_split_inside", {a, {2, 0, 0, "b"}, c}, 0, {"its name says 2 of 3"}},
      {"same_tensor_twice", {a, {2, 1, 3, "a"}, c}, 0, {"tensor 'a' is also in"}},
      {"tensors_count", {{1, 0, 3, "a", 9}, b, c}, 2, {"split.tensors.count is 9", "hold 3 tensors"}},
      {"renamed", {a, b, c}, 0, {"should end in '-00001-of-00003.gguf'"}, kBad, "00004"},
      {"number_past_count", {{1, 5, 3, "a", 3}}, 0, {"split.no 5 of split.count 3"}},
      {"count_huge", {{1, 0, 4000000000, "a", 3}}, 0, {"split.count 4000000000"}},
      {"count_60", {{1, 0, 60, "a", 3}}, 0, {"shard 1 of 60", "should end in '-00001-of-00060.gguf'"}},
  };
}

}  // namespace

std::vector<Case> write_shard_cases(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  for (const Row& row : rows()) {
    for (const Shard& shard : row.shards) write_file(folder / shard_name(row, shard), shard_bytes(shard));
    cases.push_back({shard_name(row, row.shards[static_cast<size_t>(row.opened)]), row.code, row.parts});
  }
  return cases;
}

}  // namespace retort::malformed
