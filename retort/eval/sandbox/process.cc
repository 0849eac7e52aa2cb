#include "retort/eval/sandbox/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/json.h"

namespace retort::eval {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSamplePeriod{20};
constexpr size_t kChunk = 65536;        // of one read
constexpr size_t kStatusLimit = 65536;  // bwrap writes a few hundred bytes

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// The status bwrap gives for the program: its exit status, or 128 + signal. Absent if it never started one.
std::optional<int> exit_code(std::string_view status_lines) {
  size_t at = status_lines.find("{ \"exit-code\"");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view line = status_lines.substr(at);
  return parse_json(line.substr(0, line.find('\n')), "bwrap's status").value("exit-code", 0);
}

}  // namespace

SandboxProcess::SandboxProcess(const SandboxSpec& spec, std::string_view filter)
    : limits_(spec.limits),
      cgroup_(Cgroup::create(spec.limits)),
      launched_(launch(spec, filter, cgroup_.get())),
      meter_(launched_.init, launched_.pid_namespace) {
  start_ = budget_start_ = last_sample_ = Clock::now();
}

SandboxProcess::~SandboxProcess() {
  if (reaped_) return;
  stop(Ended::stopped);
  reap();
}

void SandboxProcess::send(std::string_view bytes) {
  unsent_ += bytes;
}

void SandboxProcess::write_input() {
  if (!launched_.input.open()) return;
  ssize_t n = unsent_.empty() ? 0
                              : ::send(launched_.input.get(), unsent_.data(),
                                       std::min(unsent_.size(), kChunk), MSG_NOSIGNAL | MSG_DONTWAIT);
  bool broken = n < 0 && errno != EAGAIN && errno != EINTR;  // the program closed its stdin: its own choice
  if (n > 0) unsent_.erase(0, static_cast<size_t>(n));
  if (broken || (unsent_.empty() && input_ends_)) launched_.input.close();
}

/// Keeps at most output_bytes, whatever arrives. False at the end.
bool SandboxProcess::read_into(Descriptor& from, std::string& to) {
  char bytes[kChunk];
  ssize_t n = ::read(from.get(), bytes, sizeof bytes);
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) {
    from.close();
    return false;
  }
  uint64_t room = limits_.output_bytes - std::min(budget_output_, limits_.output_bytes);
  to.append(bytes, static_cast<size_t>(std::min<uint64_t>(room, static_cast<uint64_t>(n))));
  budget_output_ += static_cast<uint64_t>(n);
  if (budget_output_ > limits_.output_bytes) stop(Ended::output_limit);
  return true;
}

void SandboxProcess::pump(milliseconds timeout) {
  if (ended_) return;
  if (unsent_.empty()) write_input();
  pollfd polled[] = {{.fd = launched_.output.get(), .events = POLLIN, .revents = 0},
                     {.fd = launched_.errors.get(), .events = POLLIN, .revents = 0},
                     {.fd = launched_.status.get(), .events = POLLIN, .revents = 0},
                     {.fd = unsent_.empty() ? -1 : launched_.input.get(), .events = POLLOUT, .revents = 0}};
  int wait = static_cast<int>(std::clamp<int64_t>(timeout.count(), 0, kSamplePeriod.count()));
  if (::poll(polled, std::size(polled), wait) > 0) {
    if (polled[0].revents != 0) read_into(launched_.output, out_);
    if (polled[1].revents != 0) read_into(launched_.errors, err_);
    if (polled[3].revents != 0) write_input();
    char status[1024];
    ssize_t n = polled[2].revents != 0 ? ::read(launched_.status.get(), status, sizeof status) : 1;
    if (polled[2].revents != 0 && n > 0 && launched_.status_text.size() < kStatusLimit)
      launched_.status_text.append(status, static_cast<size_t>(n));
    if (n == 0) return reap();
  }
  enforce();
}

void SandboxProcess::enforce() {
  if (Clock::now() - last_sample_ < kSamplePeriod) return;
  double cpu_before = usage_.cpu_seconds;
  usage_ = meter_.sample(limits_.memory_bytes);
  usage_.cpu_seconds = std::max(usage_.cpu_seconds, cpu_before);  // the dead take their time with them
  peak_memory_ = std::max(peak_memory_, usage_.memory_bytes);
  last_sample_ = Clock::now();
  if (auto passed = passed_limit()) stop(*passed);
}

std::optional<Ended> SandboxProcess::passed_limit() const {
  const struct {
    bool passed;
    Ended which;
  } rows[] = {{seconds_since(budget_start_) > limits_.wall_seconds, Ended::wall_limit},
              {usage_.cpu_seconds - budget_cpu_ > limits_.cpu_seconds, Ended::cpu_limit},
              // The kernel may have killed one process of many and left the others waiting for it.
              {usage_.memory_bytes > limits_.memory_bytes || (cgroup_ && cgroup_->ran_out_of_memory()),
               Ended::memory_limit},
              {usage_.processes > limits_.processes, Ended::process_limit},
              // Two folders, the sandbox's own, are not counted.
              {usage_.files > static_cast<uint64_t>(limits_.files) + 2, Ended::file_limit}};
  for (const auto& row : rows)
    if (row.passed) return row.which;
  return std::nullopt;
}

void SandboxProcess::suspend() {
  // Twice, for children of processes that were forking; a program that wins this race gains CPU time and no
  // more.
  for (int round = 0; round < 2; ++round) meter_.signal_all(SIGSTOP);
}

void SandboxProcess::resume() {
  meter_.signal_all(SIGCONT);
}

void SandboxProcess::renew_budget() {
  budget_start_ = Clock::now();
  budget_cpu_ = usage_.cpu_seconds;
  budget_output_ = 0;
}

double SandboxProcess::wall_seconds() const {
  return ended_ ? wall_seconds_ : seconds_since(start_);
}

// Process 1's death is the death of the whole PID namespace: no process escapes by forking faster than we
// kill.
void SandboxProcess::stop(Ended why) {
  if (!stopped_) stopped_ = why;
  if (launched_.init_handle.open())
    ::syscall(SYS_pidfd_send_signal, launched_.init_handle.get(), SIGKILL, nullptr, 0);
  else
    ::kill(launched_.bwrap, SIGKILL);  // process 1 dies with it
}

// bwrap, outside, ends as soon as it knows the exit status, which may be before the last process inside is
// dead. Process 1 is dead only after all the others are.
bool SandboxProcess::wait_for_namespace() {
  constexpr int kTimeoutMs = 10'000;
  if (!launched_.init_handle.open()) return true;
  ::syscall(SYS_pidfd_send_signal, launched_.init_handle.get(), SIGKILL, nullptr, 0);
  pollfd dead{.fd = launched_.init_handle.get(), .events = POLLIN, .revents = 0};
  int n = 0;
  do n = ::poll(&dead, 1, kTimeoutMs);
  while (n < 0 && errno == EINTR);
  return n > 0;
}

void SandboxProcess::reap() {
  if (reaped_) return;
  reaped_ = ended_ = true;
  rusage used{};
  while (::wait4(launched_.bwrap, nullptr, 0, &used) < 0 && errno == EINTR) {
  }
  wall_seconds_ = seconds_since(start_);
  cpu_seconds_ = std::max(usage_.cpu_seconds, seconds(used.ru_utime) + seconds(used.ru_stime));
  // Not ru_maxrss: between fork and exec it took over this process's own size, models and all.
  if (cgroup_) peak_memory_ = std::max(peak_memory_, cgroup_->peak_memory_bytes());
  // Nobody is left to write: what the pipes still hold is all there will be.
  if (!wait_for_namespace()) return;
  while (launched_.output.open() && read_into(launched_.output, out_)) {
  }
  while (launched_.errors.open() && read_into(launched_.errors, err_)) {
  }
}

void SandboxProcess::judge_exit(SandboxResult& result) const {
  std::optional<int> status = exit_code(launched_.status_text);
  if (!status && !stopped_) throw explain_refusal(err_);
  int code = status.value_or(0);
  bool signalled = code > 128 && code <= 128 + SIGRTMAX;
  result.code = signalled ? code - 128 : code;
  result.ended = signalled ? Ended::signalled : Ended::exited;
  if (result.ended == Ended::signalled && result.code == SIGXCPU) result.ended = Ended::cpu_limit;
  if (result.ended == Ended::signalled && result.code == SIGXFSZ) result.ended = Ended::file_limit;
  if (cgroup_ && cgroup_->ran_out_of_memory()) result.ended = Ended::memory_limit;
  if (stopped_) result.ended = *stopped_;
}

SandboxResult SandboxProcess::result() {
  while (!ended_) pump(kSamplePeriod);
  SandboxResult result;
  judge_exit(result);
  result.out = std::move(out_);
  result.err = std::move(err_);
  result.cpu_seconds = cpu_seconds_;
  result.wall_seconds = wall_seconds_;
  result.peak_memory_bytes = peak_memory_;
  return result;
}

}  // namespace retort::eval
