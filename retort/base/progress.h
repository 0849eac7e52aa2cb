// Progress of long work. Libraries report to this interface; only the program's verbs print it (on stderr).
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace retort {

/// done of total units of `what` ("repacking", bytes). May be called from one thread at a time; cheap.
using ProgressFn = std::function<void(std::string_view what, uint64_t done, uint64_t total)>;

}  // namespace retort
