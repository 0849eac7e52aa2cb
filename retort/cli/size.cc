#include "retort/cli/size.h"

#include <cmath>
#include <cstdlib>
#include <string>

#include "retort/base/error.h"

namespace retort::cli {
namespace {

constexpr struct {
  const char* name;
  double bytes;
} kUnits[] = {{"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};

}  // namespace

double parse_size(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  std::string unit(end);
  if (!unit.empty() && unit[0] == ' ') unit.erase(0, 1);
  for (const auto& one : kUnits)
    if (end != copy.c_str() && unit == one.name && std::isfinite(number) && number > 0)
      return number * one.bytes;
  fail(ErrorCode::bad_input, "'{}' is no size: write 16GB (10^9 bytes each), 15GiB (2^30) or 800MB", text);
}

}  // namespace retort::cli
