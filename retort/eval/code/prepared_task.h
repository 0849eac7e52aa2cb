// PreparedTask: a problem with its hidden inputs and the values expected of them, made in a sandbox that no
// candidate ever runs in.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "retort/eval/code/code_task.h"
#include "retort/eval/code/documentation.h"
#include "retort/eval/code/exceptions.h"
#include "retort/eval/sandbox/sandbox.h"
#include "retort/eval/sandbox/session.h"

namespace retort::eval {

/// Arguments and expectation as Python literals, of problems without references.
struct LiteralTest {
  std::string args;      // "[1, 2], 'a'"
  std::string expected;  // "3"; empty where `raises` says what must be raised
  std::string raises;
};

/// A problem of any origin: with references, with literal tests, or with a published test.
struct CodeProblem {
  CodeTask task;
  std::string cluster;                // Item::cluster
  std::vector<LiteralTest> literals;  // in place of references
  std::string published_test;       // Python with asserts, in place of both; see embedded/published_tests.py
  std::string preamble;             // Python that stands before every candidate: imports of the prompt
  std::string gold;                 // a right answer, where the origin has one; for tests
  bool documented = false;          // the prompt asks for documentation
  bool has_literal_faults = false;  // some of the literal tests must raise
  std::optional<DocumentationExpectations> documentation;  // else they are made of the task's contract
};

using HiddenCase = ValidCase;

struct PreparedTask {
  CodeTask task;
  std::vector<HiddenCase> cases;
  double cpu_seconds = 0;  // of one call: 4 times what naive took at most, and not below kCpuFloor
  std::string whole_test;  // set: the cases could not be told apart; the published test is run as it is
  std::string preamble;
  bool documented = false;
  std::optional<DocumentationExpectations> documentation;
};

/// Of one call to a candidate, where naive is faster: starting, warming up and a busy machine are nobody's
/// fault.
inline constexpr double kCpuFloor = 2;
/// So much more wall time than CPU time: other work on the machine is not held against a candidate.
inline constexpr double kWallFactor = 5;

/// Of one call that may use so much CPU time.
SandboxLimits call_limits(double cpu_seconds);

/// A session of the problem's references: best, good, naive, retort_cases and retort_sized.
std::unique_ptr<SandboxSession> reference_session(const Sandbox& sandbox, const CodeTask& task);

/// Hidden inputs depend on the seed, the problem and nothing else. Throws Error bad_input, in one line, where
/// the problem's own programs fail: our fault or the file's, never the candidate's.
PreparedTask prepare(const Sandbox& sandbox, const CodeProblem& problem, uint64_t seed);

/// The value, or an Error bad_input "<where>: best(...) raised ValueError: ...".
Json value_of(CallResult result, const std::string& where);

}  // namespace retort::eval
