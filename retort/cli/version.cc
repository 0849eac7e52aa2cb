#include "retort/cli/version.h"

#include <fmt/core.h>

#include "retort/kernels/isa.h"

namespace retort::cli {

std::string_view version() {
  return RETORT_VERSION;
}

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

std::string version_line() {
  return fmt::format("retort {} ({}; {})", version(), compiler(), kernels::name(kernels::choose_isa()));
}

}  // namespace retort::cli
