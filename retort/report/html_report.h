// The report of a comparison as one HTML file that needs nothing else: no network, no other file, no server.
// How it looks is web/report/; what it reads is described in docs/report.md.
#pragma once

#include <string>

#include "retort/base/json.h"

namespace retort::report {

/// `comparison` is the object that `retort compare --json` prints; a part that is absent is not shown. Its
/// texts may be anything at all: they become data of the page, never markup. Invalid UTF-8 becomes U+FFFD.
std::string html_report(const Json& comparison);

}  // namespace retort::report
