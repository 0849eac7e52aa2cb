#include "retort/base/topology.h"

#include <hwloc.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>

#include "retort/base/error.h"

namespace retort {
namespace {

struct TopologyDeleter {
  void operator()(hwloc_topology* t) const { hwloc_topology_destroy(t); }
};
using TopologyHandle = std::unique_ptr<hwloc_topology, TopologyDeleter>;

TopologyHandle load() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) fail(ErrorCode::internal, "hwloc: cannot start");
  TopologyHandle handle(raw);
  // Disallowed processors stay visible: the report tells the machine's cores from ours.
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  if (hwloc_topology_load(raw) != 0) fail(ErrorCode::internal, "hwloc: cannot read this machine's topology");
  return handle;
}

int count(hwloc_topology_t t, hwloc_obj_type_t type) {
  return std::max(0, hwloc_get_nbobjs_by_type(t, type));
}

struct CacheType {
  hwloc_obj_type_t type;
  const char* name;
};
constexpr CacheType kCacheTypes[] = {{HWLOC_OBJ_L1CACHE, "L1d"},
                                     {HWLOC_OBJ_L2CACHE, "L2"},
                                     {HWLOC_OBJ_L3CACHE, "L3"},
                                     {HWLOC_OBJ_L4CACHE, "L4"}};

std::vector<CacheLevel> read_caches(hwloc_topology_t t) {
  std::vector<CacheLevel> caches;
  for (const auto& [type, label] : kCacheTypes) {
    int n = count(t, type);
    if (n == 0) continue;
    caches.push_back({label, hwloc_get_obj_by_type(t, type, 0)->attr->cache.size, n});
  }
  return caches;
}

/// Objects of a type that share a processor with the set this process is bound to.
int count_allowed(hwloc_topology_t t, hwloc_obj_type_t type, hwloc_const_cpuset_t bound) {
  int n = 0;
  for (hwloc_obj_t object = nullptr; (object = hwloc_get_next_obj_by_type(t, type, object)) != nullptr;)
    n += hwloc_bitmap_intersects(object->cpuset, bound) ? 1 : 0;
  return n;
}

void read_binding(hwloc_topology_t t, Topology& out) {
  std::unique_ptr<hwloc_bitmap_s, void (*)(hwloc_bitmap_t)> bound(hwloc_bitmap_alloc(), hwloc_bitmap_free);
  if (hwloc_get_cpubind(t, bound.get(), HWLOC_CPUBIND_PROCESS) != 0)
    hwloc_bitmap_copy(bound.get(), hwloc_topology_get_allowed_cpuset(t));
  out.allowed_threads = count_allowed(t, HWLOC_OBJ_PU, bound.get());
  out.allowed_cores = count_allowed(t, HWLOC_OBJ_CORE, bound.get());
  if (out.allowed_cores == 0) out.allowed_cores = out.allowed_threads;  // some virtual machines show no cores
}

std::optional<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

/// Folders of this process's control group (version 2), innermost first; limits of all of them hold.
std::vector<std::string> cgroup_folders() {
  std::vector<std::string> folders;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;
    for (std::string path = line.substr(3); !path.empty() && path != "/"; path.resize(path.rfind('/')))
      folders.push_back("/sys/fs/cgroup" + path);
  }
  folders.emplace_back("/sys/fs/cgroup");
  return folders;
}

/// cpu.max holds "QUOTA PERIOD" in microseconds, or "max PERIOD" (kernel:
/// Documentation/admin-guide/cgroup-v2.rst).
double read_cpu_quota() {
  double lowest = 0;
  for (const auto& folder : cgroup_folders()) {
    auto line = first_line(folder + "/cpu.max");
    double quota = 0, period = 0;
    if (!line || !(std::istringstream(*line) >> quota >> period) || period <= 0 || quota <= 0) continue;
    if (lowest == 0 || quota / period < lowest) lowest = quota / period;
  }
  return lowest;
}

/// A number of kB from /proc/meminfo, in bytes.
uint64_t meminfo(std::string_view key) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    uint64_t kilobytes = 0;
    std::istringstream(line.substr(key.size())) >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

std::optional<uint64_t> number_in(const std::string& path) {
  auto line = first_line(path);
  uint64_t value = 0;
  if (!line || !(std::istringstream(*line) >> value)) return std::nullopt;
  return value;
}

}  // namespace

Topology read_topology() {
  TopologyHandle handle = load();
  hwloc_topology_t t = handle.get();
  Topology out;
  const char* model = hwloc_obj_get_info_by_name(hwloc_get_root_obj(t), "CPUModel");
  if (hwloc_obj_t package = hwloc_get_obj_by_type(t, HWLOC_OBJ_PACKAGE, 0);
      model == nullptr && package != nullptr)
    model = hwloc_obj_get_info_by_name(package, "CPUModel");
  if (model != nullptr) out.cpu_model = model;
  // Some machines fill the field up with blanks.
  out.cpu_model.erase(out.cpu_model.find_last_not_of(' ') + 1);
  out.threads = count(t, HWLOC_OBJ_PU);
  out.cores = std::max(count(t, HWLOC_OBJ_CORE), out.threads > 0 ? 1 : 0);
  out.packages = std::max(count(t, HWLOC_OBJ_PACKAGE), 1);
  out.numa_nodes = std::max(count(t, HWLOC_OBJ_NUMANODE), 1);
  out.caches = read_caches(t);
  read_binding(t, out);
  out.cpu_quota = read_cpu_quota();
  return out;
}

MemoryStatus read_memory_status() {
  MemoryStatus memory{meminfo("MemTotal:"), meminfo("MemAvailable:")};
  for (const auto& folder : cgroup_folders()) {
    auto limit = number_in(folder + "/memory.max");
    if (!limit || *limit >= memory.total) continue;
    memory.total = *limit;
    uint64_t used = number_in(folder + "/memory.current").value_or(0);
    memory.available = std::min(memory.available, *limit > used ? *limit - used : 0);
  }
  return memory;
}

int default_threads(const Topology& topology) {
  int n = std::max(1, topology.allowed_cores);
  if (topology.cpu_quota > 0) n = std::min(n, std::max(1, static_cast<int>(std::ceil(topology.cpu_quota))));
  return n;
}

}  // namespace retort
