#include "retort/eval/code/scenarios/web_service.h"

#include <algorithm>

#include <fmt/core.h>

#include "retort/eval/code/text_lines.h"
#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

constexpr JsonLimits kBodyLimits{.max_depth = 16};

// Two interpreters, and a thread for each of 32 requests on both sides.
constexpr SandboxLimits kLimits{.cpu_seconds = 20,
                                .wall_seconds = 60,
                                .address_space_bytes = uint64_t{4} << 30,
                                .processes = 128,
                                .output_bytes = uint64_t{16} << 20};

Json as_json(const WebRequest& request) {
  Json out{{"method", request.method}, {"path", request.path}, {"headers", request.headers}};
  if (request.body) out["body"] = *request.body;
  return out;
}

/// The client's word is hostile too: it shares its sandbox with the server.
WebAnswer read_answer(const Json& seen) {
  WebAnswer answer{.json = Json(Json::value_t::discarded), .failed = "no answer"};
  if (!seen.is_object()) return answer;
  if (const auto at = seen.find("failed"); at != seen.end() && at->is_string()) {
    answer.failed = at->get<std::string>();
    return answer;
  }
  const auto status = seen.find("status"), headers = seen.find("headers"), body = seen.find("body");
  if (status == seen.end() || !status->is_number_integer() || body == seen.end() || !body->is_string())
    return answer;
  answer.failed.clear();
  answer.status = status->get<int64_t>();
  answer.body = body->get<std::string>();
  if (headers != seen.end() && headers->is_object())
    for (const auto& [key, value] : headers->items())
      if (value.is_string()) answer.headers[key] = value.get<std::string>();
  try {
    answer.json = parse_json(answer.body, "body", kBodyLimits);
  } catch (const Error&) {
    answer.json = Json(Json::value_t::discarded);
  }
  return answer;
}

std::string shown(const WebAnswer& seen) {
  if (!seen.failed.empty()) return "no answer: " + one_line(seen.failed);
  return fmt::format("status {}, body '{}'", seen.status, one_line(seen.body));
}

bool has_members(const Json& object, const Json& members) {
  if (members.is_null()) return true;
  if (!object.is_object()) return false;
  return std::all_of(members.items().begin(), members.items().end(), [&](const auto& member) {
    const auto at = object.find(member.key());
    return at != object.end() && *at == member.value();
  });
}

}  // namespace

WebRequest json_request(std::string method, std::string path, const Json& body) {
  return {std::move(method), std::move(path), body.dump(), {{"Content-Type", "application/json"}}};
}

bool WebAnswer::has_error() const {
  if (!json.is_object()) return false;
  const auto at = json.find("error");
  return at != json.end() && at->is_string() && !at->get_ref<const std::string&>().empty();
}

WebService::WebService(const Sandbox& sandbox, const std::string& source)
    : session_(sandbox, {.source = std::string(embedded_file("web_client.py")),
                         .files = {{"server.py", source}},
                         .limits = kLimits,
                         .loopback = true}) {}

/// Null if the client, and with it the server, is lost.
Json WebService::call(const char* function, const Json& args) {
  if (lost_) return nullptr;
  CallResult result = session_.call(function, args);
  lost_ = result.outcome != CallOutcome::value;
  return lost_ ? Json(nullptr) : std::move(result.value);
}

bool WebService::start() {
  const bool listens = call("start", Json::array()) == true;
  result_.count(&ScenarioResult::checks, listens, "start: the server does not listen on its port");
  lost_ = lost_ || !listens;
  return listens;
}

WebAnswer WebService::ask(const WebRequest& request) {
  return read_answer(call("one", Json::array({as_json(request)})));
}

std::vector<WebAnswer> WebService::ask_at_once(const std::vector<WebRequest>& requests) {
  Json all = Json::array();
  for (const WebRequest& request : requests) all.push_back(as_json(request));
  const Json seen = call("parallel", Json::array({all}));
  std::vector<WebAnswer> answers;
  for (size_t i = 0; i < requests.size(); ++i)
    answers.push_back(read_answer(seen.is_array() && i < seen.size() ? seen[i] : Json()));
  return answers;
}

void WebService::expect(bool holds, const std::string& what, const WebAnswer& seen) {
  result_.count(&ScenarioResult::checks, holds, what + ": " + shown(seen));
}

WebAnswer WebService::expect_answer(const std::string& what, const WebRequest& request, int64_t status,
                                    const Json& members) {
  WebAnswer seen = ask(request);
  result_.count(&ScenarioResult::checks, seen.status == status && has_members(seen.json, members),
                fmt::format("{}: {}; expected {} {}", what, shown(seen), status,
                            members.is_null() ? "" : members.dump()));
  return seen;
}

WebAnswer WebService::expect_refusal(const std::string& what, const WebRequest& request, int64_t status) {
  WebAnswer seen = ask(request);
  result_.count(&ScenarioResult::faults, seen.status == status && seen.has_error(),
                fmt::format("{}: {}; expected {} and an error", what, shown(seen), status));
  return seen;
}

void WebService::expect_shutdown() {
  const Json seen = call("terminate", Json::array());
  const bool clean =
      seen.is_object() && seen.value("status", Json()) == 0 && seen.value("closed", Json()) == true;
  result_.count(&ScenarioResult::checks, clean,
                "SIGTERM: the server does not end with status 0 in 5 seconds");
}

ScenarioResult run_web(const Sandbox& sandbox, const std::string& source, uint64_t seed, CheckService check) {
  WebService service(sandbox, source);
  service.start();  // if it does not, every check below fails, and all are counted
  check(service, seed);
  service.expect_shutdown();
  return service.result();
}

}  // namespace retort::eval
