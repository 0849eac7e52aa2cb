// Attempts on other processes, and to gain rights.
#include "retort/eval/sandbox/attempt.h"

namespace retort::eval {
namespace {

constexpr Attempt kAttempts[] = {
    {"kill a process outside", Proof::harm, Bare::succeeds, R"py(
os.kill(stage["victim"], signal.SIGKILL)
)py"},
    {"kill everything", Proof::harm, Bare::not_run, R"py(
os.kill(-1, signal.SIGKILL)
)py"},
    {"kill process 1", Proof::harm, Bare::not_run, R"py(
for which in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
    os.kill(1, which)
)py"},
    {"signal storm", Proof::harm, Bare::not_run, R"py(
for which in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGHUP):
    signal.signal(which, signal.SIG_IGN)
for _ in range(6):
    if os.fork() == 0:
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            for target in (-1, 0, 1, stage["victim"], -stage["victim"]):
                for which in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGHUP):
                    try:
                        os.kill(target, which)
                    except OSError:
                        pass
        os._exit(0)
for _ in range(6):
    os.wait()
)py"},
    {"ptrace", Proof::says, Bare::succeeds, R"py(
PTRACE_TRACEME, PTRACE_ATTACH = 0, 16
first_that_works(lambda call: reached("ptrace", *call), [(PTRACE_ATTACH, stage["victim"], 0, 0), (PTRACE_TRACEME, 0, 0, 0)])
)py"},
    {"read a process's memory", Proof::secret, Bare::succeeds, R"py(
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
taken = ctypes.create_string_buffer(64)
here, there = Part(ctypes.addressof(taken), 32), Part(stage["victim_address"], 32)
result, error = system_call("process_vm_readv", stage["victim"], ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
if result < 0:
    raise OSError(error, "process_vm_readv")
print(taken.value.decode("latin-1"))
)py"},
    {"take a process's descriptors", Proof::says, Bare::not_run, R"py(
first_that_works(lambda call: reached(*call), [("pidfd_open", stage["victim"], 0), ("pidfd_getfd", 0, 1, 0)])
)py"},
    {"leave a daemon behind", Proof::harm, Bare::succeeds, R"py(
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        nothing = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        os.execvp("python3", ["python3", "-c", "import time; time.sleep(30)", stage["token"]])
    os._exit(0)
os.wait()
time.sleep(0.3)  # until it has started
)py"},
    {"become root", Proof::says, Bare::not_run, R"py(
def become(change):
    change()
    escaped("uid %d" % os.geteuid())
first_that_works(become, [lambda: os.setuid(0), lambda: os.seteuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0)])
)py"},
    {"hold capabilities", Proof::says, Bare::not_run, R"py(
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)()
result, error = system_call("capget", header, data)
if result < 0:
    raise OSError(error, "capget")
if any(data):
    escaped([hex(word) for word in data])
)py"},
    {"gain rights by setuid programs", Proof::says, Bare::succeeds, R"py(
PR_GET_NO_NEW_PRIVS = 39
if libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
    escaped("setuid programs work")
)py"},
    {"raise its own limits", Proof::says, Bare::not_run, R"py(
import resource
def raise_limit(which):
    resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    escaped("limit %d" % which)
def try_one(which):
    try:
        raise_limit(which)
    except ValueError as error:  # how this module says EPERM
        raise OSError(str(error))
first_that_works(try_one, [resource.RLIMIT_NPROC, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU])
)py"},
    {"type into the terminal", Proof::says, Bare::not_run, R"py(
import fcntl
TIOCSTI = 0x5412
def type_into(path):
    fd = path if isinstance(path, int) else os.open(path, os.O_RDWR)
    fcntl.ioctl(fd, TIOCSTI, b"#")
    escaped(path)
first_that_works(type_into, ["/dev/tty", "/dev/console", 0, 1, 2])
)py"},
};

}  // namespace

std::span<const Attempt> process_attempts() {
  return kAttempts;
}

}  // namespace retort::eval
