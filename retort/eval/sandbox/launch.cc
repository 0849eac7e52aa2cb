#include "retort/eval/sandbox/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/sandbox/bwrap_command.h"
#include "retort/eval/sandbox/sandbox_user.h"

namespace retort::eval {
namespace {

constexpr const char* kBwrap = "/usr/bin/bwrap";
constexpr int kStartTimeoutMs = 60'000;  // generous: a loaded machine is no reason to lose a sample

/// What the child needs between fork and exec, where it may not allocate.
struct ChildPlan {
  std::array<int, 3> standard;  // to become stdin, stdout and stderr
  std::vector<int> kept;
  std::vector<char*> argv;
};

[[noreturn]] void become_bwrap(const ChildPlan& plan) {
  ::setpgid(0, 0);  // Ctrl-C is for the parent, which then ends the sandbox in order
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int i = 0; i < 3; ++i)
    if (::dup2(plan.standard[static_cast<size_t>(i)], i) < 0) ::_exit(127);
  // Every other descriptor of this process (models, logs, sockets) stays out. Kernels before 5.11 lack the
  // flag.
  if (::syscall(SYS_close_range, 3U, ~0U, 4U /*CLOSE_RANGE_CLOEXEC*/) != 0)
    for (int fd = 3; fd < 65536; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  for (int fd : plan.kept) ::fcntl(fd, F_SETFD, 0);
  become_sandbox_user();
  char* environment[] = {nullptr};
  ::execve(kBwrap, plan.argv.data(), environment);
  ::_exit(127);
}

pid_t start_bwrap(const SandboxSpec& spec, const BwrapDescriptors& inside,
                  const std::array<int, 3>& standard) {
  std::vector<std::string> words = bwrap_command(spec, inside);
  ChildPlan plan{.standard = standard, .kept = {inside.filter.get(), inside.status.get(), inside.go.get()}};
  for (const Descriptor& file : inside.files) plan.kept.push_back(file.get());
  for (std::string& word : words) plan.argv.push_back(word.data());
  plan.argv.push_back(nullptr);
  pid_t pid = ::fork();
  if (pid < 0) fail(ErrorCode::resource, "sandbox: cannot start a process: {}", std::strerror(errno));
  if (pid == 0) become_bwrap(plan);
  return pid;
}

rlim_t whole_seconds(double seconds) {
  return static_cast<rlim_t>(std::ceil(std::max(seconds, 1.0)));
}

// From outside, on the process that is held back: nothing in the sandbox takes part in setting its own
// limits. RLIMIT_NPROC must come after the user namespace exists, so that it counts the sandbox's processes
// alone.
void limit_process(pid_t pid, const SandboxSpec& spec) {
  constexpr uint64_t kRenewedCpuSeconds = 86'400;  // per call the parent's samples decide
  const SandboxLimits& limits = spec.limits;
  uint64_t space = limits.address_space_bytes;
  if (space == 0) space = limits.memory_bytes + (uint64_t{1} << 30);
  rlim_t cpu = spec.renewable ? kRenewedCpuSeconds : whole_seconds(limits.cpu_seconds);
  const struct {
    __rlimit_resource resource;
    rlimit limit;
  } rows[] = {{RLIMIT_AS, {space, space}},
              {RLIMIT_CPU, {cpu, cpu + 1}},  // SIGXCPU, then SIGKILL
              {RLIMIT_FSIZE, {limits.file_bytes, limits.file_bytes}},
              {RLIMIT_NOFILE, {rlim_t(limits.open_files), rlim_t(limits.open_files)}},
              {RLIMIT_NPROC, {rlim_t(limits.processes) + 1, rlim_t(limits.processes) + 1}},  // 1: bwrap's
              {RLIMIT_CORE, {0, 0}},
              {RLIMIT_MEMLOCK, {0, 0}},
              {RLIMIT_MSGQUEUE, {0, 0}},
              {RLIMIT_SIGPENDING, {256, 256}}};
  AsSandboxUser owner;
  for (const auto& row : rows)
    if (::prlimit(pid, row.resource, &row.limit, nullptr) != 0 &&
        errno != ESRCH)  // ESRCH: bwrap has given up
      fail(ErrorCode::unsupported, "sandbox: the kernel refuses limits on process {}: {}", pid,
           std::strerror(errno));
}

/// Reads bwrap's first line of status, {"child-pid": ..., "pid-namespace": ...}. False if there is none.
bool read_first_status(Launched& launched) {
  while (launched.status_text.find('\n') == std::string::npos) {
    pollfd ready{.fd = launched.status.get(), .events = POLLIN, .revents = 0};
    int n = ::poll(&ready, 1, kStartTimeoutMs);
    if (n < 0 && errno == EINTR) continue;
    char text[1024];
    ssize_t size = n > 0 ? ::read(ready.fd, text, sizeof text) : 0;
    if (size <= 0) return false;
    launched.status_text.append(text, static_cast<size_t>(size));
  }
  std::string_view line(launched.status_text);
  Json status = parse_json(line.substr(0, line.find('\n')), "bwrap's status");
  launched.init = status.value("child-pid", -1);
  launched.pid_namespace = status.value("pid-namespace", uint64_t{0});
  return launched.init > 0;
}

std::string read_all(int fd) {
  std::string text;
  char part[4096];
  for (ssize_t n; text.size() < 65536 && (n = ::read(fd, part, sizeof part)) > 0;)
    text.append(part, static_cast<size_t>(n));
  return text;
}

void end_child(pid_t pid) {
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

struct Refusal {
  std::string_view says;
  std::string_view means;
};

constexpr std::string_view kAllowNamespaces =
    "user namespaces are refused; allow them: Debian `sysctl kernel.unprivileged_userns_clone=1`, Ubuntu "
    "24.04 "
    "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`, Docker `--security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined`";

constexpr Refusal kRefusals[] = {
    {"max_user_namespaces", "no user namespace is left; allow more: `sysctl user.max_user_namespaces=10000`"},
    {"No space left on device",
     "no user namespace is left; allow more: `sysctl user.max_user_namespaces=10000`"},
    {"namespace", kAllowNamespaces},
    {"uid map", kAllowNamespaces},
    {"Operation not permitted", kAllowNamespaces},
    {"Permission denied", kAllowNamespaces},
    {"mount",
     "mounts are refused inside this container; in Docker `--security-opt systempaths=unconfined "
     "--security-opt seccomp=unconfined`"}};

}  // namespace

Error explain_refusal(std::string_view bwrap_says) {
  std::string_view line = bwrap_says.substr(0, bwrap_says.find('\n'));
  std::string_view means = "run `bwrap --unshare-all --ro-bind / / true` to see what the system refuses";
  for (const Refusal& refusal : kRefusals) {
    if (line.find(refusal.says) == std::string_view::npos) continue;
    means = refusal.means;
    break;
  }
  return make_error(ErrorCode::unsupported, "sandbox: {} ({})", means,
                    line.empty() ? "bwrap said nothing" : line);
}

Launched launch(const SandboxSpec& spec, std::string_view filter, Cgroup* cgroup) {
  check_spec(spec);
  if (::access(kBwrap, X_OK) != 0)
    fail(ErrorCode::unsupported, "sandbox: {} is missing: `apt-get install bubblewrap`", kBwrap);
  DescriptorPair input = socket_to_child(), output = pipe_to_parent(), errors = pipe_to_parent();
  DescriptorPair status = pipe_to_parent(), go = pipe_to_child();
  BwrapDescriptors inside{
      .filter = memory_file(filter), .status = std::move(status.child), .go = std::move(go.child)};
  for (const SandboxFile& file : spec.files) inside.files.push_back(memory_file(file.contents));

  Launched launched;
  launched.bwrap = start_bwrap(spec, inside, {input.child.get(), output.child.get(), errors.child.get()});
  inside = {};
  for (DescriptorPair* pair : {&input, &output, &errors}) pair->child.close();
  launched.input = std::move(input.parent);
  launched.output = std::move(output.parent);
  launched.errors = std::move(errors.parent);
  launched.status = std::move(status.parent);
  try {
    if (!read_first_status(launched)) {
      ::kill(launched.bwrap, SIGKILL);
      throw explain_refusal(read_all(launched.errors.get()));
    }
    launched.init_handle = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, launched.init, 0)));
    limit_process(launched.init, spec);
    if (cgroup != nullptr) cgroup->add(launched.init);
  } catch (...) {
    end_child(launched.bwrap);
    throw;
  }
  (void)!::write(go.parent.get(), "g", 1);
  return launched;
}

}  // namespace retort::eval
