// strftime over a given local time, in the C locale, without asking the machine for anything.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace retort::jinja {

/// The conversions templates use: aAbBdeHIjmMpSuwyYFTDRc%n%t, and `-` against padding (%-d).
/// An unknown one stays as it is written.
std::string strftime(std::chrono::local_seconds time, std::string_view format);

}  // namespace retort::jinja
