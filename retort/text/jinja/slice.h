// Items and slices of strings and lists, by Python's rules.
#pragma once

#include <optional>

#include "retort/text/jinja/value.h"

namespace retort::jinja {

/// object[index], negative from the end; none where Python raises IndexError or TypeError.
std::optional<Value> item_at(Meter& meter, const Value& object, int64_t index);
/// object[begin:end:step], each may be none.
Value slice_of(Meter& meter, const Value& object, const Value& begin, const Value& end, const Value& step);

}  // namespace retort::jinja
