// Python's formatting of strings: '%s of %d' % values, and '{} of {name}'.format(...).
#pragma once

#include <string>
#include <string_view>

#include "retort/text/jinja/natives.h"

namespace retort::jinja {

/// `values` is a tuple of them, a dict for %(name)s, or the only one.
std::string format_percent(Interpreter& interpreter, std::string_view format, const Value& values);
/// Fields {}, {0} and {name} without further specification.
std::string format_braces(Interpreter& interpreter, std::string_view format, const CallArguments& arguments);

}  // namespace retort::jinja
