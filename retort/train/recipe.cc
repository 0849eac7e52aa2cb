#include "retort/train/recipe.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/check.h"
#include "retort/formats/model_names.h"
#include "retort/train/recipe_keys.h"

namespace retort::train {
namespace {

struct StageKindRow {
  std::string_view name;
  TeacherPart teacher;
  std::string_view doc;
};
constexpr StageKindRow kStageKinds[] = {
#define X(name, teacher, doc) {#name, TeacherPart::teacher, doc},
#include "retort/train/stage_kinds.inc"
#undef X
};

/// Absent values are left out, so that what is written can be read.
Json section_json(const std::vector<RecipeKey>& keys) {
  Json object = Json::object();
  for (const RecipeKey& key : keys)
    if (has_value(key)) object[std::string(key.name)] = to_json(key.value);
  return object;
}

/// What a run may change about its recipe and still be the same run.
bool matters(std::string_view path) {
  return path != "notes" && path != "output" && path != "gguf" && !path.starts_with("evaluation.");
}

void compare(const Json& a, const Json& b, const std::string& path, std::vector<std::string>& out) {
  if (a == b) return;
  if (!a.is_structured() || a.type() != b.type() || (a.is_array() && a.size() != b.size())) {
    if (matters(path)) out.push_back(path);
    return;
  }
  if (a.is_array()) {
    for (size_t i = 0; i < a.size(); ++i) compare(a[i], b[i], fmt::format("{}[{}]", path, i), out);
    return;
  }
  auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  for (const auto& [key, value] : a.items())
    compare(value, b.contains(key) ? b[key] : Json(), below(key), out);
  for (const auto& [key, value] : b.items())
    if (!a.contains(key)) compare(Json(), value, below(key), out);
}

}  // namespace

std::string_view name(StageKind kind) {
  return kStageKinds[static_cast<size_t>(kind)].name;
}

TeacherPart teacher_part(StageKind kind) {
  return kStageKinds[static_cast<size_t>(kind)].teacher;
}

bool uses_traces(StageKind kind) {
  return teacher_part(kind) != TeacherPart::none && kind != StageKind::on_policy;
}

std::string_view documentation(StageKind kind) {
  return kStageKinds[static_cast<size_t>(kind)].doc;
}

std::vector<StageKind> all_stage_kinds() {
  std::vector<StageKind> kinds;
  for (size_t i = 0; i < std::size(kStageKinds); ++i) kinds.push_back(static_cast<StageKind>(i));
  return kinds;
}

std::string_view StudentRecipe::start_key() const {
  if (!from.empty()) return "student.from";
  if (!upcycle_from.empty()) return "student.upcycle_from";
  if (!prune_from.empty()) return "student.prune_from";
  return grow_from.empty() ? "" : "student.grow_from";
}

const std::string& StudentRecipe::start_folder() const {
  return !from.empty()           ? from
         : !upcycle_from.empty() ? upcycle_from
         : !prune_from.empty()   ? prune_from
                                 : grow_from;
}

StageKind StageRecipe::parsed_kind() const {
  const auto* row = std::find_if(std::begin(kStageKinds), std::end(kStageKinds),
                                 [&](const StageKindRow& one) { return one.name == kind; });
  RETORT_CHECK(row != std::end(kStageKinds));  // the parser allows no other
  return static_cast<StageKind>(row - std::begin(kStageKinds));
}

const WeightGrid* StageRecipe::grid() const {
  if (quantise.empty()) return nullptr;
  const WeightGrid* grid = find_weight_grid(quantise);
  RETORT_CHECK(grid != nullptr);  // the parser allows no other
  return grid;
}

TeacherPart Recipe::teacher_part() const {
  TeacherPart most = TeacherPart::none;
  for (const StageRecipe& stage : stages) most = std::max(most, train::teacher_part(stage.parsed_kind()));
  return most;
}

bool Recipe::uses_traces() const {
  return std::any_of(stages.begin(), stages.end(),
                     [](const StageRecipe& stage) { return train::uses_traces(stage.parsed_kind()); });
}

bool Recipe::uses_texts() const {
  return std::any_of(stages.begin(), stages.end(),
                     [](const StageRecipe& stage) { return stage.parsed_kind() == StageKind::texts; });
}

bool Recipe::uses_problems() const {
  return std::any_of(stages.begin(), stages.end(),
                     [](const StageRecipe& stage) { return stage.parsed_kind() != StageKind::texts; });
}

bool Recipe::examined_before(size_t stage) const {
  if (evaluation.points == 0 || stages[stage].grid() == nullptr) return false;
  if (stage == 0) return !student.start_key().empty();  // random weights know nothing
  return stages[stage].grid() != stages[stage - 1].grid();
}

int64_t Recipe::examinations() const {
  int64_t n = evaluation.points;
  for (size_t i = 0; i < stages.size(); ++i)
    if (examined_before(i)) n += 2;
  // At the end rounded, and as it is exported.
  return n + (evaluation.points > 0 && stages.back().grid() != nullptr ? 1 : 0);
}

std::filesystem::path Recipe::resolve(const std::string& path) const {
  return (file.parent_path() / path).lexically_normal();
}

std::vector<std::filesystem::path> Recipe::text_files() const {
  std::vector<std::filesystem::path> files;
  for (const std::string& one : texts.files) files.push_back(resolve(one));
  return files;
}

std::filesystem::path Recipe::resolve_model(const std::string& model) const {
  return find_model(model, file.parent_path());
}

Json to_json(const Recipe& recipe) {
  Recipe copy = recipe;  // the rows are bound to something that they could change
  StageRecipe any_stage;
  Json out = Json::object();
  for (const RecipeSection& section : recipe_sections(copy, any_stage)) {
    std::string name(section.name);
    if (name.empty()) {
      out = section_json(section.keys);
    } else if (section.is_list) {
      out[name] = Json::array();
      for (StageRecipe& stage : copy.stages) out[name].push_back(section_json(stage_keys(stage)));
    } else {
      out[name] = section_json(section.keys);
    }
  }
  return out;
}

std::vector<std::string> differing_keys(const Json& a, const Json& b) {
  std::vector<std::string> out;
  compare(a, b, "", out);
  return out;
}

}  // namespace retort::train
