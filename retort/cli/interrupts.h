// Ctrl-C as an event to ask for, not a handler that runs anywhere: SIGINT waits in a descriptor until
// somebody looks.
#pragma once

#include <csignal>

namespace retort::cli {

/// While one lives, Ctrl-C does not end the program. Make it before any thread, so that all of them leave the
/// signal alone.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// True once for all the Ctrl-Cs since the last call.
  bool take();
  /// Readable while a Ctrl-C waits, for poll().
  int descriptor() const { return descriptor_; }
  /// Throws Error cancelled if a Ctrl-C waits.
  void throw_if_any();

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

}  // namespace retort::cli
