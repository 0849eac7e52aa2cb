// A retention card on the terminal.
#pragma once

#include "retort/report/retention_card.h"

namespace retort::cli {

/// The compact tables on stdout.
void print_card(const report::RetentionCard& card);

}  // namespace retort::cli
