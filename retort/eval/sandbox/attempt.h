// The self-test's escape attempts: small Python programs that try to get out of a sandbox, to harm what is
// outside, or to use more than they may.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace retort::eval {

/// How a success is recognised. Harm done to the decoys counts in every case.
enum class Proof {
  says,      // the program writes ESCAPED: a call succeeded that must not
  secret,    // its output holds the secret, which it was never given
  harm,      // a decoy outside is harmed: see decoys.h
  outlasts,  // it ends of its own accord, and not by a limit
};

/// What happens without a sandbox, to an ordinary user.
enum class Bare {
  not_run,   // harmful, or it depends on the machine
  succeeds,  // harmless, and a test shows that its success is noticed
};

struct Attempt {
  std::string_view name;
  Proof proof;
  Bare bare;
  std::string_view program;  // Python, after `from attempt import *`; see embedded/attempt.py
  double cpu_seconds = 5;
  double wall_seconds = 60;
};

/// All of them, in the order of the tables.
std::vector<Attempt> attempts();

std::span<const Attempt> file_attempts();
std::span<const Attempt> process_attempts();
std::span<const Attempt> kernel_attempts();
std::span<const Attempt> network_attempts();
std::span<const Attempt> resource_attempts();

}  // namespace retort::eval
