// Reads a file that the kernel makes up as it is read (/proc, /sys), and that may be gone by then.
#pragma once

#include <string>

namespace retort::eval {

/// Its first 16 KiB, as one read gives them; empty if it cannot be read.
std::string read_proc(const std::string& path);

}  // namespace retort::eval
