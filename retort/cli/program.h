// The program: finds the verb, runs it, and turns what it throws into one line and an exit status.
#pragma once

#include "retort/cli/verb.h"

namespace retort::cli {

/// `arguments` without the program's own name. Returns the exit status, as docs/cli.md lists them.
int run_program(const Arguments& arguments);

}  // namespace retort::cli
