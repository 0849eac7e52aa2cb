// Attempts on files: to read or change what lies outside the private folder.
#include "retort/eval/sandbox/attempt.h"

namespace retort::eval {
namespace {

constexpr Attempt kAttempts[] = {
    {"read /etc/shadow", Proof::says, Bare::not_run, R"py(
show("/etc/shadow")
escaped("read it")
)py"},
    {"read a file outside", Proof::secret, Bare::succeeds, R"py(
show(stage["secret_path"])
)py"},
    {"read it by ../..", Proof::secret, Bare::succeeds, R"py(
show("../" * 40 + stage["secret_path"])
)py"},
    {"read another sample's files", Proof::secret, Bare::succeeds, R"py(
places = [stage["folder"], "/tmp", "/var/tmp", "/dev/shm", "/run", "/home", "/root", "/srv"]
for place in places:
    for count, (folder, _, names) in enumerate(os.walk(place)):
        if "answer.txt" in names:
            show(os.path.join(folder, "answer.txt"))
            os._exit(0)
        if count > 200:
            break
)py"},
    {"symbolic link out", Proof::secret, Bare::succeeds, R"py(
os.symlink(stage["secret_path"], "link")
show("link")
)py"},
    {"hard link out", Proof::secret, Bare::succeeds, R"py(
os.link(stage["secret_path"], "hard")
show("hard")
)py"},
    {"write a file outside", Proof::harm, Bare::succeeds, R"py(
with open(stage["folder"] + "/written", "w") as file:
    file.write("x")
)py"},
    {"change a file outside", Proof::harm, Bare::succeeds, R"py(
with open(stage["secret_path"], "a") as file:
    file.write("x")
)py"},
    {"write into /usr", Proof::says, Bare::not_run, R"py(
def create(folder):
    path = folder + "/retort-escape"
    open(path, "x").close()
    os.unlink(path)
    escaped(path)
first_that_works(create, ["/usr", "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/share", "/usr/src"])
)py"},
    {"change the interpreter", Proof::says, Bare::not_run, R"py(
first_that_works(lambda path: escaped(open(path, "r+b").name), ["/usr/bin/python3", "/usr/bin/env", "/bin/sh"])
)py"},
    {"write beside the mounts", Proof::says, Bare::not_run, R"py(
def create(folder):
    path = folder + "/retort-escape"
    open(path, "x").close()
    os.unlink(path)
    escaped(path)
first_that_works(create, ["/", "/dev", "/etc", "/dev/shm", "/var/tmp", "/run", "/home", "/tmp/..", "/bin/.."])
)py"},
    {"preload a library", Proof::says, Bare::not_run, R"py(
def create(path):
    open(path, "x").close()
    os.unlink(path)
    escaped(path)
libraries = [folder + "/sitecustomize.py" for folder in sys.path if folder.startswith("/usr")]
first_that_works(create, ["/etc/ld.so.preload", "/etc/ld.so.conf"] + libraries)
)py"},
    {"turn /usr writable", Proof::says, Bare::not_run, R"py(
MS_REMOUNT, MS_BIND = 32, 4096
reached("mount", b"none", b"/usr", None, MS_REMOUNT | MS_BIND, None)
)py"},
    {"open devices", Proof::says, Bare::not_run, R"py(
harmless = {"null", "zero", "full", "random", "urandom"}
wanted = ["mem", "kmem", "port", "kmsg", "sda", "vda", "nvme0n1", "loop0", "fuse", "kvm", "tty", "console", "net/tun"]
found = [name for name in os.listdir("/dev") if name not in harmless]
first_that_works(lambda name: escaped(os.open("/dev/" + name, os.O_RDONLY | os.O_NONBLOCK)), found + wanted)
)py"},
    {"make a device", Proof::says, Bare::not_run, R"py(
def make(kind):
    os.mknod("disk", kind | 0o600, os.makedev(1, 1))
    escaped("made one")
first_that_works(make, [stat.S_IFBLK, stat.S_IFCHR])
)py"},
    {"look into /sys", Proof::says, Bare::succeeds, R"py(
escaped(os.listdir("/sys")[0])
)py"},
    {"read environments in /proc", Proof::secret, Bare::succeeds, R"py(
for pid in (1, os.getppid(), stage["victim"], "self"):
    try:
        show("/proc/%s/environ" % pid)
    except OSError:
        pass
)py"},
    {"go out by another process's root", Proof::secret, Bare::succeeds, R"py(
first_that_works(lambda pid: show("/proc/%s/root/%s" % (pid, stage["secret_path"])), [stage["victim"], 1])
)py"},
    {"use inherited descriptors", Proof::says, Bare::succeeds, R"py(
for fd in range(3, 1024):
    try:
        os.fstat(fd)
    except OSError:
        continue
    escaped("descriptor %d" % fd)
)py"},
    {"open by handle", Proof::says, Bare::not_run, R"py(
handle = ctypes.create_string_buffer(b"\x08\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0", 64)  # inode 2: a root
reached("open_by_handle_at", 0, handle, 0)
)py"},
    {"chroot", Proof::says, Bare::not_run, R"py(
reached("chroot", b"/tmp")
)py"},
    {"pivot_root", Proof::says, Bare::not_run, R"py(
reached("pivot_root", b"/tmp", b"/tmp")
)py"},
    {"mount", Proof::says, Bare::not_run, R"py(
reached("mount", b"none", b"/tmp", b"tmpfs", 0, None)
)py"},
    {"unmount", Proof::says, Bare::not_run, R"py(
reached("umount2", b"/usr", 2)
)py"},
    {"mount by the new calls", Proof::says, Bare::not_run, R"py(
first_that_works(lambda call: reached(*call), [("open_tree", -100, b"/", 1), ("fsopen", b"tmpfs", 0)])
)py"},
};

}  // namespace

std::span<const Attempt> file_attempts() {
  return kAttempts;
}

}  // namespace retort::eval
