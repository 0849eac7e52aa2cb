// An allow list: what python3, node and g++ were seen to need, and nothing else. A deny list would have to
// know every dangerous call of every later kernel; here a call that is not listed does not exist (ENOSYS,
// which is also what makes glibc fall back from clone3, whose flags no filter can see, to clone).
#include "retort/eval/sandbox/seccomp_filter.h"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "retort/base/error.h"
#include "retort/eval/sandbox/descriptor.h"

namespace retort::eval {
namespace {

// Left out on purpose, though harmless looking: memfd_create and System V shared memory (memory that no limit
// counts), splice and vmsplice, inotify, mlock, and every *xattr.
constexpr const char* kAllowed[] = {
    // files
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
    "open", "openat", "creat", "close", "close_range", "stat", "fstat", "lstat", "newfstatat", "statx",
    "statfs", "fstatfs", "lseek", "access", "faccessat", "faccessat2", "dup", "dup2", "dup3", "pipe", "pipe2",
    "fcntl", "flock", "fsync", "fdatasync", "truncate", "ftruncate", "fallocate", "fadvise64", "getdents",
    "getdents64", "getcwd", "chdir", "fchdir", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir",
    "link", "linkat", "unlink", "unlinkat", "symlink", "symlinkat", "readlink", "readlinkat", "chmod",
    "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "umask", "utime", "utimes", "utimensat",
    "futimesat", "copy_file_range", "sendfile",
    // memory
    "mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "msync", "mincore", "membarrier",
    // processes and threads; clone is below
    "fork", "vfork", "execve", "exit", "exit_group", "wait4", "waitid", "kill", "tgkill", "tkill", "getpid",
    "getppid", "gettid", "getpgid", "getpgrp", "setpgid", "setsid", "getsid", "getuid", "geteuid", "getgid",
    "getegid", "getresuid", "getresgid", "getgroups", "capget", "set_tid_address", "set_robust_list",
    "get_robust_list", "rseq", "arch_prctl", "futex", "sched_yield", "sched_getaffinity", "sched_getparam",
    "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "getpriority", "getrlimit",
    "setrlimit", "prlimit64", "getrusage", "times", "uname", "sysinfo", "getcpu", "getrandom",
    // signals
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait",
    "sigaltstack", "pause", "alarm", "setitimer", "getitimer", "restart_syscall",
    // time
    "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time", "timer_create",
    "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete", "timerfd_create", "timerfd_settime",
    "timerfd_gettime",
    // events
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
    "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4",
    // sockets that exist already; making them is below
    "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
    "setsockopt", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown"};

// Terminal questions, and what libuv and Python set on pipes. TIOCSTI, which types into a terminal, is not
// here.
constexpr uint64_t kIoctls[] = {0x5401 /*TCGETS*/,
                                0x540F /*TIOCGPGRP*/,
                                0x5413 /*TIOCGWINSZ*/,
                                0x541B /*FIONREAD*/,
                                0x5421 /*FIONBIO*/,
                                0x5450 /*FIONCLEX*/,
                                0x5451 /*FIOCLEX*/};

constexpr uint64_t kPrctls[] = {PR_GET_DUMPABLE,     PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ,
                                PR_GET_NO_NEW_PRIVS, 0x53564d41 /*PR_SET_VMA: names of anonymous memory*/};

constexpr uint64_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

scmp_arg_cmp equals(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp masked(unsigned argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), seccomp_release) {
    if (context_ == nullptr) fail(ErrorCode::internal, "sandbox: libseccomp cannot start a filter");
    // Calls by another instruction set's numbers (int 0x80 on x86-64) would go around the list.
    check(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
          "bad architecture");
  }

  void allow(const char* call, std::initializer_list<scmp_arg_cmp> when = {}) {
    int number = seccomp_syscall_resolve_name(call);
    if (number < 0) return;  // this instruction set has no such call
    check(seccomp_rule_add_array(context_.get(), SCMP_ACT_ALLOW, number, static_cast<unsigned>(when.size()),
                                 when.begin()),
          call);
  }

  std::string program() const {
    Descriptor file = memory_file("");
    check(seccomp_export_bpf(context_.get(), file.get()), "export");
    std::string bytes(static_cast<size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    if (::pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      fail(ErrorCode::internal, "sandbox: libseccomp: the exported filter cannot be read");
    return bytes;
  }

 private:
  static void check(int error, const char* what) {
    if (error != 0) fail(ErrorCode::internal, "sandbox: libseccomp: {}: error {}", what, error);
  }

  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
};

void allow_sockets(Filter& filter, bool loopback) {
  filter.allow("socket", {equals(0, AF_UNIX)});
  filter.allow("socketpair", {equals(0, AF_UNIX)});
  if (!loopback) return;
  for (uint64_t family : {AF_INET, AF_INET6})
    for (uint64_t type : {SOCK_STREAM, SOCK_DGRAM})  // no SOCK_RAW; the rest of the word is flags
      filter.allow("socket", {equals(0, family), masked(1, 0xf, type)});
}

}  // namespace

std::string seccomp_filter(bool loopback) {
  Filter filter;
  for (const char* call : kAllowed) filter.allow(call);
  filter.allow("clone", {masked(0, kNewNamespaces, 0)});
  for (uint64_t request : kIoctls) filter.allow("ioctl", {equals(1, request)});
  for (uint64_t option : kPrctls) filter.allow("prctl", {equals(0, option)});
  filter.allow("mknod", {masked(1, S_IFMT, S_IFIFO)});
  filter.allow("mknodat", {masked(2, S_IFMT, S_IFIFO)});
  allow_sockets(filter, loopback);
  return filter.program();
}

}  // namespace retort::eval
