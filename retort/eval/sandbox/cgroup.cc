#include "retort/eval/sandbox/cgroup.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <span>
#include <sstream>
#include <string>
#include <thread>

#include "retort/eval/sandbox/proc_file.h"

namespace retort::eval {
namespace {

namespace fs = std::filesystem;

const fs::path kMount = "/sys/fs/cgroup";

struct Setting {
  const char* file;
  std::string value;
  bool needed;  // without it there is no limit worth having
};

bool write_text(const fs::path& path, const std::string& text) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

/// The number after "key " or at the start of the file (empty key); 0 if absent or "max".
uint64_t read_number(const fs::path& path, const std::string& key) {
  std::istringstream lines(read_proc(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    uint64_t number = 0;
    if (!key.empty() && (!(words >> first) || first != key)) continue;
    if (words >> number) return number;
  }
  return 0;
}

/// Our own group under a controller ("" for version 2), by /proc/self/cgroup's lines "4:memory:/path".
fs::path own_group(const std::string& controller) {
  std::istringstream lines(read_proc("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos || line.substr(first + 1, second - first - 1) != controller) continue;
    fs::path path = kMount / controller / line.substr(second + 2);
    if (!path.has_filename()) path = path.parent_path();
    return fs::exists(path) ? path : kMount / controller;  // in a container the path may be the host's
  }
  return {};
}

/// A new group below `parent` with these settings; empty if that is refused.
fs::path make_group(const fs::path& parent, std::span<const Setting> settings) {
  std::string name = (parent / "retort-sandbox-XXXXXX").string();
  if (parent.empty() || ::mkdtemp(name.data()) == nullptr) return {};
  fs::path folder = name;
  for (const Setting& setting : settings) {
    if (write_text(folder / setting.file, setting.value) || !setting.needed) continue;
    ::rmdir(folder.c_str());
    return {};
  }
  return folder;
}

}  // namespace

std::unique_ptr<Cgroup> Cgroup::create(const SandboxLimits& limits) {
  std::string memory = std::to_string(limits.memory_bytes), processes = std::to_string(limits.processes + 1);
  const Setting v2[] = {{"memory.max", memory, true},
                        {"pids.max", processes, true},
                        {"memory.swap.max", "0", false},
                        {"memory.oom.group", "1", false}};
  const Setting v1_memory[] = {{"memory.limit_in_bytes", memory, true}, {"memory.swappiness", "0", false}};
  const Setting v1_pids[] = {{"pids.max", processes, true}};

  std::unique_ptr<Cgroup> group(new Cgroup);
  auto keep = [&](fs::path folder) {
    if (!folder.empty()) group->folders_.push_back(std::move(folder));
  };
  fs::path own = own_group("");
  keep(make_group(own, v2));
  // A group with processes of its own has no controllers for groups below it; its parent often has.
  if (group->folders_.empty() && !own.empty() && own != kMount) keep(make_group(own.parent_path(), v2));
  if (group->folders_.empty()) {
    keep(make_group(own_group("memory"), v1_memory));
    keep(make_group(own_group("pids"), v1_pids));
  }
  return group->folders_.empty() ? nullptr : std::move(group);
}

Cgroup::~Cgroup() {
  // The kernel takes a moment to forget processes that have just been killed.
  for (const fs::path& folder : folders_)
    for (int attempt = 0; attempt < 200 && ::rmdir(folder.c_str()) != 0; ++attempt)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void Cgroup::add(pid_t pid) {
  for (const fs::path& folder : folders_) write_text(folder / "cgroup.procs", std::to_string(pid));
}

bool Cgroup::ran_out_of_memory() const {
  uint64_t kills = 0;
  for (const fs::path& folder : folders_)
    kills += read_number(folder / "memory.events", "oom_kill") +
             read_number(folder / "memory.oom_control", "oom_kill");
  return kills > 0;
}

uint64_t Cgroup::peak_memory_bytes() const {
  uint64_t peak = 0;
  for (const fs::path& folder : folders_)
    peak += read_number(folder / "memory.peak", "") + read_number(folder / "memory.max_usage_in_bytes", "");
  return peak;
}

}  // namespace retort::eval
