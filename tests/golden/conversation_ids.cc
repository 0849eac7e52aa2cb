// What trust changes in the ids of prompts: nothing, unless a message holds a special token's text, and then
// that token is gone.
//   conversation_ids CONVERSATIONS.JSON TEMPLATES_FOLDER FOLDER...
// Each folder holds tokenizer.json and tokenizer_config.json of a published model. Every conversation goes
// through every template of the folders and of TEMPLATES_FOLDER, with and without a generation prompt.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/json.h"
#include "retort/text/chat_template.h"
#include "retort/text/tokenizer.h"

namespace {

using namespace retort;
namespace fs = std::filesystem;

struct Model {
  std::string name;
  Tokenizer tokenizer;
  std::vector<std::string> marks;  // the added tokens' texts
  std::vector<ChatTemplate> templates;
};

struct Counts {
  int equal = 0, defused = 0, refused = 0, wrong = 0;
};

Model open_model(const fs::path& folder, const fs::path& templates) {
  auto json = read_file(folder / "tokenizer.json"), config = read_file(folder / "tokenizer_config.json");
  Model model{folder.string(), Tokenizer::from_json(json, "tokenizer.json", config), {}, {}};
  auto root = nlohmann::json::parse(json);
  for (auto& token : root.at("added_tokens")) model.marks.push_back(token.at("content"));
  auto own = ChatTemplateSource::from_tokenizer_config(parse_json(config, "config"), "config");
  model.templates.emplace_back(own, model.name);
  for (auto& file : fs::directory_iterator(templates)) {
    auto source = own;
    source.templates = {{"default", read_file(file.path())}};
    model.templates.emplace_back(source, file.path().filename().string());
  }
  return model;
}

/// Whether a string in it, but the assistant's own, holds a special token's text.
bool holds_mark(const Json& value, const std::vector<std::string>& marks) {
  if (value.is_string()) {
    auto& text = value.get_ref<const std::string&>();
    return std::ranges::any_of(marks, [&](auto& mark) { return text.find(mark) != text.npos; });
  }
  if (value.is_object() && value.value("role", Json()) == "assistant") return false;
  return value.is_structured() &&
         std::ranges::any_of(value, [&](auto& each) { return holds_mark(each, marks); });
}

int64_t count_added(const Model& model, const std::vector<int32_t>& ids) {
  return std::ranges::count_if(ids, [&](int32_t id) {
    return std::ranges::find(model.marks, model.tokenizer.piece(id)) != model.marks.end();
  });
}

void compare(const Model& model, const ChatTemplate& chat, const Json& conversation, bool add,
             Counts& counts) {
  Json extra = conversation.value("extra", Json::object());
  ChatOptions options{.add_generation_prompt = add, .extra = &extra};
  if (conversation.contains("tools")) options.tools = &conversation["tools"];
  ChatPrompt prompt;
  try {
    prompt = chat.render(conversation.at("messages"), options);
  } catch (const Error&) {
    ++counts.refused;
    return;
  }
  auto whole = model.tokenizer.encode(prompt.text, {.parse_special_tokens = true});
  auto trusted = model.tokenizer.encode(prompt);
  bool forged = holds_mark(conversation, model.marks);
  bool right =
      forged ? whole == trusted || count_added(model, trusted) < count_added(model, whole) : whole == trusted;
  forged&& whole != trusted ? ++counts.defused : ++counts.equal;
  if (right && model.tokenizer.decode(trusted) == model.tokenizer.decode(whole)) return;
  ++counts.wrong;
  fmt::print("DIFFERS: {} / {} / {}\n  {}\n", model.name, conversation.at("name").get<std::string>(), add,
             prompt.text);
}

int run(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: conversation_ids CONVERSATIONS TEMPLATES FOLDER...\n"), 2;
  auto conversations = parse_json(read_file(argv[1]), argv[1]);
  Counts counts;
  for (int i = 3; i < argc; ++i) {
    auto model = open_model(argv[i], argv[2]);
    for (auto& chat : model.templates)
      for (auto& conversation : conversations)
        for (bool add : {false, true}) compare(model, chat, conversation, add, counts);
  }
  fmt::print("{} prompts have the same ids, {} lost the forged tokens, {} are refused, {} wrong\n",
             counts.equal, counts.defused, counts.refused, counts.wrong);
  return counts.wrong == 0 && counts.equal >= 1000 && counts.defused >= 10 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& e) {
    std::fprintf(stderr, "conversation_ids: %s\n", e.what());
    return exit_status(e.code());
  }
}
