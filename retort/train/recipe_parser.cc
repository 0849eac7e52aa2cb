// From JSON to a Recipe: every member is found in the table of keys, of the right type and in its range.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/nearest.h"
#include "retort/formats/json_fields.h"
#include "retort/formats/printable.h"
#include "retort/train/recipe_checks.h"
#include "retort/train/recipe_keys.h"

namespace retort::train {
namespace {

constexpr uint64_t kMaxRecipe = uint64_t{1} << 20;
constexpr size_t kMaxStages = 64;
constexpr size_t kMaxList = 4096;

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), 60);
}

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

/// Reads one member into the value of its row. `path` is "recipe.json: optimizer.learning_rate".
class ValueReader {
 public:
  ValueReader(const RecipeKey& key, std::string path) : key_(key), path_(std::move(path)) {}

  void read(const Json& json) const {
    std::visit([&](auto* value) { read(json, *value); }, key_.value);
  }

 private:
  [[noreturn]] void refuse(const Json& json, std::string_view expected) const {
    fail(ErrorCode::bad_input, "{}: is {}, expected {}", path_, shown(json), expected);
  }
  void check_range(double x, const Json& json) const {
    // Written so that NaN fails.
    if (!(x >= key_.range.least && x <= key_.range.most))
      fail(ErrorCode::bad_input, "{}: {} is outside {} to {}", path_, shown(json), key_.range.least,
           key_.range.most);
  }
  void check_choice(const std::string& text) const {
    const auto& choices = key_.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return;
    fail(ErrorCode::bad_input, "{}: '{}' is none of {}{}", path_, printable(text), listed(choices),
         did_you_mean(text, choices));
  }

  void read(const Json& json, double& out) const {
    if (!json.is_number()) refuse(json, "a number");
    out = json.get<double>();
    check_range(out, json);
  }
  void read(const Json& json, int64_t& out) const {
    if (!json.is_number()) refuse(json, "an integer");
    // As a double first: 4e6 is an integer to its writer. The ranges end far below 2^53.
    auto real = json.get<double>();
    check_range(real, json);
    if (real != std::floor(real)) refuse(json, "an integer");
    out = static_cast<int64_t>(real);
  }
  void read(const Json& json, bool& out) const {
    if (!json.is_boolean()) refuse(json, "true or false");
    out = json.get<bool>();
  }
  void read(const Json& json, std::string& out) const {
    if (!json.is_string()) refuse(json, "a text");
    out = json.get<std::string>();
    if (out.empty()) fail(ErrorCode::bad_input, "{}: is empty; leave the key out instead", path_);
    check_choice(out);
  }
  template <typename T>
  void read(const Json& json, std::optional<T>& out) const {
    read(json, out.emplace());
  }
  template <typename T>
  void read(const Json& json, std::vector<T>& out) const {
    if (!json.is_array()) refuse(json, "a list");
    if (json.empty()) fail(ErrorCode::bad_input, "{}: is empty; leave the key out instead", path_);
    if (json.size() > kMaxList)
      fail(ErrorCode::bad_input, "{}: has {} entries, more than {}", path_, json.size(), kMaxList);
    out.clear();
    for (size_t i = 0; i < json.size(); ++i) {
      T one{};
      ValueReader(key_, fmt::format("{}[{}]", path_, i)).read(json[i], one);
      if (std::find(out.begin(), out.end(), one) != out.end())
        fail(ErrorCode::bad_input, "{}: {} stands twice", path_, shown(json[i]));
      out.push_back(std::move(one));
    }
  }
  void read(const Json& json, Shares& out) const {
    if (!json.is_object()) refuse(json, "an object of names with shares, as in {\"name\": 2}");
    if (json.empty()) fail(ErrorCode::bad_input, "{}: is empty; leave the key out instead", path_);
    out.clear();
    for (const auto& [name, share] : json.items()) {
      check_choice(name);
      double value = 0;
      ValueReader(key_, path_ + "." + printable(name)).read(share, value);
      out.emplace_back(name, value);
    }
  }

  const RecipeKey& key_;
  std::string path_;
};

class RecipeReader {
 public:
  RecipeReader(std::string where, Recipe& recipe) : where_(std::move(where)), recipe_(recipe) {
    StageRecipe unused;
    for (const RecipeSection& section : recipe_sections(recipe_, unused))
      sections_.emplace_back(section.name);
  }

  GivenKeys read(const Json& json) {
    if (!json.is_object()) fail(ErrorCode::bad_input, "{}: is {}, expected an object", where_, shown(json));
    StageRecipe unused;
    for (const RecipeSection& section : recipe_sections(recipe_, unused)) {
      std::string name(section.name);
      if (name.empty())
        read_keys(json, "", section.keys);
      else if (section.is_list)
        read_stages(json, name);
      else if (json.contains(name))
        read_keys(json[name], name, section.keys);
    }
    return std::move(given_);
  }

 private:
  std::string at(const std::string& path) const { return path.empty() ? where_ : where_ + ": " + path; }

  void read_keys(const Json& json, const std::string& section, const std::vector<RecipeKey>& keys) {
    if (!json.is_object())
      fail(ErrorCode::bad_input, "{}: is {}, expected an object", at(section), shown(json));
    for (const auto& [name, value] : json.items()) {
      if (section.empty() && std::find(sections_.begin(), sections_.end(), name) != sections_.end()) continue;
      auto key = std::find_if(keys.begin(), keys.end(), [&](const RecipeKey& k) { return k.name == name; });
      if (key == keys.end()) refuse_unknown(name, section, keys);
      std::string path = section.empty() ? name : section + "." + name;
      ValueReader(*key, at(path)).read(value);
      given_.insert(path);
    }
    for (const RecipeKey& key : keys)
      if (key.required && !json.contains(key.name))
        fail(ErrorCode::bad_input, "{}: {} is missing", at(section), key.name);
  }

  void read_stages(const Json& json, const std::string& name) {
    if (!json.contains(name)) return;
    const Json& list = json[name];
    if (!list.is_array()) fail(ErrorCode::bad_input, "{}: is {}, expected a list", at(name), shown(list));
    if (list.size() > kMaxStages)
      fail(ErrorCode::bad_input, "{}: has {} entries, more than {}", at(name), list.size(), kMaxStages);
    for (size_t i = 0; i < list.size(); ++i)
      read_keys(list[i], fmt::format("{}[{}]", name, i), stage_keys(recipe_.stages.emplace_back()));
  }

  /// A key of another section is told so; else the nearest name is offered.
  [[noreturn]] void refuse_unknown(const std::string& name, const std::string& section,
                                   const std::vector<RecipeKey>& keys) {
    std::vector<std::string> names;
    for (const RecipeKey& key : keys) names.emplace_back(key.name);
    if (section.empty()) names.insert(names.end(), sections_.begin() + 1, sections_.end());
    std::string hint = did_you_mean(name, names), path = section.empty() ? name : section + "." + name;
    if (hint.empty()) hint = belongs_to(name);
    fail(ErrorCode::bad_input, "{}: unknown key{}; see: retort distill --explain", at(printable(path)), hint);
  }

  std::string belongs_to(const std::string& name) {
    StageRecipe stage;
    for (const RecipeSection& section : recipe_sections(recipe_, stage))
      for (const RecipeKey& key : section.keys)
        if (key.name == name)
          return section.name.empty() ? "; it belongs outside"
                                      : fmt::format("; it belongs in '{}'", section.name);
    return "";
  }

  std::string where_;
  Recipe& recipe_;
  std::vector<std::string> sections_;
  GivenKeys given_;
};

Json parse_text(std::string_view text, const std::string& where) {
  try {
    return parse_config_json(text, where);
  } catch (const Error& error) {
    bool comment = text.find("//") != std::string_view::npos || text.find("/*") != std::string_view::npos;
    throw Error(error.code(),
                error.message() + (comment ? " (JSON has no comments: the key `notes` is for remarks)" : ""));
  }
}

}  // namespace

Recipe parse_recipe(std::string_view text, const std::filesystem::path& file) {
  Recipe recipe;
  recipe.file = file;
  std::string where = file.filename().string();
  GivenKeys given = RecipeReader(where, recipe).read(parse_text(text, where));
  check_recipe(recipe, given, where);
  return recipe;
}

Recipe read_recipe(const std::filesystem::path& file) {
  return parse_recipe(read_file(file, kMaxRecipe), file);
}

}  // namespace retort::train
