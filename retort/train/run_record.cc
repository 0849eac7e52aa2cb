#include "retort/train/run_record.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/json_fields.h"

namespace retort::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipe = "recipe.json";  // the last to be written when a run begins
constexpr const char* kPlan = "plan.json";
constexpr const char* kReport = "report.json";
constexpr const char* kLog = "log.jsonl";
constexpr uint64_t kMaxFile = uint64_t{1} << 20;
constexpr Range<int64_t> kTokens{1, int64_t{1} << 40};

std::string listed(const std::vector<std::string>& keys) {
  std::string all;
  for (const auto& key : keys) all += (all.empty() ? "" : ", ") + key;
  return all;
}

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

bool RunRecord::begun() const {
  return fs::exists(folder_ / kRecipe);
}

bool RunRecord::done() const {
  return fs::exists(folder_ / kReport);
}

void RunRecord::require_new() const {
  if (begun())
    fail(ErrorCode::bad_input, "{}: a run {} here; {}name another output, or remove the folder",
         folder_.string(), done() ? "has ended" : "has begun", done() ? "" : "go on with --resume, ");
  if (fs::exists(output_) && !fs::is_empty(output_))
    fail(ErrorCode::bad_input,
         "{}: is there already and would be overwritten; name another output, or remove it",
         output_.string());
}

void RunRecord::require_resumable(const Recipe& recipe) const {
  if (!begun())
    fail(ErrorCode::not_found, "{}: no run has begun here; start it without --resume", folder_.string());
  if (done())
    fail(ErrorCode::bad_input, "{}: this run is done; its student is {}", folder_.string(), output_.string());
  Json begun_with = parse_config_json(read_file(folder_ / kRecipe, kMaxFile), (folder_ / kRecipe).string());
  std::vector<std::string> keys = differing_keys(begun_with, to_json(recipe));
  if (!keys.empty())
    fail(ErrorCode::bad_input, "{}: the run began with another {}; put it back, or name another output",
         recipe.file.filename().string(), listed(keys));
}

void RunRecord::begin(const Recipe& recipe, int64_t tokens) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) fail(ErrorCode::resource, "{}: cannot make the folder: {}", folder_.string(), error.message());
  Json plan;
  plan["tokens"] = tokens;
  write_file_atomic(folder_ / kPlan, dumped(plan));
  write_file_atomic(folder_ / kRecipe, dumped(to_json(recipe)));
}

int64_t RunRecord::tokens() const {
  std::string where = (folder_ / kPlan).string();
  Json plan = parse_config_json(read_file(folder_ / kPlan, kMaxFile), where);
  JsonFields fields(plan, where);
  return fields.required(fields.integer("tokens", kTokens), "tokens");
}

void RunRecord::log(std::string_view event, const Json& fields) const {
  Json line;
  line["event"] = event;
  line.update(fields);
  std::ofstream file(folder_ / kLog, std::ios::app);
  file << line.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
  if (!file) fail(ErrorCode::resource, "{}: cannot write: is the disk full?", (folder_ / kLog).string());
}

std::vector<Json> RunRecord::events() const {
  std::vector<Json> events;
  std::ifstream file(folder_ / kLog);
  for (std::string line; std::getline(file, line);) {
    Json event = Json::parse(line, nullptr, false);
    if (event.is_object()) events.push_back(std::move(event));
  }
  return events;
}

void RunRecord::finish(const Json& report) const {
  write_file_atomic(folder_ / kReport, dumped(report));
}

}  // namespace retort::train
