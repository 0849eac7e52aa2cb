// Decoys: what the escape attempts are aimed at. A secret in files, in a process's memory and in its
// environment; servers that nobody should reach; and a look, after each attempt, at whether any of them came
// to harm.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/sandbox/descriptor.h"
#include "retort/eval/sandbox/spec.h"

namespace retort::eval {

class Decoys {
 public:
  /// Throws Error resource if the machine refuses a folder, a process or a socket; not_found without python3.
  Decoys();
  ~Decoys();
  Decoys(const Decoys&) = delete;
  Decoys& operator=(const Decoys&) = delete;

  /// Makes good what the last attempt did, and says what it was: "the process outside was killed; ...".
  /// Empty: none.
  std::string harm();

  const std::string& secret() const { return secret_; }
  /// What an attempt is told: where to aim, but not the secret.
  Json stage(const SandboxLimits& limits) const;

 private:
  struct Victim {
    pid_t pid = -1;
    uint64_t address = 0;  // of the secret in its memory
  };

  void write_files();
  void start_victim();
  void end_victim();
  void listen_on_loopback();
  void listen_on_unix_socket();
  bool victim_died();
  bool end_leftovers() const;

  std::filesystem::path folder_;
  std::string secret_, token_;  // the token marks processes that attempts leave behind
  Victim victim_;
  Descriptor tcp_, unix_;
  int port_ = 0;
};

}  // namespace retort::eval
