#include "retort/cli/duration.h"

#include <cmath>
#include <cstdlib>
#include <string>

#include "retort/base/error.h"

namespace retort::cli {

double parse_duration(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  const std::string unit(end);
  const double scale = unit == "s" ? 1 : unit == "m" || unit == "min" ? 60 : unit == "h" ? 3600 : 0;
  if (end == copy.c_str() || scale == 0 || !std::isfinite(number) || number <= 0)
    fail(ErrorCode::bad_input, "'{}' is no duration: write 90s, 10m or 1.5h", text);
  return number * scale;
}

}  // namespace retort::cli
