// The files of the folders named embedded/, and the code suite of suites/code, compiled into the program by
// the build (cmake/embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace retort::eval {

/// The contents of a file by its name, e.g. "python_driver.py". The name must be one of them.
std::string_view embedded_file(std::string_view name);
/// All of them.
std::span<const std::string_view> embedded_names();

}  // namespace retort::eval
