#include "retort/eval/sandbox/meter.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>

#include "retort/eval/sandbox/proc_file.h"
#include "retort/eval/sandbox/sandbox_user.h"

namespace retort::eval {
namespace {

/// Of proc(5)'s stat: fields 14 and 15, 16 and 17 (ticks of CPU, own and of waited-for children), 20.
struct Stat {
  double own_ticks = 0, children_ticks = 0;
  int threads = 0;
};

Stat stat_of(pid_t pid) {
  Stat stat;
  std::string text = read_proc(fmt::format("/proc/{}/stat", pid));
  size_t name_end = text.rfind(')');  // the name is the process's own choice
  if (name_end == std::string::npos) return stat;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double ticks[4] = {};
  for (double& value : ticks) fields >> value;
  fields >> skipped >> skipped >> stat.threads;
  stat.own_ticks = ticks[0] + ticks[1];
  stat.children_ticks = ticks[2] + ticks[3];
  return stat;
}

void add_stat(pid_t pid, Usage& usage) {
  const Stat stat = stat_of(pid);
  usage.cpu_seconds += (stat.own_ticks + stat.children_ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.processes += stat.threads;
}

/// Of the process's threads, dead ones included. 0 where the kernel does not say.
int64_t clock_of(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

/// Resident pages that no file backs. After a fork both processes are charged for what they still share.
uint64_t anonymous_bytes(pid_t pid) {
  std::istringstream fields(read_proc(fmt::format("/proc/{}/statm", pid)));
  uint64_t size = 0, resident = 0, shared = 0;
  fields >> size >> resident >> shared;
  return (resident > shared ? resident - shared : 0) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// The same with each shared page divided among those who share it.
uint64_t proportional_bytes(pid_t pid) {
  std::string text = read_proc(fmt::format("/proc/{}/smaps_rollup", pid));
  size_t at = text.find("\nPss_Anon:");
  if (at == std::string::npos) return anonymous_bytes(pid);
  return std::strtoull(text.c_str() + at + std::strlen("\nPss_Anon:"), nullptr, 10) * 1024;
}

uint64_t pid_namespace_of(const char* pid) {
  char link[64] = {};
  ssize_t n = ::readlink(fmt::format("/proc/{}/ns/pid", pid).c_str(), link, sizeof link - 1);
  return n > 5 ? std::strtoull(link + 5, nullptr, 10) : 0;  // "pid:[4026531836]"
}

}  // namespace

std::vector<pid_t> Meter::members() const {
  std::vector<pid_t> found;
  std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), ::closedir);
  while (dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    pid_t pid = 0;
    std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), pid);
    if (pid >= 2 && pid_namespace_of(entry->d_name) == pid_namespace_) found.push_back(pid);
  }
  return found;
}

// Process 1 sees the host's files until bwrap has built the sandbox's own. After that /tmp is a mount on a
// read-only root: the program inside can neither move it nor put a link in its place.
void Meter::open_folder() {
  struct stat host {
  }, inside{};
  std::string root = fmt::format("/proc/{}/root", init_);
  if (::stat("/", &host) != 0 || ::stat((root + "/").c_str(), &inside) != 0) return;
  if (host.st_dev == inside.st_dev && host.st_ino == inside.st_ino) return;
  folder_ = Descriptor(::open((root + "/tmp").c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Usage Meter::sample(uint64_t memory_limit) {
  AsSandboxUser owner;
  Usage usage;
  std::vector<pid_t> pids = members();
  for (pid_t pid : pids) {
    add_stat(pid, usage);
    usage.memory_bytes += anonymous_bytes(pid);
  }
  usage.processes -= pids.empty() ? 0 : 1;
  if (usage.memory_bytes > memory_limit) {
    usage.memory_bytes = 0;
    for (pid_t pid : pids) usage.memory_bytes += proportional_bytes(pid);
  }
  if (!folder_.open()) open_folder();
  struct statfs space {};
  if (folder_.open() && ::fstatfs(folder_.get(), &space) == 0) {
    usage.files = space.f_files - space.f_ffree;
    usage.memory_bytes += (space.f_blocks - space.f_bfree) * static_cast<uint64_t>(space.f_bsize);
  }
  return usage;
}

int64_t Meter::cpu_nanoseconds() const {
  AsSandboxUser owner;
  const int64_t tick = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  int64_t sum = 0;
  for (pid_t pid : members()) sum += clock_of(pid) + static_cast<int64_t>(stat_of(pid).children_ticks) * tick;
  return sum;
}

void Meter::signal_all(int signal) const {
  AsSandboxUser owner;
  for (pid_t pid : members()) {
    Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    bool inside = handle.open() && pid_namespace_of(std::to_string(pid).c_str()) == pid_namespace_;
    if (inside && pid != init_) ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0);
  }
}

}  // namespace retort::eval
