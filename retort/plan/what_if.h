// What if: one figure of the model, the load or the device other than it is, for the whole plan.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "retort/plan/device.h"
#include "retort/plan/memory.h"

namespace retort::plan {

struct WhatIf {
  std::string key;
  double value = 0;
};

/// "num_hidden_layers=40,bandwidth=1.5". Throws Error bad_input with the keys there are, or the range.
std::vector<WhatIf> parse_what_if(std::string_view text);
/// "num_hidden_layers (of the model), ..., bandwidth (times what the device has)": for the help.
std::string what_if_keys();

/// Sets what is the model's. A shape of a file is then planned for by its widths: what is stored is
/// forgotten.
void apply_what_ifs(const std::vector<WhatIf>& what_ifs, ModelShape& shape);
void apply_what_ifs(const std::vector<WhatIf>& what_ifs, Load& load);
/// Multiplies what is the device's; the facts then say so.
void apply_what_ifs(const std::vector<WhatIf>& what_ifs, Device& device);

}  // namespace retort::plan
