// The system calls that sandboxed programs may make, as a BPF program for `bwrap --seccomp`.
#pragma once

#include <string>

namespace retort::eval {

/// The bytes of an array of struct sock_filter. With `loopback`, TCP and UDP sockets may be made as well.
/// Throws Error internal if libseccomp cannot build it.
std::string seccomp_filter(bool loopback);

}  // namespace retort::eval
