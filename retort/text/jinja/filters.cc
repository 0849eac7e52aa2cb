// The table of filters.
#include "retort/text/jinja/filters.h"

namespace retort::jinja {
namespace {

constexpr NativeRow kFilters[] = {
    {"upper", filters::upper},
    {"lower", filters::lower},
    {"title", filters::title},
    {"capitalize", filters::capitalized},
    {"trim", filters::trim, "chars"},
    {"replace", filters::replace, "old new count"},
    {"indent", filters::indent, "width first blank"},
    {"center", filters::center, "width"},
    {"truncate", filters::truncate, "length killwords end leeway"},
    {"escape", filters::escape},
    {"e", filters::escape},
    {"forceescape", filters::escape},
    {"safe", filters::as_string},
    {"string", filters::as_string},
    {"urlencode", filters::urlencode},
    {"format", filters::format, "*"},
    {"tojson", filters::tojson, "ensure_ascii indent separators sort_keys"},
    {"int", filters::as_int, "default base"},
    {"float", filters::as_float, "default"},
    {"round", filters::round, "precision method"},
    {"abs", filters::absolute},
    {"default", filters::fallback, "default_value boolean"},
    {"d", filters::fallback, "default_value boolean"},
    {"length", filters::count},
    {"count", filters::count},
    {"join", filters::join, "d attribute"},
    {"list", filters::as_list},
    {"first", filters::first},
    {"last", filters::last},
    {"reverse", filters::reverse},
    {"items", filters::items},
    {"batch", filters::batch, "linecount fill_with"},
    {"slice", filters::columns, "slices fill_with"},
    {"map", filters::map, "*"},
    {"select", filters::select, "*"},
    {"reject", filters::reject, "*"},
    {"selectattr", filters::selectattr, "*"},
    {"rejectattr", filters::rejectattr, "*"},
    {"sort", filters::sort, "reverse case_sensitive attribute"},
    {"dictsort", filters::dictsort, "case_sensitive by reverse"},
    {"unique", filters::unique, "case_sensitive attribute"},
    {"groupby", filters::groupby, "attribute default case_sensitive"},
    {"min", filters::smallest, "case_sensitive attribute"},
    {"max", filters::largest, "case_sensitive attribute"},
    {"sum", filters::sum, "attribute start"},
};

}  // namespace

NativeTable filter_rows() {
  return kFilters;
}

}  // namespace retort::jinja
