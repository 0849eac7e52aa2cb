#include "retort/eval/code/python_facts.h"

#include <nlohmann/json.hpp>

#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

constexpr size_t kMaxParameters = 64;

int64_t count_at(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_number_integer() ? at->get<int64_t>() : 0;
}

Result<Json> ask(SandboxSession& reader, const char* function, Json args) {
  CallResult result = reader.call(function, args);
  if (result.outcome == CallOutcome::value) return std::move(result.value);
  return tl::unexpected(make_error(ErrorCode::bad_input, "python: {}: {} {}", name(result.outcome),
                                   result.exception, result.message));
}

}  // namespace

SandboxSession python_reader(const Sandbox& sandbox) {
  return {sandbox, {.source = std::string(embedded_file("python_facts.py"))}};
}

Result<PythonFacts> read_python(SandboxSession& reader, std::string_view source, std::string_view entry) {
  const Json raw = RETORT_TRY(ask(reader, "facts", {source, entry}));
  if (!raw.is_object()) return tl::unexpected(make_error(ErrorCode::bad_input, "python: no facts came back"));
  PythonFacts facts;
  facts.found = raw.value("found", Json()) == true;
  if (const auto at = raw.find("docstring"); at != raw.end() && at->is_string())
    facts.docstring = at->get<std::string>();
  if (const auto at = raw.find("parameters"); at != raw.end() && at->is_array())
    for (const Json& one : *at)
      if (one.is_string() && facts.parameters.size() < kMaxParameters)
        facts.parameters.push_back(one.get<std::string>());
  facts.handlers = {.handlers = count_at(raw, "handlers"),
                    .bare = count_at(raw, "bare"),
                    .broad = count_at(raw, "broad"),
                    .empty = count_at(raw, "empty")};
  return facts;
}

Result<Json> read_literal(SandboxSession& reader, std::string_view text) {
  return ask(reader, "literal", Json::array({text}));
}

}  // namespace retort::eval
