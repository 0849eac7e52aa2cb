#include "retort/problems/problem.h"

#include <fmt/core.h>

namespace retort::problems {
namespace {

struct FamilyRow {
  std::string_view name;
  std::string_view summary;
};
constexpr FamilyRow kFamilies[] = {
#define X(name, summary) {#name, summary},
#include "retort/problems/families.inc"
#undef X
};
constexpr std::string_view kSplits[] = {"train", "test"};
constexpr std::string_view kForms[] = {"integer", "text", "program"};
constexpr std::string_view kTurnKinds[] = {"ask", "premise", "tell"};

}  // namespace

std::string_view name(Family family) {
  return kFamilies[static_cast<size_t>(family)].name;
}
std::string_view name(Split split) {
  return kSplits[static_cast<size_t>(split)];
}
std::string_view name(AnswerForm form) {
  return kForms[static_cast<size_t>(form)];
}
std::string_view name(TurnKind kind) {
  return kTurnKinds[static_cast<size_t>(kind)];
}
std::string_view summary(Family family) {
  return kFamilies[static_cast<size_t>(family)].summary;
}

std::optional<Family> parse_family(std::string_view text) {
  for (Family family : all_families())
    if (name(family) == text) return family;
  return std::nullopt;
}

std::optional<Split> parse_split(std::string_view text) {
  for (Split split : {Split::train, Split::test})
    if (name(split) == text) return split;
  return std::nullopt;
}

std::vector<Family> all_families() {
  std::vector<Family> all;
  for (size_t i = 0; i < std::size(kFamilies); ++i) all.push_back(static_cast<Family>(i));
  return all;
}

std::string id(const Problem& p) {
  return fmt::format("{}-{}-{}-{}-{}", name(p.family), p.level, name(p.split), p.seed, p.index);
}

}  // namespace retort::problems
