// JSON as the text of a <script> element.
#pragma once

#include <string>

#include "retort/base/json.h"

namespace retort::report {

/// JSON that HTML reads as text whatever strings it has: no '<', '>' or '&', so that no "</script>", "<!--"
/// or entity can begin, and neither U+2028 nor U+2029, which end a line of older JavaScript. Valid UTF-8 on
/// one line.
std::string script_data(const Json& json);

}  // namespace retort::report
