#include "retort/eval/sandbox/session.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/embedded.h"
#include "retort/eval/sandbox/frames.h"

namespace retort::eval {
namespace {

using std::chrono::milliseconds;

constexpr JsonLimits kReplyLimits{.max_depth = 64};
constexpr size_t kMaxBases = 32;
#ifdef __aarch64__
constexpr const char* kLoader = "/lib/ld-linux-aarch64.so.1";
#else
constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";
#endif

struct LanguageRow {
  std::string_view name;
  std::vector<std::string> command;
  const char* driver;  // empty: the candidate's file is a program that has it within
  const char* candidate;
  uint64_t extra_address_space;  // reserved by the interpreter, beyond what it uses
};

const LanguageRow& row_of(Language language) {
  // A program from outside is a file that may not be executed; the loader reads it all the same.
  static const LanguageRow kLanguages[] = {
      {"python", {"python3", "python_driver.py"}, "python_driver.py", "candidate.py", uint64_t{256} << 20},
      {"javascript", {"node", "node_driver.js"}, "node_driver.js", "candidate.js", uint64_t{8} << 30},
      {"cpp", {kLoader, "./candidate"}, "", "candidate", uint64_t{64} << 20}};
  return kLanguages[static_cast<int>(language)];
}

SandboxSpec spec_of(const SessionOptions& options) {
  const LanguageRow& row = row_of(options.language);
  SandboxSpec spec{.argv = row.command,
                   .files = options.files,
                   .environment = {{"PYTHONHASHSEED", "0"}, {"PYTHONDONTWRITEBYTECODE", "1"}},
                   .limits = options.limits,
                   .loopback = options.loopback,
                   .renewable = true};
  if (*row.driver != 0) spec.files.push_back({row.driver, std::string(embedded_file(row.driver))});
  spec.files.push_back({row.candidate, options.source});
  if (spec.limits.address_space_bytes == 0)
    spec.limits.address_space_bytes = spec.limits.memory_bytes + row.extra_address_space;
  return spec;
}

void bad_reply(CallResult& result, std::string why) {
  result.outcome = CallOutcome::bad_reply;
  result.message = std::move(why);
}

std::string text_at(const Json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void read_exception(const Json& error, CallResult& result) {
  result.outcome = CallOutcome::exception;
  result.exception = text_at(error, "class");
  result.message = text_at(error, "message");
  auto bases = error.find("bases");
  if (bases == error.end() || !bases->is_array()) return;
  for (const Json& base : *bases)
    if (base.is_string() && result.bases.size() < kMaxBases) result.bases.push_back(base.get<std::string>());
}

/// The text is hostile. False if it is not an answer to call `id`.
bool read_answer(const std::string& text, int id, CallResult& result) {
  Json reply;
  try {
    reply = parse_json(text, "reply", kReplyLimits);
  } catch (const std::exception& error) {
    bad_reply(result, error.what());
    return false;
  }
  if (!reply.is_object() || !reply.contains("id") || reply["id"] != id) {
    bad_reply(result, fmt::format("reply: not an answer to call {}", id));
    return false;
  }
  if (reply.contains("args")) result.args_after = std::move(reply["args"]);
  if (reply.contains("error") && reply["error"].is_object()) {
    read_exception(reply["error"], result);
    return true;
  }
  if (!reply.contains("value")) {
    bad_reply(result, "reply: neither a value nor an error");
    return false;
  }
  result.outcome = CallOutcome::value;
  result.value = std::move(reply["value"]);
  return true;
}

CallOutcome outcome_of(Ended ended) {
  switch (ended) {
    case Ended::cpu_limit:
    case Ended::wall_limit:
      return CallOutcome::time_limit;
    case Ended::memory_limit:
      return CallOutcome::memory_limit;
    case Ended::output_limit:
    case Ended::process_limit:
    case Ended::file_limit:
      return CallOutcome::other_limit;
    case Ended::exited:
    case Ended::signalled:
    case Ended::stopped:
      return CallOutcome::crashed;
  }
  return CallOutcome::crashed;
}

}  // namespace

std::string_view name(Language language) {
  return row_of(language).name;
}

std::string_view name(CallOutcome outcome) {
  constexpr std::string_view kNames[] = {
#define X(id, text) text,
      RETORT_CALL_OUTCOMES(X)
#undef X
  };
  return kNames[static_cast<int>(outcome)];
}

SandboxSession::SandboxSession(const Sandbox& sandbox, SessionOptions options)
    : sandbox_(sandbox), options_(std::move(options)) {}

SandboxSession::~SandboxSession() = default;

CallResult SandboxSession::call(std::string_view function, const Json& args) {
  return call(function, args, Json::object());
}

CallResult SandboxSession::call(std::string_view function, const Json& args, const Json& named) {
  return call({.function = std::string(function), .args = args, .named = named});
}

CallResult SandboxSession::call(const SessionCall& call) {
  Json request{{"function", call.function}};
  if (call.kept) {
    request["kept"] = true;
  } else {
    request["args"] = call.args;
    request["named"] = call.named;
  }
  if (options_.report_args) request["report_args"] = true;
  return ask(std::move(request), call.meter);
}

CallResult SandboxSession::keep(const Json& args) {
  return ask(Json{{"keep", args}}, false);
}

CallResult SandboxSession::ask(Json request, bool meter) {
  CallResult result;
  // Bytes that nobody asked for: an earlier call left something running that writes answers.
  if (process_ && !process_->out().empty()) process_.reset();
  if (!process_ && !start(result)) return result;

  int id = next_id_++;
  request["id"] = id;
  double cpu_before = process_->usage().cpu_seconds, wall_before = process_->wall_seconds();
  const int64_t metered = meter ? process_->cpu_nanoseconds() : 0;
  process_->resume();
  process_->renew_budget();
  process_->err().clear();
  process_->send(make_frame(request.dump(-1, ' ', true)));
  bool answered = read_reply(id, result);
  result.wall_seconds = process_->wall_seconds() - wall_before;
  result.cpu_seconds = process_->usage().cpu_seconds - cpu_before;
  result.printed = process_->err();
  if (answered)
    process_->suspend();
  else
    process_.reset();
  if (meter && process_) result.cpu_nanoseconds = process_->cpu_nanoseconds() - metered;
  return result;
}

/// The driver's first reply says whether the candidate's file could be loaded.
bool SandboxSession::start(CallResult& result) {
  process_ = sandbox_.start(spec_of(options_));
  ++starts_;
  bool answered = read_reply(0, result);
  if (answered && result.outcome == CallOutcome::value) return true;
  if (result.outcome == CallOutcome::exception || result.outcome == CallOutcome::crashed)
    result.outcome = CallOutcome::load_failed;
  result.printed = process_->err();
  process_.reset();
  return false;
}

/// False if the call is lost, and with it the process.
bool SandboxSession::read_reply(int id, CallResult& result) {
  for (;;) {
    Result<std::optional<std::string>> frame = take_frame(process_->out(), options_.limits.output_bytes);
    if (!frame) {
      bad_reply(result, frame.error().message());
      return false;
    }
    if (*frame) {
      process_->pump(milliseconds(0));  // prints that came before the answer
      return read_answer(**frame, id, result);
    }
    if (process_->ended()) {
      lose(result);
      return false;
    }
    process_->pump(milliseconds(20));
  }
}

void SandboxSession::lose(CallResult& result) {
  std::string printed = process_->err();
  SandboxResult end = process_->result();
  process_->err() = std::move(printed);
  result.outcome = outcome_of(end.ended);
  result.message = fmt::format("the process ended: {} {}", name(end.ended), end.code);
}

}  // namespace retort::eval
