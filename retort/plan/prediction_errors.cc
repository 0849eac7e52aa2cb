#include "retort/plan/prediction_errors.h"

#include <fstream>

#include "retort/formats/json_fields.h"
#include "retort/plan/calibration.h"

namespace retort::plan {

std::filesystem::path prediction_errors_path() {
  const std::filesystem::path calibration = calibration_path();
  return calibration.empty() ? calibration : calibration.parent_path() / "prediction_errors.json";
}

std::optional<PredictionErrors> read_prediction_errors(const std::string& calibration,
                                                       const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Json json = parse_config_json(text, path.string());
  const JsonFields fields(json, path.string());
  const auto number = [&](const char* key) { return fields.required(fields.number(key, {0.0, 1e9}), key); };
  PredictionErrors out;
  out.calibration = fields.required(fields.string("calibration"), "calibration");
  out.date = fields.required(fields.string("date"), "date");
  out.points = fields.required(fields.integer("points", {1, 1 << 20}), "points");
  out.median = number("median");
  out.worst = number("worst");
  if (out.calibration != calibration) return std::nullopt;
  return out;
}

}  // namespace retort::plan
