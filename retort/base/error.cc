#include "retort/base/error.h"

namespace retort {
namespace {

struct CodeRow {
  ErrorCode code;
  std::string_view name;
  int exit_status;
};

constexpr CodeRow kCodes[] = {
    {ErrorCode::bad_input, "bad_input", 2},     {ErrorCode::not_found, "not_found", 3},
    {ErrorCode::unsupported, "unsupported", 4}, {ErrorCode::resource, "resource", 5},
    {ErrorCode::cancelled, "cancelled", 130},   {ErrorCode::internal, "internal", 70},
};

const CodeRow& row(ErrorCode code) {
  return kCodes[static_cast<int>(code)];
}

}  // namespace

std::string_view name(ErrorCode code) {
  return row(code).name;
}
int exit_status(ErrorCode code) {
  return row(code).exit_status;
}

}  // namespace retort
