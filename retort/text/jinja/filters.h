// The functions behind the filters' table, by what they work on. Semantics are those of Jinja2 3.1
// (and of Hugging Face's own tojson).
#pragma once

#include "retort/text/jinja/natives.h"

namespace retort::jinja::filters {

#define RETORT_FILTER(name) Value name(Interpreter& in, const Value& value, const Arguments& a)
// filters_text.cc
RETORT_FILTER(upper);
RETORT_FILTER(lower);
RETORT_FILTER(title);
RETORT_FILTER(capitalized);
RETORT_FILTER(trim);
RETORT_FILTER(replace);
RETORT_FILTER(indent);
RETORT_FILTER(center);
RETORT_FILTER(truncate);
RETORT_FILTER(escape);
RETORT_FILTER(urlencode);
RETORT_FILTER(format);
RETORT_FILTER(as_string);
RETORT_FILTER(tojson);
// filters_number.cc
RETORT_FILTER(as_int);
RETORT_FILTER(as_float);
RETORT_FILTER(round);
RETORT_FILTER(absolute);
// filters_sequence.cc
RETORT_FILTER(fallback);
RETORT_FILTER(count);
RETORT_FILTER(join);
RETORT_FILTER(as_list);
RETORT_FILTER(first);
RETORT_FILTER(last);
RETORT_FILTER(reverse);
RETORT_FILTER(items);
RETORT_FILTER(batch);
RETORT_FILTER(columns);
RETORT_FILTER(map);
RETORT_FILTER(select);
RETORT_FILTER(reject);
RETORT_FILTER(selectattr);
RETORT_FILTER(rejectattr);
// filters_order.cc
RETORT_FILTER(sort);
RETORT_FILTER(dictsort);
RETORT_FILTER(unique);
RETORT_FILTER(groupby);
RETORT_FILTER(smallest);
RETORT_FILTER(largest);
RETORT_FILTER(sum);
#undef RETORT_FILTER

/// item.a.b.0 for the path "a.b.0" (or an int); `missing` stands in for undefined if it is given.
Value attribute_path(Interpreter& in, const Value& item, const Value& path, const Value* missing = nullptr);

}  // namespace retort::jinja::filters
