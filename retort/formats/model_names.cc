#include "retort/formats/model_names.h"

#include <algorithm>
#include <cstdlib>

#include "retort/base/error.h"
#include "retort/base/nearest.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

struct Member {
  const char* name;
  const char* recipe;
};
constexpr Member kFamily[] = {
#define X(name, recipe) {name, recipe},
#include "retort/formats/model_names.inc"
#undef X
};

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

fs::path program_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

bool has_weights(const fs::path& folder) {
  return fs::exists(folder / "config.json") &&
         (fs::exists(folder / "model.safetensors") || fs::exists(folder / "model.safetensors.index.json"));
}

/// A word that is not meant as a path: no folder before it and no ending that a checkpoint has.
bool is_name(const std::string& model) {
  const fs::path path(model);
  const std::string ending = path.extension().string();
  return path.filename() == path && !path.empty() && model[0] != '.' && ending != ".gguf" &&
         ending != ".safetensors";
}

fs::path member_folder(const Member& member, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders)
    if (has_weights(folder / member.name)) return folder / member.name;
  for (const fs::path& folder : folders) {
    const fs::path recipe = folder / member.recipe;
    if (fs::exists(recipe))
      fail(ErrorCode::not_found,
           "{0}: its weights are not here ({1} has none); make them: retort distill {2} --output {1}",
           member.name, (folder / member.name).string(), recipe.string());
  }
  fail(
      ErrorCode::not_found,
      "{}: neither its weights nor its recipe, {}, are here; RETORT_MODELS may name the folder that has them",
      member.name, folders.empty() ? member.recipe : (folders.front() / member.recipe).string());
}

}  // namespace

std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("RETORT_MODELS"); named != nullptr && *named != '\0')
    folders.emplace_back(named);
  for (const fs::path& folder : {fs::path(RETORT_MICRO_MODELS), program_folder() / "models/micro",
                                 program_folder().parent_path() / "share/retort/models/micro"})
    if (fs::is_directory(folder)) folders.push_back(folder);
  return folders;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Member& member : kFamily) names.emplace_back(member.name);
  return names;
}

fs::path find_model(const std::string& model, const fs::path& base, const std::vector<fs::path>& folders) {
  const fs::path path = (base / model).lexically_normal();
  if (!is_name(model) || fs::exists(path)) return path;
  const auto* member = std::find_if(std::begin(kFamily), std::end(kFamily),
                                    [&](const Member& one) { return model == one.name; });
  if (member != std::end(kFamily)) return member_folder(*member, folders);
  fail(ErrorCode::not_found, "{}: no such file or folder, and no model of that name{}; the names are {}",
       printable(model), did_you_mean(model, model_names()), listed(model_names()));
}

}  // namespace retort
