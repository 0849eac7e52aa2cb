// What every verb prints the same way: JSON for machines, and aligned rows for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"

namespace retort::cli {

/// One JSON document on stdout. Bytes that are not UTF-8 become U+FFFD.
void print_json(const Json& json);
/// The same on one line, written out at once: for events that a program reads as they come.
void print_json_line(const Json& json);

/// "  label      value" on stdout; long values are printed as they are. Text from files must be made
/// printable first.
void print_row(std::string_view label, std::string_view value);

/// A bold heading on stdout, with an empty line before it.
void print_heading(std::string_view text);

/// Columns as wide as their widest cell; the first to the left, the others to the right. The first row is the
/// head.
void print_table(const std::vector<std::vector<std::string>>& rows);

/// "1,234,567"
std::string with_commas(uint64_t n);

}  // namespace retort::cli
