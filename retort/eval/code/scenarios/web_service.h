// Web services: the candidate's server runs in a sandbox beside a client of ours, which is told each request
// from here and gives back what it saw. What each answer should have been never enters the sandbox.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/code/scenarios/scenario.h"
#include "retort/eval/sandbox/session.h"

namespace retort::eval {

struct WebRequest {
  std::string method, path;
  std::optional<std::string> body;
  std::map<std::string, std::string> headers;
};

/// A request with a JSON body.
WebRequest json_request(std::string method, std::string path, const Json& body);

struct WebAnswer {
  int64_t status = 0;                          // 0: no answer came, and `failed` says why
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  Json json;  // of the body; discarded if it is none
  std::string failed;

  bool has_error() const;  // the body is {"error": some text}
};

/// One running server, and the checks made of it.
class WebService {
 public:
  WebService(const Sandbox& sandbox, const std::string& source);

  /// False, and one failed check, if it never listens.
  bool start();
  WebAnswer ask(const WebRequest& request);
  std::vector<WebAnswer> ask_at_once(const std::vector<WebRequest>& requests);

  /// Counts a check of an answer.
  void expect(bool holds, const std::string& what, const WebAnswer& seen);
  /// Asks, and counts whether the status and, of JSON objects, all members given are as they should be.
  WebAnswer expect_answer(const std::string& what, const WebRequest& request, int64_t status,
                          const Json& members = {});
  /// Asks something wrong: the status must be that, and the body {"error": "..."}.
  WebAnswer expect_refusal(const std::string& what, const WebRequest& request, int64_t status);
  /// SIGTERM must end it with status 0, and the port must be closed then.
  void expect_shutdown();

  ScenarioResult result() const { return result_; }

 private:
  Json call(const char* function, const Json& args);

  SandboxSession session_;
  ScenarioResult result_;
  bool lost_ = false;
};

using CheckService = void (*)(WebService& service, uint64_t seed);

#define X(id, kind) RETORT_DECLARE_##kind(id)
#define RETORT_DECLARE_structure(id)
#define RETORT_DECLARE_web(id) void check_##id(WebService& service, uint64_t seed);
#include "retort/eval/code/scenarios/scenarios.inc"
#undef RETORT_DECLARE_structure
#undef RETORT_DECLARE_web
#undef X

/// A fresh server is checked. Where it never starts all checks of the reference count as failed.
ScenarioResult run_web(const Sandbox& sandbox, const std::string& source, uint64_t seed, CheckService check);

}  // namespace retort::eval
