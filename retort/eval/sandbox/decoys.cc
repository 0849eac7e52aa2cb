#include "retort/eval/sandbox/decoys.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/eval/sandbox/proc_file.h"
#include "retort/eval/sandbox/sandbox_user.h"

namespace retort::eval {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPython = "/usr/bin/python3";

// Any process of its user may trace it, as without Yama; so that a refusal is the sandbox's doing.
constexpr const char* kVictimProgram = R"(
import ctypes, os, time
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_long(-1), 0, 0, 0)
held = ctypes.create_string_buffer(os.environ["SECRET"].encode())
print(ctypes.addressof(held), flush=True)
time.sleep(600)
)";

std::string random_word() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    fail(ErrorCode::resource, "sandbox: no random numbers: {}", std::strerror(errno));
  std::string word;
  for (unsigned char byte : bytes) word += fmt::format("{:02x}", byte);
  return word;
}

[[noreturn]] void fail_to(const char* what) {
  fail(ErrorCode::resource, "sandbox self-test: cannot {}: {}", what, std::strerror(errno));
}

/// True if somebody had connected; forgets them.
bool somebody_connected(const Descriptor& server) {
  Descriptor connection(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return connection.open();
}

void write_open_file(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), 0666);  // whoever gets here may do anything: only the sandbox keeps them out
}

}  // namespace

Decoys::Decoys() : secret_(random_word()), token_("retort-leftover-" + random_word()) {
  if (::access(kPython, X_OK) != 0)
    fail(ErrorCode::not_found, "sandbox self-test: {} is missing: `apt-get install python3`", kPython);
  std::string name = (fs::temp_directory_path() / "retort-decoys-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail_to("make a folder");
  folder_ = name;
  ::chmod(name.c_str(), 0777);
  write_files();
  listen_on_loopback();
  listen_on_unix_socket();
  start_victim();
}

Decoys::~Decoys() {
  end_victim();
  std::error_code none;
  fs::remove_all(folder_, none);
}

void Decoys::write_files() {
  write_open_file(folder_ / "secret.txt", secret_);
  fs::create_directories(folder_ / "sample-7");
  write_open_file(folder_ / "sample-7" / "answer.txt", secret_);
}

void Decoys::start_victim() {
  DescriptorPair says = pipe_to_parent();
  std::string environment = "SECRET=" + secret_;
  char* const words[] = {const_cast<char*>("python3"), const_cast<char*>("-c"),
                         const_cast<char*>(kVictimProgram), nullptr};
  char* const variables[] = {environment.data(), nullptr};
  victim_.pid = ::fork();
  if (victim_.pid < 0) fail_to("start a process");
  if (victim_.pid == 0) {
    ::setpgid(0, 0);
    ::dup2(says.child.get(), 1);
    become_sandbox_user();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execve(kPython, words, variables);
    ::_exit(127);
  }
  says.child.close();
  char line[64] = {};
  pollfd ready{.fd = says.parent.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, 60'000) != 1 || ::read(ready.fd, line, sizeof line - 1) <= 0)
    fail_to("start python3");
  victim_.address = std::strtoull(line, nullptr, 10);
}

void Decoys::end_victim() {
  if (victim_.pid <= 0) return;
  ::kill(victim_.pid, SIGKILL);
  ::waitpid(victim_.pid, nullptr, 0);
  victim_ = {};
}

void Decoys::listen_on_loopback() {
  tcp_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(tcp_.get(), plain, size) != 0 || ::listen(tcp_.get(), 8) != 0 ||
      ::getsockname(tcp_.get(), plain, &size) != 0)
    fail_to("listen on 127.0.0.1");
  port_ = ntohs(address.sin_port);
}

void Decoys::listen_on_unix_socket() {
  unix_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, token_.data(), token_.size());  // abstract: the first byte is 0
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + token_.size());
  if (::bind(unix_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(unix_.get(), 8) != 0)
    fail_to("listen on a Unix socket");
}

bool Decoys::victim_died() {
  if (::waitpid(victim_.pid, nullptr, WNOHANG) != victim_.pid) return false;
  victim_ = {};
  start_victim();
  return true;
}

/// Processes outside that carry the token are an attempt's; it ends them.
bool Decoys::end_leftovers() const {
  bool found = false;
  std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), ::closedir);
  while (dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    pid_t pid = 0;
    std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), pid);
    if (pid <= 1 || read_proc(fmt::format("/proc/{}/cmdline", pid)).find(token_) == std::string::npos)
      continue;
    ::kill(pid, SIGKILL);
    found = true;
  }
  return found;
}

std::string Decoys::harm() {
  std::error_code none;
  const struct {
    bool happened;
    const char* what;
  } rows[] = {{victim_died(), "a process outside was killed"},
              {fs::remove(folder_ / "written", none), "a file was written outside"},
              {read_file(folder_ / "secret.txt") != secret_, "a file outside was changed"},
              {somebody_connected(tcp_), "a TCP server outside was reached"},
              {somebody_connected(unix_), "a Unix socket outside was reached"},
              {end_leftovers(), "a process was left behind"}};
  std::string all;
  for (const auto& row : rows)
    if (row.happened) all += (all.empty() ? "" : "; ") + std::string(row.what);
  if (!all.empty()) write_files();
  return all;
}

Json Decoys::stage(const SandboxLimits& limits) const {
  return {{"folder", folder_.string()},
          {"secret_path", (folder_ / "secret.txt").string()},
          {"victim", victim_.pid},
          {"victim_address", victim_.address},
          {"port", port_},
          {"socket", token_},
          {"token", token_},
          {"memory_bytes", limits.memory_bytes},
          {"file_bytes", limits.file_bytes},
          {"processes", limits.processes},
          {"open_files", limits.open_files}};
}

}  // namespace retort::eval
