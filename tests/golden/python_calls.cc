// Calls functions of Python programs for the comparison with CPython: JSON lines {"source", "function",
// "arguments"} in, JSON lines {"status", "text", "exception"} out; status "syntax" where it does not parse.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/json.h"
#include "retort/problems/python/program.h"

namespace {

using retort::Json;
namespace python = retort::problems::python;

Json answer(const std::string& line) {
  Json request = retort::parse_json(line, "request");
  auto program = python::Program::parse(request.at("source").get<std::string>());
  if (!program) return {{"status", "syntax"}, {"text", program.error().message()}};
  python::Outcome o =
      program->call(request.at("function").get<std::string>(), request.at("arguments").get<std::string>());
  constexpr const char* kStatuses[] = {"value", "raised", "stopped"};
  return {{"status", kStatuses[static_cast<int>(o.status)]}, {"text", o.text}, {"exception", o.exception}};
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) std::cout << answer(line).dump() << "\n";
}
