// What stands behind --method, --calibration and --budget of `retort quantize`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "retort/base/json.h"
#include "retort/base/progress.h"
#include "retort/cli/options.h"
#include "retort/compress/automatic.h"
#include "retort/compress/calibrated_layers.h"
#include "retort/compress/calibration_text.h"
#include "retort/compress/quantize.h"

namespace retort::cli {

struct MethodRequest {
  std::optional<std::string> method, calibration, budget;
  int64_t calibration_tokens = 16384;
};

/// --method, --calibration, --calibration-tokens, --budget.
void declare_method_options(Options& options, MethodRequest& request);

/// The target that `--to` names; of "auto" one that says where the file goes. Throws Error bad_input for
/// options that do not go together: a method that the format has no use for, a budget without auto.
const compress::Target& method_target(const std::string& to, const MethodRequest& request);

class MethodRun {
 public:
  /// Calibrates where the request asks for it, all at once or later layer by layer. `model` is what --to and
  /// the rest were said of. `progress` may throw.
  MethodRun(Context& ctx, compress::SourceModel& source, const compress::Target& target,
            const MethodRequest& request, ProgressFn progress);

  /// Which format each tensor gets: by measured divergence if there is a budget, else as the target says.
  compress::QuantizationPlan plan();
  /// Gives the pipeline its method and what calibration learned. `this` must outlive the pipeline.
  void prepare(compress::QuantizeOptions& options);

  void print() const;
  void add_to(Json& json) const;

 private:
  void calibrate();
  uint64_t budget_for_matrices(const compress::QuantizationPlan& smallest) const;

  Context& ctx_;
  compress::SourceModel& source_;
  const compress::Target& target_;
  MethodRequest request_;
  ProgressFn progress_;
  std::string method_;  // "rtn" without calibration
  compress::CalibrationText text_;
  compress::Statistics statistics_;
  std::unique_ptr<compress::CalibratedLayers> layers_;
  std::optional<compress::AutomaticChoice> choice_;
};

}  // namespace retort::cli
