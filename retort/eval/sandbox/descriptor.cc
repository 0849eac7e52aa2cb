#include "retort/eval/sandbox/descriptor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "retort/base/error.h"

namespace retort::eval {
namespace {

[[noreturn]] void fail_without_descriptors() {
  fail(ErrorCode::resource, "sandbox: no descriptor: {} (raise `ulimit -n`)", std::strerror(errno));
}

Descriptor above_standard_streams(int fd) {
  if (fd < 0) fail_without_descriptors();
  if (fd > 2) return Descriptor(fd);
  Descriptor low(fd);
  int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (high < 0) fail_without_descriptors();
  return Descriptor(high);
}

}  // namespace

void Descriptor::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

DescriptorPair pipe_to_parent() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail_without_descriptors();
  Descriptor read_end = above_standard_streams(ends[0]);
  Descriptor write_end = above_standard_streams(ends[1]);
  return {.parent = std::move(read_end), .child = std::move(write_end)};
}

DescriptorPair pipe_to_child() {
  DescriptorPair pair = pipe_to_parent();
  return {.parent = std::move(pair.child), .child = std::move(pair.parent)};
}

DescriptorPair socket_to_child() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail_without_descriptors();
  Descriptor ours = above_standard_streams(ends[0]);
  Descriptor theirs = above_standard_streams(ends[1]);
  ::shutdown(ours.get(), SHUT_RD);  // nothing the child writes there can pile up
  return {.parent = std::move(ours), .child = std::move(theirs)};
}

Descriptor memory_file(std::string_view bytes) {
  Descriptor file = above_standard_streams(::memfd_create("retort-sandbox", MFD_CLOEXEC));
  while (!bytes.empty()) {
    ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(ErrorCode::resource, "sandbox: file in memory: {}", std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

}  // namespace retort::eval
