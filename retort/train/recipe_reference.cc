#include "retort/train/recipe_reference.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/nearest.h"
#include "retort/train/recipe_keys.h"

namespace retort::train {
namespace {

std::string dotted(const RecipeSection& section, const RecipeKey& key) {
  return section.name.empty() ? std::string(key.name) : fmt::format("{}.{}", section.name, key.name);
}

std::string range_of(const RecipeKey& key) {
  if (key.range.most == key.range.least) return "";
  return fmt::format("{} to {}", key.range.least, key.range.most);
}

std::string choices_of(const RecipeKey& key) {
  std::string all;
  for (const auto& choice : key.choices) all += (all.empty() ? "" : ", ") + choice;
  return all;
}

std::string default_of(const RecipeKey& key) {
  if (key.required) return "required";
  if (!has_value(key)) return "";
  Json value = to_json(key.value);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// "number, 1e-08 to 1, default 0.001"
std::string facts_of(const RecipeKey& key) {
  std::string facts(type_name(key.value));
  for (const std::string& more : {range_of(key), choices_of(key)})
    if (!more.empty()) facts += ", " + more;
  if (std::string value = default_of(key); !value.empty())
    facts += key.required ? ", required" : ", default " + value;
  return facts;
}

std::string key_text(const RecipeSection& section, const RecipeKey& key) {
  return fmt::format("  {}\n      {}\n      {}\n", dotted(section, key), key.doc, facts_of(key));
}

std::string kinds_text() {
  std::string text = "  stages.kind is one of\n";
  for (StageKind kind : all_stage_kinds())
    text += fmt::format("      {:<14}{}\n", name(kind), documentation(kind));
  return text;
}

std::string section_text(const RecipeSection& section) {
  std::string text = section.name.empty() ? "" : fmt::format("{}: ", section.name);
  text += fmt::format("{}\n", section.doc);
  for (const RecipeKey& key : section.keys) text += key_text(section, key);
  if (section.is_list) text += kinds_text();
  return text;
}

std::string explain_all(const std::vector<RecipeSection>& sections) {
  std::string text;
  for (const RecipeSection& section : sections) text += (text.empty() ? "" : "\n") + section_text(section);
  return text;
}

/// "stages[1].kind" is asked for as people see it in errors.
std::string without_places(std::string_view key) {
  std::string out;
  bool inside = false;
  for (char c : key) {
    if (c == '[') inside = true;
    if (!inside) out += c;
    if (c == ']') inside = false;
  }
  return out;
}

}  // namespace

std::string explain(std::string_view asked) {
  Recipe recipe;
  StageRecipe stage;
  std::vector<RecipeSection> sections = recipe_sections(recipe, stage);
  if (asked.empty()) return explain_all(sections);

  std::string key_name = without_places(asked), found;
  std::vector<std::string> names;
  for (const RecipeSection& section : sections) {
    if (section.name == key_name) return section_text(section);
    if (!section.name.empty()) names.emplace_back(section.name);
    for (const RecipeKey& key : section.keys) {
      names.push_back(dotted(section, key));
      if (names.back() == key_name || key.name == key_name) found += key_text(section, key);
      names.emplace_back(key.name);
    }
  }
  if (key_name == "stages.kind" || key_name == "kind") found += kinds_text();
  if (found.empty())
    fail(ErrorCode::bad_input, "--explain: no key '{}'{}; see: retort distill --explain", asked,
         did_you_mean(key_name, names));
  return found;
}

std::string markdown_reference() {
  Recipe recipe;
  StageRecipe stage;
  std::string text;
  for (const RecipeSection& section : recipe_sections(recipe, stage)) {
    text += section.name.empty() ? "### The recipe itself\n" : fmt::format("### `{}`\n", section.name);
    text += fmt::format("\n{}\n\n| key | type | range | default | |\n|---|---|---|---|---|\n", section.doc);
    for (const RecipeKey& key : section.keys) {
      std::string range = range_of(key), choices = choices_of(key), value = default_of(key);
      if (!value.empty() && !key.required) value = "`" + value + "`";
      if (!choices.empty()) range = range.empty() ? choices : choices + "; " + range;
      text += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, type_name(key.value), range, value,
                          key.doc);
    }
    text += "\n";
    if (!section.is_list) continue;
    text += "| kind | |\n|---|---|\n";
    for (StageKind kind : all_stage_kinds())
      text += fmt::format("| `{}` | {} |\n", name(kind), documentation(kind));
    text += "\n";
  }
  text.pop_back();
  return text;
}

}  // namespace retort::train
