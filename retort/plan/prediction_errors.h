// How far predictions were off where they were checked on this machine: what `make bench-plan` left beside
// the calibration that it checked.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace retort::plan {

struct PredictionErrors {
  std::string calibration;  // the run that the predictions came from
  std::string date;
  int64_t points = 0;            // that the calibration did not see
  double median = 0, worst = 0;  // shares of what was measured
};

/// prediction_errors.json beside calibration.json.
std::filesystem::path prediction_errors_path();

/// Absent where there is none, or where it is of another calibration. Throws Error bad_input for a file that
/// is none.
std::optional<PredictionErrors> read_prediction_errors(
    const std::string& calibration, const std::filesystem::path& path = prediction_errors_path());

}  // namespace retort::plan
