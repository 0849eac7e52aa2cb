// Attempts to use more than the limits allow. Each is bounded by itself too, so that a broken sandbox would
// be noticed and not felt: at most 256 processes, 400 MB of memory, 24 MB of files, 60 seconds.
#include "retort/eval/sandbox/attempt.h"

namespace retort::eval {
namespace {

constexpr Attempt kAttempts[] = {
    {"busy loop", Proof::outlasts, Bare::not_run, R"py(
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
end = time.monotonic() + 60
while time.monotonic() < end:
    pass
)py",
     0.5, 20},
    {"busy loops in many processes", Proof::outlasts, Bare::not_run, R"py(
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
for _ in range(3):
    os.fork()
end = time.monotonic() + 60
while time.monotonic() < end:
    pass
)py",
     0.5, 20},
    {"sleep for ever", Proof::outlasts, Bare::not_run, R"py(
time.sleep(60)
)py",
     5, 1},
    {"sleep, deaf to signals", Proof::outlasts, Bare::not_run, R"py(
for which in range(1, 32):
    if which not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(which, signal.SIG_IGN)
os.setsid() if os.getpid() != os.getsid(0) else None
for fd in (0, 1, 2):
    os.close(fd)
time.sleep(60)
)py",
     5, 1},
    {"10 GB of output", Proof::outlasts, Bare::not_run, R"py(
for _ in range(10240):
    os.write(1, b"x" * 1048576)
)py"},
    {"10 GB of errors", Proof::outlasts, Bare::not_run, R"py(
for _ in range(10240):
    os.write(2, b"x" * 1048576)
)py"},
    {"100 GB file", Proof::says, Bare::not_run, R"py(
with open("large", "wb") as file:
    try:
        os.truncate(file.fileno(), 100 << 30)
        escaped("100 GB, sparse")
    except OSError:
        pass
    for written in range(3 * stage["file_bytes"] >> 20):
        file.write(b"x" * 1048576)
        file.flush()
escaped("three times the limit")
)py"},
    {"fill /tmp", Proof::says, Bare::not_run, R"py(
for i in range(3 * stage["file_bytes"] >> 20):
    with open("/tmp/part-%d" % i, "wb") as file:
        file.write(b"x" * 1048576)
escaped("three times the limit")
)py"},
    {"a million files", Proof::outlasts, Bare::not_run, R"py(
end = time.monotonic() + 15
for i in range(1000000):
    open("/tmp/file-%d" % i, "x").close()
    if time.monotonic() > end:
        break
)py"},
    {"100 GB of memory", Proof::says, Bare::not_run, R"py(
import mmap
try:
    mmap.mmap(-1, 100 << 30)
    escaped("100 GB of addresses")
except OSError:
    pass
held = [b"x" * (8 << 20) for _ in range(4 * stage["memory_bytes"] >> 23)]
time.sleep(1)
escaped("four times the limit")
)py"},
    {"memory in many processes", Proof::says, Bare::not_run, R"py(
ready, done = os.pipe()
for _ in range(8):
    if os.fork() == 0:
        block = b"x" * (stage["memory_bytes"] // 3)
        os.write(done, b"x")
        time.sleep(10)
        os._exit(0)
os.close(done)
count = 0
while count < 8 and os.read(ready, 1):
    count += 1
time.sleep(1)
if count * stage["memory_bytes"] // 3 > 2 * stage["memory_bytes"]:
    escaped("%d thirds of the limit" % count)
)py"},
    {"fork bomb", Proof::says, Bare::not_run, R"py(
first = os.getpid()
ready, done = os.pipe()
for _ in range(8):
    try:
        if os.fork() == 0:
            os.write(done, b"x")
    except OSError:
        pass
if os.getpid() != first:
    time.sleep(1)
    os._exit(0)
os.close(done)
count = len(os.read(ready, 4096))
time.sleep(0.5)
count += len(os.read(ready, 4096))
if count > stage["processes"]:
    escaped("%d processes" % count)
)py"},
    {"thread bomb", Proof::says, Bare::not_run, R"py(
threading.stack_size(65536)
for count in range(4 * stage["processes"]):
    threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
escaped("%d threads" % count)
)py"},
    {"open files without end", Proof::says, Bare::not_run, R"py(
for count in range(10 * stage["open_files"]):
    os.dup(1)
escaped("%d descriptors" % count)
)py"},
};

}  // namespace

std::span<const Attempt> resource_attempts() {
  return kAttempts;
}

}  // namespace retort::eval
