// Where the text of a calibration comes from: a file, generated problems with their gold thoughts, or what
// the model itself writes when it is asked such problems.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "retort/base/progress.h"
#include "retort/compress/calibration_text.h"
#include "retort/infer/loaded_model.h"
#include "retort/ops/context.h"

namespace retort::cli {

struct CalibrationSource {
  enum class Kind { file, problems, self };
  Kind kind = Kind::problems;
  std::string file;
  int64_t n_problems = 64;  // that the model answers itself

  /// "problems", "self", "self:N" or the name of a file. Throws Error bad_input for an N that is none.
  static CalibrationSource parse(std::string_view text);
};

/// For --help: what may be given.
std::string_view calibration_help();

/// Problems are of the training split, so that what is measured afterwards on held-out ones is not what was
/// calibrated on. `model` answers with `loaded.model` where it has to. Throws Error as read_calibration_text
/// does, and unsupported for problems without a chat template. `progress` counts answers and may throw.
compress::CalibrationText calibration_text(Context& ctx, const LoadedModel& model,
                                           const CalibrationSource& source,
                                           const compress::CalibrationLimits& limits,
                                           const ProgressFn& progress = {});

}  // namespace retort::cli
