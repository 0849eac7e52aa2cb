// Text as Python's str sees it: code points over UTF-8. A byte that is no UTF-8 counts as one code point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retort::jinja {

/// Bytes of the code point at `at` (at < text.size()): 1 to 4.
size_t code_point_size(std::string_view text, size_t at);
/// The code point at `at`; a stray byte b reads as 0xDC00 + b, as Python's surrogateescape does.
uint32_t code_point(std::string_view text, size_t at);
void append_code_point(std::string& out, uint32_t cp);
/// In code points.
size_t length(std::string_view text);
/// Byte offsets of every code point, and the end.
std::vector<size_t> offsets(std::string_view text);

/// str.isspace() of one code point.
bool is_space(uint32_t cp);
bool is_alpha(uint32_t cp);
bool is_digit(uint32_t cp);
bool is_upper(uint32_t cp);
bool is_lower(uint32_t cp);

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
/// str.title(): each run of letters starts with a capital.
std::string to_title(std::string_view text);
std::string capitalize(std::string_view text);

/// Without leading and trailing white space.
std::string_view strip_space(std::string_view text, bool left, bool right);
/// Without leading and trailing code points that occur in `chars`.
std::string_view strip_chars(std::string_view text, std::string_view chars, bool left, bool right);

/// Linear-time search; npos when absent.
size_t find_text(std::string_view text, std::string_view part, size_t from = 0);

}  // namespace retort::jinja
