// Does pieces of work on several threads while the caller's thread looks after progress and interruption.
// Sandboxes belong to the thread that started them, so each piece runs on one thread from begin to end.
#pragma once

#include <cstddef>
#include <functional>

#include "retort/eval/suite.h"

namespace retort::eval {

/// Calls `work(i)` for every i in [0, n) on as many threads as the machine has cores. An exception, from a
/// piece of work or from the hooks, keeps new pieces from being begun, and is thrown here.
void run_pieces(size_t n, const ScoreHooks& hooks, const std::function<void(size_t)>& work);

}  // namespace retort::eval
