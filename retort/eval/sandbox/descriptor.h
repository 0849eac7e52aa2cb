// Descriptor: a file descriptor that closes itself, and the few kinds the sandbox makes. All are
// close-on-exec and above 2, so that a program which has closed its own standard streams can still start
// sandboxes.
#pragma once

#include <string_view>
#include <utility>

namespace retort::eval {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

struct DescriptorPair {
  Descriptor parent, child;
};

/// These throw Error resource when the process has no descriptors left.
DescriptorPair pipe_to_parent();
DescriptorPair pipe_to_child();
/// The child reads; the parent writes with send(MSG_NOSIGNAL), so a dead child is an error and no SIGPIPE.
DescriptorPair socket_to_child();
/// An unnamed file in memory with these bytes, to be read from its start.
Descriptor memory_file(std::string_view bytes);

}  // namespace retort::eval
