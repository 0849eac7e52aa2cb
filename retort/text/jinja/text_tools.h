// Operations on text that filters and string methods share.
#pragma once

#include <string_view>
#include <vector>

#include "retort/text/jinja/value.h"

namespace retort::jinja {

/// str.replace: at most `count` times, without end if negative. Of strings; trust goes along.
Value replace_text(Meter& meter, const Value& text, std::string_view old, const Value& by, int64_t count);
/// str.splitlines: without the line ends, or with them.
std::vector<std::string_view> split_lines(Meter& meter, std::string_view text, bool keep_ends = false);
/// str.split / rsplit: by white space if `separator` is empty; at most `most` cuts if not negative.
std::vector<std::string_view> split_text(Meter& meter, std::string_view text, std::string_view separator,
                                         int64_t most, bool from_right);
/// A list of parts of a string.
Value make_parts(Meter& meter, const Value& whole, const std::vector<std::string_view>& parts,
                 SequenceStyle style = SequenceStyle::list);

}  // namespace retort::jinja
