#include "retort/compress/target.h"

#include <fmt/core.h>

#include <vector>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/base/nearest.h"
#include "retort/formats/printable.h"

namespace retort::compress {
namespace {

constexpr Target kTargets[] = {
#define X(name, layout, encoding, more, file_type, summary) \
  {name, Layout::layout, encoding, DType::more, file_type, summary},
#include "retort/compress/targets.inc"
#undef X
};

constexpr int64_t kScaleBlock = 128;  // DeepSeek-V3, weight_block_size
constexpr uint64_t kScaleBytes = 2;   // BF16, as compressed-tensors stores the scales of BF16 models

}  // namespace

std::string Encoding::obstacle(int64_t columns) const {
  const int64_t unit = kind == Kind::rows ? info(dtype).block_size : kind == Kind::integer ? grid.group : 0;
  if (unit == 0 || columns % unit == 0) return "";
  return fmt::format("{} columns are not whole {} of {}", columns, kind == Kind::rows ? "blocks" : "groups",
                     unit);
}

int64_t Encoding::row_bytes(int64_t columns) const {
  return kind == Kind::integer ? columns * grid.bits / 8 : retort::row_bytes(dtype, columns);
}

uint64_t Encoding::bytes(int64_t rows, int64_t columns) const {
  const auto r = static_cast<uint64_t>(rows), c = static_cast<uint64_t>(columns);
  const uint64_t values = r * static_cast<uint64_t>(row_bytes(columns));
  switch (kind) {
    case Kind::rows:
      return values;
    case Kind::fp8_channel:
      return values + r * kScaleBytes;
    case Kind::fp8_block: {
      const uint64_t block = kScaleBlock;
      return values + div_up(r, block) * div_up(c, block) * sizeof(float);
    }
    case Kind::integer:
      return values + r * (grid.group == 0 ? 1 : c / static_cast<uint64_t>(grid.group)) * kScaleBytes;
  }
  return values;
}

std::string Encoding::name() const {
  const std::string type(retort::name(dtype));
  if (kind == Kind::fp8_block) return type + " in blocks of 128 x 128";
  if (kind != Kind::integer) return type;
  return grid.group == 0 ? fmt::format("int{}", grid.bits)
                         : fmt::format("int{} in groups of {}", grid.bits, grid.group);
}

std::span<const Target> targets() {
  return kTargets;
}

const Target& target_named(std::string_view name) {
  std::vector<std::string> names;
  std::string all;
  for (const Target& target : kTargets) {
    if (target.name == name) return target;
    names.emplace_back(target.name);
    all += (all.empty() ? "" : ", ") + names.back();
  }
  const std::string near = did_you_mean(name, names);
  fail(ErrorCode::bad_input, "--to: '{}' is not a format{}; formats: {}", printable(name), near, all);
}

}  // namespace retort::compress
