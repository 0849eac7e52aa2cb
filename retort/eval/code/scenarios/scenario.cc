#include "retort/eval/code/scenarios/scenario.h"

#include <fmt/core.h>

#include "retort/eval/code/scenarios/structure.h"
#include "retort/eval/code/scenarios/web_service.h"
#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

#define RETORT_RUN_structure(id)                                                           \
  [](const Sandbox& sandbox, const std::string& source, uint64_t seed) -> ScenarioResult { \
    return run_structure(sandbox, source, seed, make_##id);                                \
  }

#define RETORT_RUN_web(id)                                                                 \
  [](const Sandbox& sandbox, const std::string& source, uint64_t seed) -> ScenarioResult { \
    return run_web(sandbox, source, seed, check_##id);                                     \
  }

constexpr ScenarioRow kScenarios[] = {
#define X(id, kind) {#id, #kind, RETORT_RUN_##kind(id)},
#include "retort/eval/code/scenarios/scenarios.inc"
#undef X
};

}  // namespace

void ScenarioResult::count(CellCount ScenarioResult::*cell, bool met, const std::string& what) {
  ++(this->*cell).all;
  (this->*cell).met += met;
  if (!met && first_miss.empty()) first_miss = what;
}

std::string_view ScenarioRow::prompt() const {
  return embedded_file(fmt::format("scenario_{}.md", id));
}

std::span<const ScenarioRow> scenarios() {
  return kScenarios;
}

}  // namespace retort::eval
