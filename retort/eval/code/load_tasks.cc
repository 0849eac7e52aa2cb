#include "retort/eval/code/load_tasks.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <tuple>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/eval/code/value_type.h"
#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 20;
constexpr size_t kMaxFaults = 64, kMaxParameters = 16, kMaxSizes = 8;
constexpr int64_t kMaxSize = 100'000'000;
constexpr std::array<std::string_view, 7> kCategories = {"type", "range",    "empty",  "none",
                                                         "huge", "callback", "halfway"};
constexpr std::pair<std::string_view, ValueOrder> kOrders[] = {{"exact", ValueOrder::exact},
                                                               {"any", ValueOrder::any},
                                                               {"set", ValueOrder::set},
                                                               {"float", ValueOrder::tolerant}};

bool is_identifier(std::string_view text) {
  const auto word = [](char c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_'; };
  return !text.empty() && text.size() <= 100 && word(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return word(c) || (c >= '0' && c <= '9'); });
}

/// One object of the contract, read member by member with errors that say where.
class Members {
 public:
  Members(const Json& object, std::string where, std::initializer_list<std::string_view> keys)
      : object_(object), where_(std::move(where)) {
    if (!object.is_object()) wrong("an object is wanted");
    for (const auto& [key, value] : object.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) wrong("unknown key '{}'", key);
  }

  const Json& at(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) wrong("'{}' is missing", key);
    return *found;
  }
  std::string text(const char* key) const {
    const Json& value = at(key);
    if (!value.is_string()) wrong("'{}' must be a text", key);
    return value.get<std::string>();
  }
  int64_t whole(const char* key, int64_t low, int64_t high) const {
    return whole_of(at(key), key, low, high);
  }
  int64_t whole_of(const Json& value, const char* key, int64_t low, int64_t high) const {
    if (!value.is_number_integer() || value < low || value > high)
      wrong("'{}' must be a whole number from {} to {}", key, low, high);
    return value.get<int64_t>();
  }
  bool boolean(const char* key) const {
    if (!at(key).is_boolean()) wrong("'{}' must be true or false", key);
    return at(key).get<bool>();
  }
  const Json& list(const char* key, size_t most) const {
    if (!at(key).is_array() || at(key).size() > most) wrong("'{}' must be a list of at most {}", key, most);
    return at(key);
  }
  const std::string& where() const { return where_; }

  template <typename... Args>
  [[noreturn]] void wrong(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorCode::bad_input, "{}: {}", where_, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  const Json& object_;
  std::string where_;
};

std::string type_in(const Members& members) {
  std::string type = members.text("type");
  if (auto parsed = parse_value_type(type); !parsed) throw parsed.error().with_context(members.where());
  return type;
}

Language language_in(const Members& members) {
  const std::string text = members.text("language");
  for (Language language : {Language::python, Language::javascript, Language::cpp})
    if (name(language) == text) return language;
  members.wrong("language '{}' is none of python, javascript, cpp", text);
}

ValueOrder order_in(const Members& members) {
  const std::string text = members.text("order");
  for (const auto& [order, value] : kOrders)
    if (order == text) return value;
  members.wrong("order '{}' is none of exact, any, set, float", text);
}

void read_parameters(const Members& members, CodeTask& task) {
  for (const Json& one : members.list("parameters", kMaxParameters)) {
    Members parameter(one, fmt::format("{}: parameter {}", members.where(), task.parameters.size() + 1),
                      {"name", "type", "constraint"});
    CodeParameter p{parameter.text("name"), type_in(parameter), parameter.text("constraint")};
    if (!is_identifier(p.name)) parameter.wrong("'{}' is not a name", p.name);
    task.parameters.push_back(std::move(p));
  }
}

void read_faults(const Members& members, CodeTask& task) {
  for (const Json& one : members.list("faults", kMaxFaults)) {
    Members fault(one, fmt::format("{}: fault {}", members.where(), task.faults.size() + 1),
                  {"args", "raises", "category"});
    Fault f{fault.list("args", kMaxParameters), fault.text("raises"), fault.text("category")};
    if (f.raises.empty()) fault.wrong("'raises' must name an exception");
    if (std::find(kCategories.begin(), kCategories.end(), f.category) == kCategories.end())
      fault.wrong("category '{}' is none of type, range, empty, none, huge, callback, halfway", f.category);
    task.faults.push_back(std::move(f));
  }
}

void read_sizes(const Members& members, CodeTask& task) {
  for (const Json& one : members.list("sizes", kMaxSizes)) {
    const int64_t size = members.whole_of(one, "sizes", 1, kMaxSize);
    if (!task.sizes.empty() && size <= task.sizes.back())
      members.wrong("'sizes' must grow, and {} does not", size);
    task.sizes.push_back(size);
  }
  if (task.sizes.size() == 1) members.wrong("'sizes' needs two at least: the smallest warms the program up");
}

void check_references(const Members& members, const CodeTask& task) {
  for (std::string_view function : {"best", "good", "naive", "inputs", "sized"})
    if (task.references.find(fmt::format("def {}(", function)) == std::string::npos)
      members.wrong("its references do not define {}(...)", function);
}

void sort_tasks(std::vector<CodeTask>& tasks, std::string_view where) {
  std::sort(tasks.begin(), tasks.end(), [](const CodeTask& a, const CodeTask& b) {
    return std::tie(a.level, a.id) < std::tie(b.level, b.id);
  });
  std::vector<std::string> ids;
  for (const CodeTask& task : tasks) ids.push_back(task.id);
  std::sort(ids.begin(), ids.end());
  if (const auto twice = std::adjacent_find(ids.begin(), ids.end()); twice != ids.end())
    fail(ErrorCode::bad_input, "{}: two problems have the id '{}'", where, *twice);
}

}  // namespace

CodeTask parse_code_task(std::string_view json, std::string references, std::string_view where) {
  const Json contract = parse_json(json, where);
  Members members(contract, std::string(where),
                  {"id", "level", "tags", "language", "entry", "parameters", "returns", "prompt", "order",
                   "faults", "sizes", "mutates"});
  CodeTask task;
  task.id = members.text("id");
  if (!is_identifier(task.id)) members.wrong("id '{}' must be a name of letters, digits and _", task.id);
  task.level = static_cast<int>(members.whole("level", 1, 6));
  for (const Json& tag : members.list("tags", kMaxFaults)) {
    if (!tag.is_string()) members.wrong("'tags' must be texts");
    task.tags.push_back(tag.get<std::string>());
  }
  task.language = language_in(members);
  task.entry = members.text("entry");
  if (!is_identifier(task.entry)) members.wrong("entry '{}' is not a function's name", task.entry);
  read_parameters(members, task);
  if (!members.at("returns").is_null()) {
    Members returns(members.at("returns"), fmt::format("{}: returns", where), {"type"});
    task.return_type = type_in(returns);
  }
  task.prompt = members.text("prompt");
  if (task.prompt.empty()) members.wrong("the prompt is empty");
  task.order = order_in(members);
  read_faults(members, task);
  read_sizes(members, task);
  task.mutates = members.boolean("mutates");
  task.references = std::move(references);
  check_references(members, task);
  return task;
}

std::vector<CodeTask> bundled_code_tasks() {
  std::vector<CodeTask> tasks;
  for (std::string_view file : embedded_names()) {
    if (!file.starts_with("suites/code/") || !file.ends_with(".json")) continue;
    const std::string stem(file.substr(0, file.size() - 5));
    tasks.push_back(parse_code_task(embedded_file(file), std::string(embedded_file(stem + ".py")), file));
  }
  sort_tasks(tasks, "suites/code");
  return tasks;
}

std::vector<CodeTask> code_tasks_in(const fs::path& folder) {
  std::error_code error;
  std::vector<CodeTask> tasks;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".json") continue;
    fs::path references = it->path();
    references.replace_extension(".py");
    tasks.push_back(parse_code_task(read_file(it->path(), kMaxFileBytes),
                                    read_file(references, kMaxFileBytes), it->path().native()));
  }
  if (error) fail(ErrorCode::not_found, "{}: cannot be listed: {}", folder.native(), error.message());
  if (tasks.empty())
    fail(ErrorCode::not_found, "{}: no problems there: a problem is NAME.json with NAME.py (docs/eval.md)",
         folder.native());
  sort_tasks(tasks, folder.native());
  return tasks;
}

}  // namespace retort::eval
