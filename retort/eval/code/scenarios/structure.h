// Data structures against a reference: the candidate's class and a simple one of ours get the same random
// operations one by one, valid and invalid; the values, and the exceptions of the invalid ones, must agree.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/base/random.h"
#include "retort/eval/code/scenarios/scenario.h"

namespace retort::eval {

/// An operation, and what must come of it.
struct StructureStep {
  std::string method;
  Json args = Json::array();
  Json value;          // null: None
  std::string raises;  // the exception of an invalid operation; it leaves the structure as it was
};

/// Plain containers, in which the right answer is plain to see.
class StructureReference {
 public:
  virtual ~StructureReference() = default;
  virtual std::string class_name() const = 0;
  virtual Json constructor_args() const { return Json::array(); }
  /// Constructions that must fail.
  virtual std::vector<StructureStep> bad_constructions() const { return {}; }
  /// Draws an operation and does it.
  virtual StructureStep step(Random& random) = 0;
};

using MakeStructure = std::unique_ptr<StructureReference> (*)(Random& random);

#define X(id, kind) RETORT_DECLARE_##kind(id)
#define RETORT_DECLARE_structure(id) std::unique_ptr<StructureReference> make_##id(Random& random);
#define RETORT_DECLARE_web(id)
#include "retort/eval/code/scenarios/scenarios.inc"
#undef RETORT_DECLARE_structure
#undef RETORT_DECLARE_web
#undef X

ScenarioResult run_structure(const Sandbox& sandbox, const std::string& source, uint64_t seed,
                             MakeStructure make);

/// A number from low to high.
inline int64_t draw(Random& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1)));
}

}  // namespace retort::eval
