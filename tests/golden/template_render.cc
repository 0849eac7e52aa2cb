// Renders templates for the comparison with other engines: JSON lines {"template", "context", "now"} in,
// JSON lines {"ok": text} or {"error": message} out.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/error.h"
#include "retort/text/jinja/template.h"

namespace {

retort::Json answer(const std::string& line) {
  using retort::Json;
  try {
    Json request = retort::parse_json(line, "request", {.max_depth = 200});
    retort::jinja::Template compiled(request.at("template").get<std::string>(), "template");
    std::chrono::local_seconds now{std::chrono::seconds(request.value("now", int64_t{0}))};
    return Json{{"ok", compiled.render(request.at("context"), now)}};
  } catch (const retort::Error& error) {
    return Json{{"error", error.message()}};
  }
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) std::cout << answer(line).dump() << "\n";
}
