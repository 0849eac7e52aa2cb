// Who runs the sandbox. Root's processes are exempt from RLIMIT_NPROC, and root in a user namespace still is
// root to the files outside, so where the parent is root, bwrap is started as nobody. An ordinary user stays
// who it is.
#pragma once

namespace retort::eval {

/// "nobody", inside the sandbox and, where the parent is root, outside it too.
inline constexpr unsigned kSandboxUser = 65534;

/// Of the whole process, for good; may be called between fork and exec. Leaves root as it is where nobody
/// does not exist: in a container with one user, whose root is no one's root outside.
void become_sandbox_user();

/// The calling thread acts as the sandbox's user while this exists. That user owns the sandbox's namespace
/// and so may limit and measure it; root in a container often lacks the capabilities to do so.
class AsSandboxUser {
 public:
  AsSandboxUser();
  ~AsSandboxUser();
  AsSandboxUser(const AsSandboxUser&) = delete;
  AsSandboxUser& operator=(const AsSandboxUser&) = delete;

 private:
  bool changed_;
};

}  // namespace retort::eval
