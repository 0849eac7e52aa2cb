#include "retort/train/training_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>

#include "retort/base/check.h"
#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/printable.h"
#include "retort/formats/safetensors.h"
#include "retort/formats/safetensors_writer.h"

namespace retort::train {
namespace {

namespace fs = std::filesystem;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kFormat = "retort training state 1";
constexpr std::string_view kPrefix = "step-", kSuffix = ".safetensors";

Fields fields_of(const TrainingProgress& p) {
  return {{"format", std::string(kFormat)}, {"step", std::to_string(p.step)},
          {"seed", std::to_string(p.seed)}, {"tokens", std::to_string(p.tokens)},
          {"recipe_hash", p.recipe_hash},   {"notes", p.notes}};
}

/// Over the fields and over names, shapes and bytes of the tensors in the order of their names.
std::string checksum_of(const Fields& fields, std::vector<std::pair<std::string, TensorView>> tensors) {
  Checksum sum;
  const auto add_text = [&](std::string_view text) {
    sum.add(std::to_string(text.size()) + ":");
    sum.add(text);
  };
  for (const auto& [key, value] : fields) {
    add_text(key);
    add_text(value);
  }
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [name, view] : tensors) {
    add_text(name);
    add_text(retort::name(view.dtype));
    add_text(view.shape.to_string());
    sum.add(view.span());
  }
  return sum.hex();
}

template <typename T>
T number(const std::map<std::string, std::string>& fields, const std::string& key, const fs::path& path) {
  const std::string& text = fields.at(key);
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    fail(ErrorCode::bad_input, "{}: {} '{}' is not a number: the file is damaged", path.string(), key,
         printable(text));
  return value;
}

TrainingProgress progress_of(const Fields& metadata, const fs::path& path) {
  std::map<std::string, std::string> fields(metadata.begin(), metadata.end());
  for (const auto& [key, unused] : fields_of({}))
    if (!fields.contains(key))
      fail(ErrorCode::bad_input, "{}: no '{}' in it: this is not a training state", path.string(), key);
  if (fields.at("format") != kFormat)
    fail(ErrorCode::bad_input, "{}: its format is '{}', this program reads '{}'", path.string(),
         printable(fields.at("format")), kFormat);
  return {.step = number<int64_t>(fields, "step", path),
          .seed = number<uint64_t>(fields, "seed", path),
          .tokens = number<int64_t>(fields, "tokens", path),
          .recipe_hash = fields.at("recipe_hash"),
          .notes = fields.at("notes")};
}

/// The step in a state's file name; absent for other files.
std::optional<int64_t> step_in(const std::string& name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  const char* begin = name.data() + kPrefix.size();
  const char* stop = name.data() + name.size() - kSuffix.size();
  int64_t step = 0;
  const auto [end, error] = std::from_chars(begin, stop, step);
  if (error != std::errc() || end != stop) return std::nullopt;
  return step;
}

/// What a killed process left behind: the file writer's temporary names end in six random characters.
bool is_leftover(const std::string& name) {
  return name.starts_with(kPrefix) && name.size() > 7 && name[name.size() - 7] == '.' &&
         step_in(name.substr(0, name.size() - 7));
}

}  // namespace

void write_training_state(const fs::path& path, const TrainingProgress& progress,
                          std::span<const StateTensor> tensors) {
  std::vector<TensorSpec> specs;
  std::vector<std::pair<std::string, TensorView>> views;
  for (const StateTensor& t : tensors) {
    RETORT_CHECK(t.tensor.dtype() == DType::f32);
    specs.push_back({t.name, DType::f32, t.tensor.shape()});
    views.emplace_back(t.name, t.tensor.view());
  }
  Fields fields = fields_of(progress);
  fields.emplace_back("checksum", checksum_of(fields, views));
  SafetensorsWriter writer(path, specs, fields);
  for (const auto& [name, view] : views) writer.write(name, view.span());
  writer.finish();
}

TrainingProgress read_training_state(const fs::path& path, std::span<const StateTensor> tensors) {
  const MappedFile file(path);
  SafetensorsFile state = parse_safetensors(file.bytes(), path.string());
  const TrainingProgress progress = progress_of(state.metadata, path);
  std::map<std::string, TensorView, std::less<>> stored;
  for (const StoredTensor& t : state.tensors) stored.emplace(t.name, view_of(t, path.string()));
  const auto written = std::find_if(state.metadata.begin(), state.metadata.end(),
                                    [](const auto& field) { return field.first == "checksum"; });
  const std::string found = checksum_of(fields_of(progress), {stored.begin(), stored.end()});
  if (written == state.metadata.end() || written->second != found)
    fail(ErrorCode::bad_input, "{}: damaged: its checksum is {}, its contents have {}", path.string(),
         written == state.metadata.end() ? "missing" : printable(written->second), found);
  for (const StateTensor& t : tensors) {
    const auto at = stored.find(t.name);
    if (at == stored.end() || !(at->second.shape == t.tensor.shape()) || at->second.dtype != DType::f32)
      fail(ErrorCode::bad_input,
           "{}: tensor '{}' of shape {} is expected, the file has {}: it is of another model", path.string(),
           t.name, t.tensor.shape().to_string(), at == stored.end() ? "none" : at->second.shape.to_string());
  }
  if (stored.size() != tensors.size())
    fail(ErrorCode::bad_input, "{}: {} tensors, {} are expected: it is of another model", path.string(),
         stored.size(), tensors.size());
  for (const StateTensor& t : tensors) {
    const TensorView& from = stored.find(t.name)->second;
    std::memcpy(t.tensor.bytes(), from.data, from.bytes());
  }
  return progress;
}

TrainingFolder::TrainingFolder(fs::path folder, int keep)
    : folder_(std::move(folder)), keep_(std::max(keep, 1)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  fd_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd_ < 0)
    fail(ErrorCode::resource, "{}: cannot make this folder: {}", folder_.string(), std::strerror(errno));
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd_);
    fail(ErrorCode::resource, "{}: another run is training into this folder; wait for it or use another",
         folder_.string());
  }
  for (const auto& entry : fs::directory_iterator(folder_))
    if (is_leftover(entry.path().filename().string())) fs::remove(entry.path(), error);
}

TrainingFolder::~TrainingFolder() {
  if (fd_ >= 0) ::close(fd_);
}

void TrainingFolder::save(const TrainingProgress& progress, std::span<const StateTensor> tensors) {
  write_training_state(folder_ / fmt::format("{}{:08}{}", kPrefix, progress.step, kSuffix), progress,
                       tensors);
  ::fsync(fd_);  // the rename; its failure loses nothing that was there before
  const auto all = states();
  std::error_code ignored;
  for (size_t i = 0; i + static_cast<size_t>(keep_) < all.size(); ++i) fs::remove(all[i], ignored);
}

std::optional<TrainingProgress> TrainingFolder::load(std::span<const StateTensor> tensors) const {
  const auto all = states();
  if (all.empty()) return std::nullopt;
  try {
    return read_training_state(all.back(), tensors);
  } catch (const Error& error) {
    const std::string before = all.size() > 1 ? all[all.size() - 2].filename().string() : "none";
    throw Error(error.code(),
                fmt::format("{}; the state before it is {}: remove this file to go on from there",
                            error.message(), before));
  }
}

std::vector<fs::path> TrainingFolder::states() const {
  std::vector<std::pair<int64_t, fs::path>> found;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (const auto step = step_in(entry.path().filename().string())) found.emplace_back(*step, entry.path());
  std::sort(found.begin(), found.end());
  std::vector<fs::path> paths;
  for (auto& [step, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace retort::train
