// The chat of `retort run` on a terminal: messages, commands that begin with /, Ctrl-C.
#pragma once

#include "retort/cli/conversation.h"

namespace retort::cli {

/// Returns when the user leaves.
void chat(Conversation& conversation, Interrupts& interrupts, bool show_thoughts);

}  // namespace retort::cli
