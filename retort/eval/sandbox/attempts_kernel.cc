// Attempts on the kernel: calls that make namespaces, load code, or have been ways to root before.
#include "retort/eval/sandbox/attempt.h"

namespace retort::eval {
namespace {

constexpr Attempt kAttempts[] = {
    {"unshare the user namespace", Proof::says, Bare::succeeds, R"py(
reached("unshare", 0x10000000)
)py"},
    {"unshare the network", Proof::says, Bare::not_run, R"py(
reached("unshare", 0x40000000)
)py"},
    {"clone into new namespaces", Proof::says, Bare::succeeds, R"py(
result, error = system_call("clone", 0x10000000 | int(signal.SIGCHLD), 0, 0, 0, 0)
if result == 0:
    os._exit(0)
if result > 0:
    escaped("a child in a new user namespace")
raise OSError(error, "clone")
)py"},
    {"clone3", Proof::says, Bare::not_run, R"py(
reached("clone3", ctypes.create_string_buffer(88), 88)
)py"},
    {"setns", Proof::says, Bare::succeeds, R"py(
reached("setns", 0, 0)
)py"},
    {"keyctl", Proof::says, Bare::not_run, R"py(
first_that_works(lambda call: reached(*call), [("keyctl", 0, -3, 0), ("add_key", b"user", b"retort", b"x", 1, -3)])
)py"},
    {"bpf", Proof::says, Bare::not_run, R"py(
reached("bpf", 0, ctypes.create_string_buffer(128), 128)
)py"},
    {"userfaultfd", Proof::says, Bare::not_run, R"py(
reached("userfaultfd", 1)
)py"},
    {"io_uring", Proof::says, Bare::not_run, R"py(
reached("io_uring_setup", 1, ctypes.create_string_buffer(120))
)py"},
    {"perf_event_open", Proof::says, Bare::not_run, R"py(
reached("perf_event_open", ctypes.create_string_buffer(b"\x01\0\0\0\x70", 112), 0, -1, -1, 0)
)py"},
    {"kexec", Proof::says, Bare::not_run, R"py(
reached("kexec_load", 0, 0, None, 1 << 16)
)py"},
    {"load a kernel module", Proof::says, Bare::not_run, R"py(
reached("finit_module", 0, b"", 0)
)py"},
    {"set the clock", Proof::says, Bare::not_run, R"py(
now = (ctypes.c_long * 2)(int(time.time()), 0)
reached("settimeofday", now, None)
)py"},
    {"set the host name", Proof::says, Bare::not_run, R"py(
reached("sethostname", b"retort", 6)
)py"},
    {"swap and accounting", Proof::says, Bare::not_run, R"py(
first_that_works(lambda call: reached(*call), [("swapon", b"/tmp/work/none", 0), ("acct", b"/tmp/work/none")])
)py"},
    {"read the kernel's log", Proof::says, Bare::not_run, R"py(
reached("syslog", 3, ctypes.create_string_buffer(4096), 4096)
)py"},
    {"memory that no limit counts", Proof::says, Bare::succeeds, R"py(
first_that_works(lambda call: reached(*call), [("memfd_create", b"x", 0), ("shmget", 0, 4096, 0o600), ("mq_open", b"x", 0, 0, None)])
)py"},
    {"watch the machine's files", Proof::says, Bare::not_run, R"py(
reached("fanotify_init", 0, 0)
)py"},
    {"another personality", Proof::says, Bare::succeeds, R"py(
reached("personality", 0x0040000)
)py"},
    {"32-bit system calls", Proof::says, Bare::not_run, R"py(
import mmap
if os.uname().machine != "x86_64":
    raise OSError("there are none")
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20 (getpid); int 0x80; ret
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
escaped("getpid gave %d" % call())
)py"},
    {"x32 system calls", Proof::says, Bare::not_run, R"py(
if os.uname().machine != "x86_64":
    raise OSError("there are none")
reached(0x40000000 + 39)
)py"},
};

}  // namespace

std::span<const Attempt> kernel_attempts() {
  return kAttempts;
}

}  // namespace retort::eval
