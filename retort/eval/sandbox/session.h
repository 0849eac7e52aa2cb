// SandboxSession: a candidate's functions, called one by one in a sandbox. The caller gives inputs and gets
// values; what the values should have been never enters the sandbox, so nothing in there can fake a verdict.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/sandbox/sandbox.h"

namespace retort::eval {

enum class Language { python, javascript, cpp };
/// "python", "javascript", "cpp".
std::string_view name(Language language);

// clang-format off
#define RETORT_CALL_OUTCOMES(X)                        \
  X(value, "value")            /* returned */          \
  X(exception, "exception")    /* raised */            \
  X(load_failed, "load failed") /* the file itself raised or ended */ \
  X(time_limit, "time limit")  /* CPU or wall */       \
  X(memory_limit, "memory limit")                      \
  X(other_limit, "other limit") /* output, processes, files */ \
  X(crashed, "crashed")        /* the process ended */ \
  X(bad_reply, "bad reply")    /* not a frame, not JSON, not an answer to this call */
// clang-format on

enum class CallOutcome {
#define X(id, text) id,
  RETORT_CALL_OUTCOMES(X)
#undef X
};

std::string_view name(CallOutcome outcome);

struct CallResult;

struct SessionOptions {
  Language language = Language::python;
  /// The candidate's file. Of C++ the program that compile_cpp (code/cpp_program.h) made of it.
  std::string source;
  std::vector<SandboxFile> files;                              // beside it
  SandboxLimits limits{.cpu_seconds = 5, .wall_seconds = 10};  // CPU, wall and output: of each call
  bool loopback = false;
  bool report_args = false;  // CallResult::args_after
};

/// What is to be called, and what else is to be said of the call.
struct SessionCall {
  std::string function;         // a name, or names joined by dots; empty: nothing is called, null comes back
  Json args = Json::array();    // a JSON array
  Json named = Json::object();  // a JSON object; Python only
  bool kept = false;            // with the arguments of keep() in place of `args`
  bool meter = false;           // CallResult::cpu_nanoseconds
};

/// Not thread-safe; the thread that makes the first call must live as long as the session (see launch.h).
class SandboxSession {
 public:
  /// The sandbox must outlive the session. Nothing is started yet.
  SandboxSession(const Sandbox& sandbox, SessionOptions options);
  ~SandboxSession();

  /// `function` is a name, or names joined by dots; `args` a JSON array and `named` a JSON object (Python
  /// only). A call that hangs, crashes or answers nonsense is lost alone: the next one finds a new process.
  /// JSON cannot say everything; these stand for Python's (and JavaScript's) other values, in both
  /// directions:
  /// {"$int": "2**63 and more, in decimal"}, {"$float": "nan"}, {"$bytes": base64}, {"$tuple": []}, {"$set":
  /// []},
  /// {"$dict": [[key, value], ...]} for other keys than strings, {"$undefined": true}. An
  /// argument {"$raises": "KeyError"} raises that when it is called, and in Python when it is iterated,
  /// indexed or measured; a name that the language does not know becomes a class of its own. Throws Error
  /// unsupported or resource if no process can be started.
  CallResult call(std::string_view function, const Json& args);
  CallResult call(std::string_view function, const Json& args, const Json& named);
  CallResult call(const SessionCall& call);
  /// Has the driver read the arguments of one later call, so that a metered call does not pay for reading
  /// them. Gives null, or what became of the process.
  CallResult keep(const Json& args);

  /// Processes started so far: 1 + the calls lost.
  int starts() const { return starts_; }

 private:
  CallResult ask(Json request, bool meter);
  bool start(CallResult& result);
  bool read_reply(int id, CallResult& result);
  void lose(CallResult& result);

  const Sandbox& sandbox_;
  SessionOptions options_;
  std::unique_ptr<SandboxProcess> process_;
  int next_id_ = 1, starts_ = 0;
};

}  // namespace retort::eval
