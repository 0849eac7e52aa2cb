#include "retort/eval/sandbox/bwrap_command.h"

#include <filesystem>
#include <initializer_list>

#include "retort/base/error.h"
#include "retort/eval/sandbox/sandbox_user.h"

namespace retort::eval {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

void add(Words& words, std::initializer_list<std::string_view> more) {
  words.insert(words.end(), more.begin(), more.end());
}

// Everything that is not listed is absent: no /etc but these two, no /proc (so nothing of the kernel's to
// read or write, and containers that refuse to mount one are fine), no /sys, no /home.
void add_system(Words& words) {
  add(words, {"--ro-bind", "/usr", "/usr"});
  for (std::string_view folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64"}) {
    std::error_code none;
    fs::path target = fs::read_symlink(folder, none);  // a link into /usr on every merged system
    if (!none)
      add(words, {"--symlink", target.native(), folder});
    else
      add(words, {"--ro-bind-try", folder, folder});
  }
  for (std::string_view file : {"/etc/ld.so.cache", "/etc/alternatives"})
    add(words, {"--ro-bind-try", file, file});
  for (std::string_view device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
    add(words, {"--dev-bind", device, device});
}

void add_environment(Words& words, const SandboxSpec& spec) {
  add(words, {"--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME",
              kWorkFolder, "--setenv", "TMPDIR", "/tmp", "--setenv", "LANG", "C.UTF-8"});
  for (const auto& [key, value] : spec.environment) add(words, {"--setenv", key, value});
}

void add_files(Words& words, const SandboxSpec& spec, const BwrapDescriptors& descriptors) {
  add(words, {"--perms", "0700", "--size", std::to_string(spec.limits.file_bytes), "--tmpfs", "/tmp",
              "--perms", "0700", "--dir", kWorkFolder});
  for (size_t i = 0; i < spec.files.size(); ++i)
    add(words, {"--perms", "0644", "--file", std::to_string(descriptors.files[i].get()),
                std::string(kWorkFolder) + "/" + spec.files[i].path});
  // Last: bwrap's own root is a tmpfs without a size, in which a program could fill the memory.
  add(words, {"--chdir", kWorkFolder, "--remount-ro", "/"});
}

void check_path(const std::string& text) {
  fs::path path(text);
  bool inside =
      !text.empty() && path.is_relative() && text.find('\0') == std::string::npos && path.has_filename();
  for (const fs::path& part : path) inside = inside && part != ".." && part != ".";
  if (!inside)
    fail(ErrorCode::bad_input, "sandbox: file '{}': the path must be relative and without '..'", text);
}

}  // namespace

void check_spec(const SandboxSpec& spec) {
  if (spec.argv.empty()) fail(ErrorCode::bad_input, "sandbox: no program to run");
  uint64_t bytes = 0;
  for (const SandboxFile& file : spec.files) {
    check_path(file.path);
    bytes += file.contents.size();
  }
  const SandboxLimits& limits = spec.limits;
  if (bytes > limits.file_bytes || spec.files.size() > static_cast<size_t>(limits.files))
    fail(ErrorCode::bad_input, "sandbox: {} files of {} bytes together, more than the limits of {} and {}",
         spec.files.size(), bytes, limits.files, limits.file_bytes);
}

std::vector<std::string> bwrap_command(const SandboxSpec& spec, const BwrapDescriptors& descriptors) {
  Words words{"bwrap"};
  add(words, {"--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
              "--hostname", "sandbox"});
  std::string user = std::to_string(kSandboxUser);
  add(words, {"--uid", user, "--gid", user});
  add_system(words);
  add_environment(words, spec);
  add_files(words, spec, descriptors);
  add(words,
      {"--seccomp", std::to_string(descriptors.filter.get()), "--json-status-fd",
       std::to_string(descriptors.status.get()), "--block-fd", std::to_string(descriptors.go.get()), "--"});
  words.insert(words.end(), spec.argv.begin(), spec.argv.end());
  return words;
}

}  // namespace retort::eval
