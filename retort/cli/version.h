// Which Retort this is: version, compiler, instruction set. Every measurement names them.
#pragma once

#include <string>
#include <string_view>

namespace retort::cli {

std::string_view version();
/// "clang 19.1.7"
std::string compiler();
/// "retort 0.1.0 (clang 19.1.7; avx512_vnni_bf16)"
std::string version_line();

}  // namespace retort::cli
