#include "retort/eval/sandbox/sandbox_user.h"

#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "retort/base/check.h"

namespace retort::eval {
namespace {

// The C library's setresuid would change every thread; the system call changes the caller alone.
bool set_effective_user(unsigned user) {
  return ::syscall(SYS_setresuid, -1, user, -1) == 0;
}

}  // namespace

void become_sandbox_user() {
  if (::geteuid() != 0) return;
  (void)!::setgroups(0, nullptr);
  (void)!::setresgid(kSandboxUser, kSandboxUser, kSandboxUser);
  (void)!::setresuid(kSandboxUser, kSandboxUser, kSandboxUser);
}

AsSandboxUser::AsSandboxUser() : changed_(::geteuid() == 0 && set_effective_user(kSandboxUser)) {}

AsSandboxUser::~AsSandboxUser() {
  if (changed_) RETORT_CHECK(set_effective_user(0));
}

}  // namespace retort::eval
