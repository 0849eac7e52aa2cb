#include "retort/compress/sparsity_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/json.h"

namespace retort::compress {
namespace {

constexpr std::string_view kFormat = "retort-sparsity";
constexpr int kVersion = 1;
constexpr size_t kMaxGrid = 1024, kMaxLayers = 4096;
constexpr std::string_view kAgain = "make it again with `retort prune MODEL --thresholds`";

/// Members of the file, with its name in every error.
class Reader {
 public:
  Reader(const Json& json, std::string_view where) : json_(json), where_(where) {}

  SparsityFile read() const {
    if (!json_.is_object() || json_.value("format", Json()) != Json(kFormat))
      broken("is not a file of thresholds: 'format' is not '{}'", kFormat);
    if (json_.value("version", Json()) != Json(kVersion))
      broken("has version {}, this program reads {}", json_.value("version", Json()).dump(), kVersion);
    SparsityFile file;
    file.weights = text(json_, "weights");
    file.run = text(json_, "run");
    const Json& calibration = member(json_, "calibration");
    file.calibration = text(calibration, "text");
    const Json& tokens = member(calibration, "tokens");
    if (!tokens.is_number_unsigned()) broken("calibration.tokens: a number is expected");
    file.tokens = tokens.get<int64_t>();
    read_grid(file);
    read_layers(file);
    return file;
  }

 private:
  template <typename... Args>
  [[noreturn]] void broken(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorCode::bad_input, "{}: {}; {}", where_, fmt::format(format, std::forward<Args>(args)...),
         kAgain);
  }

  const Json& member(const Json& object, const char* key) const {
    if (!object.is_object() || !object.contains(key)) broken("'{}' is missing", key);
    return object[key];
  }
  std::string text(const Json& object, const char* key) const {
    const Json& value = member(object, key);
    if (!value.is_string()) broken("'{}': a text is expected", key);
    return value.get<std::string>();
  }

  void read_grid(SparsityFile& file) const {
    const Json& grid = member(json_, "sparsities");
    if (!grid.is_array() || grid.size() < 2 || grid.size() > kMaxGrid)
      broken("'sparsities': a list of 2 to {} numbers is expected", kMaxGrid);
    for (const Json& value : grid) {
      const double last = file.grid.empty() ? -1 : file.grid.back();
      const double next = value.is_number() ? value.get<double>() : -1;
      if (!(next > last && next < 1) || (file.grid.empty() && next != 0))
        broken("'sparsities': ascending numbers from 0 to below 1 are expected, number {} is {}",
               file.grid.size() + 1, value.dump());
      file.grid.push_back(next);
    }
  }

  void read_layers(SparsityFile& file) const {
    const Json& layers = member(json_, "layers");
    if (!layers.is_array() || layers.empty() || layers.size() > kMaxLayers)
      broken("'layers': a list of 1 to {} layers is expected", kMaxLayers);
    file.thresholds.assign(file.grid.size(), std::vector<LayerThresholds>(layers.size()));
    for (size_t l = 0; l < layers.size(); ++l)
      for (size_t s = 0; s < kInputSites; ++s) read_site(layers[l], l, s, file);
  }

  void read_site(const Json& layer, size_t l, size_t s, SparsityFile& file) const {
    const std::string key(kInputSiteNames[s]);
    const Json& values = member(layer, key.c_str());
    if (!values.is_array() || values.size() != file.grid.size())
      broken("layers[{}].{}: {} thresholds are expected", l, key, file.grid.size());
    float last = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const double value = values[i].is_number() ? values[i].get<double>() : -1;
      if (!(value >= last) || value > 1e30)
        broken("layers[{}].{}: threshold {} is {}, expected a number that is not below the one before it", l,
               key, i + 1, values[i].dump());
      last = static_cast<float>(value);
      file.thresholds[i][l][s] = last;
    }
  }

  const Json& json_;
  std::string_view where_;
};

}  // namespace

std::vector<LayerThresholds> SparsityFile::at(double sparsity) const {
  RETORT_CHECK(sparsity >= 0 && !grid.empty() && sparsity <= grid.back());
  const size_t above =
      static_cast<size_t>(std::lower_bound(grid.begin(), grid.end(), sparsity) - grid.begin());
  if (above == 0) return thresholds[0];
  const double share = (sparsity - grid[above - 1]) / (grid[above] - grid[above - 1]);
  std::vector<LayerThresholds> out = thresholds[above];
  for (size_t l = 0; l < out.size(); ++l)
    for (size_t s = 0; s < kInputSites; ++s) {
      const auto low = static_cast<double>(thresholds[above - 1][l][s]),
                 high = static_cast<double>(out[l][s]);
      out[l][s] = static_cast<float>(low + share * (high - low));
    }
  return out;
}

std::filesystem::path sparsity_path(const Checkpoint& checkpoint) {
  std::filesystem::path path = checkpoint.path();
  if (std::filesystem::is_directory(path)) return path / "sparsity.json";
  return path.replace_extension(".sparsity.json");
}

std::string sparsity_json(const SparsityFile& file) {
  Json layers = Json::array();
  for (size_t l = 0; l < file.thresholds[0].size(); ++l) {
    Json& layer = layers.emplace_back();
    for (size_t s = 0; s < kInputSites; ++s) {
      Json& values = layer[std::string(kInputSiteNames[s])] = Json::array();
      for (const auto& thresholds : file.thresholds) values.push_back(thresholds[l][s]);
    }
  }
  const Json json{
      {"format", kFormat},
      {"version", kVersion},
      {"weights", file.weights},
      {"run", file.run},
      {"calibration", {{"text", file.calibration}, {"tokens", file.tokens}, {"obtained", "measured"}}},
      {"sparsities", file.grid},
      {"layers", layers}};
  return json.dump(1) + "\n";
}

SparsityFile parse_sparsity(std::string_view text, std::string_view where) {
  return Reader(parse_json(text, where), where).read();
}

void write_sparsity(const std::filesystem::path& path, const SparsityFile& file) {
  write_file_atomic(path, sparsity_json(file));
}

SparsityFile read_sparsity(const std::filesystem::path& path, const Checkpoint& checkpoint,
                           int64_t num_hidden_layers) {
  if (!std::filesystem::exists(path))
    fail(ErrorCode::not_found,
         "{}: there are no thresholds yet; measure them with `retort prune {} --thresholds`", path.string(),
         checkpoint.path().string());
  SparsityFile file = parse_sparsity(read_file(path), path.string());
  const auto layers = static_cast<int64_t>(file.thresholds[0].size());
  const std::string weights = weights_checksum(checkpoint);
  if (layers != num_hidden_layers || file.weights != weights)
    fail(ErrorCode::bad_input,
         "{}: its thresholds are of another model ({} layers, weights {}), {} has {} layers, weights {}; {}",
         path.string(), layers, file.weights, checkpoint.path().filename().string(), num_hidden_layers,
         weights, kAgain);
  return file;
}

}  // namespace retort::compress
