// The files of the folders named embedded/, compiled into the program by the build (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace retort::eval {

/// The contents of a file by its name, e.g. "python_driver.py". The name must be one of them.
std::string_view embedded_file(std::string_view name);

}  // namespace retort::eval
