#include "retort/eval/sandbox/spec.h"

namespace retort::eval {

std::string_view name(Ended ended) {
  constexpr std::string_view kNames[] = {
#define X(id, text) text,
      RETORT_SANDBOX_ENDINGS(X)
#undef X
  };
  return kNames[static_cast<int>(ended)];
}

}  // namespace retort::eval
