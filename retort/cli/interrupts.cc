#include "retort/cli/interrupts.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "retort/base/error.h"

namespace retort::cli {

Interrupts::Interrupts() {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  pthread_sigmask(SIG_BLOCK, &interrupt, &before_);
  descriptor_ = signalfd(-1, &interrupt, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ < 0) fail(ErrorCode::resource, "cannot watch for Ctrl-C: no free file descriptor");
}

Interrupts::~Interrupts() {
  take();  // one that came too late has nothing left to stop
  close(descriptor_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupts::take() {
  signalfd_siginfo info{};
  bool any = false;
  while (read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) any = true;
  return any;
}

void Interrupts::throw_if_any() {
  if (take()) fail(ErrorCode::cancelled, "interrupted");
}

}  // namespace retort::cli
