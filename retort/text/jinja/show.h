// How values print: str() and repr() as Python's, and JSON as Python's json.dumps.
#pragma once

#include <string>
#include <string_view>

#include "retort/text/jinja/value.h"

namespace retort::jinja {

/// json.dumps' options, with its defaults but for ensure_ascii, which Hugging Face turns off.
struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  bool multi_line = false;
  std::string indent;  // one level's, when multi_line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

/// str(value): a string as it is, everything else as repr. Undefined prints nothing.
void write_str(Writer& out, const Value& value);
void write_repr(Writer& out, const Value& value);
void write_json(Writer& out, const Value& value, const JsonStyle& style);

/// str(value) as a string of its own.
std::string to_str(Meter& meter, const Value& value);
/// Python's repr of a float: the shortest digits that read back the same.
std::string float_repr(double value);

}  // namespace retort::jinja
