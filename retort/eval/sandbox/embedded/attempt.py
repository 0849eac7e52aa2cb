"""What the escape attempts of the self-test share. Each ends with one line: ESCAPED, REFUSED (the system said no), HELD
(nothing came of it) or BROKEN (the attempt itself is at fault, and proves nothing)."""
import ctypes
import errno
import json
import os
import signal
import socket
import stat
import sys
import threading
import time

with open("stage.json") as file:
    stage = json.load(file)
libc = ctypes.CDLL(None, use_errno=True)

NUMBERS = {  # x86-64, arm64
    "process_vm_readv": (310, 270), "ptrace": (101, 117), "clone": (56, 220), "capget": (125, 90), "getpid": (39, 172),
    "open_by_handle_at": (304, 265), "chroot": (161, 51), "pivot_root": (155, 41), "mount": (165, 40),
    "umount2": (166, 39), "open_tree": (428, 428), "fsopen": (430, 430), "unshare": (272, 97), "clone3": (435, 435),
    "setns": (308, 268), "keyctl": (250, 219), "add_key": (248, 217), "bpf": (321, 280), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "perf_event_open": (298, 241), "kexec_load": (246, 104), "finit_module": (313, 273),
    "settimeofday": (164, 170), "sethostname": (170, 161), "swapon": (167, 224), "acct": (163, 89),
    "syslog": (103, 116), "memfd_create": (319, 279), "shmget": (29, 194), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "seccomp": (317, 277), "personality": (135, 92), "mq_open": (240, 180),
    "fanotify_init": (300, 262), "landlock_create_ruleset": (444, 444)}


def number(name):
    return NUMBERS[name][os.uname().machine == "aarch64"]


def system_call(name, *args):
    """The result and errno. Integers and buffers are passed as they are."""
    ctypes.set_errno(0)
    plain = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result = libc.syscall(ctypes.c_long(name if isinstance(name, int) else number(name)), *plain)
    return result, ctypes.get_errno()


def escaped(what):
    print("ESCAPED", what, flush=True)
    os._exit(0)


def reached(name, *args):
    """The kernel's own code ran: it did as asked, or found fault with the arguments."""
    result, error = system_call(name, *args)
    if result >= 0 or error not in (errno.ENOSYS, errno.EPERM, errno.EACCES):
        escaped("%s gave %d, %s" % (name, result, errno.errorcode.get(error)))
    raise OSError(error, name)


def show(path):
    with open(path, "rb") as opened:
        print(opened.read(100000).decode("latin-1"), flush=True)


def first_that_works(action, choices):
    """Does it to each until one does not raise; raises what the last one raised."""
    failure = OSError("nothing to try")
    for choice in choices:
        try:
            return action(choice)
        except OSError as error:
            failure = error
    raise failure


def report(kind, error, trace):
    system = issubclass(kind, (OSError, MemoryError)) or (kind is RuntimeError and "thread" in str(error))
    print("REFUSED" if system else "BROKEN", kind.__name__, error, flush=True)
    os._exit(0)


sys.excepthook = report
