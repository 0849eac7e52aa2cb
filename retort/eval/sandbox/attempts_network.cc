// Attempts to reach anything over a network, or a server on this machine.
#include "retort/eval/sandbox/attempt.h"

namespace retort::eval {
namespace {

constexpr Attempt kAttempts[] = {
    {"connect to a server on this machine", Proof::harm, Bare::succeeds, R"py(
socket.create_connection(("127.0.0.1", stage["port"]), timeout=5)
)py"},
    {"connect to its Unix socket", Proof::harm, Bare::succeeds, R"py(
socket.socket(socket.AF_UNIX).connect("\0" + stage["socket"])
)py"},
    {"send a datagram out", Proof::says, Bare::not_run, R"py(
def send(address):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", address)
    escaped(address)
first_that_works(send, [("192.0.2.1", 9), ("255.255.255.255", 9)])  # RFC 5737: nobody's address
)py"},
    {"resolve a name", Proof::says, Bare::not_run, R"py(
escaped(socket.getaddrinfo("example.com", 80))
)py"},
    {"listen on a port", Proof::says, Bare::succeeds, R"py(
server = socket.create_server(("0.0.0.0", 0))
escaped(server.getsockname())
)py"},
    {"raw sockets", Proof::says, Bare::not_run, R"py(
kinds = [(socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_INET6, socket.SOCK_RAW, 58), (17, socket.SOCK_RAW, 0)]
first_that_works(lambda kind: escaped(socket.socket(*kind)), kinds)
)py"},
    {"netlink", Proof::says, Bare::succeeds, R"py(
escaped(socket.socket(16, socket.SOCK_RAW, 0))
)py"},
    {"every other family", Proof::says, Bare::succeeds, R"py(
families = [family for family in range(2, 48)]
kinds = [(family, kind) for family in families for kind in (1, 2, 3, 5)]
first_that_works(lambda kind: escaped(socket.socket(*kind)), kinds)
)py"},
};

}  // namespace

std::span<const Attempt> network_attempts() {
  return kAttempts;
}

}  // namespace retort::eval
