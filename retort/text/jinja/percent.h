// Python's formatting of strings: '%s of %d' % values, and '{} of {name}'.format(...).
#pragma once

#include "retort/text/jinja/natives.h"

namespace retort::jinja {

/// The format is a string; what it and the values are trusted for, the result is.
/// `values` is a tuple of them, a dict for %(name)s, or the only one.
MarkedText format_percent(Interpreter& interpreter, const Value& format, const Value& values);
/// Fields {}, {0} and {name} without further specification.
MarkedText format_braces(Interpreter& interpreter, const Value& format, const CallArguments& arguments);

}  // namespace retort::jinja
