// Calibration and a method together: layer by layer, the inputs of the matrices are gathered, scales are
// folded where the method wants that, all matrices are brought to the integer grid, and the text flows on.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "retort/compress/awq.h"
#include "retort/compress/calibration.h"
#include "retort/compress/folding_edit.h"
#include "retort/compress/integer_matrix.h"
#include "retort/compress/source_model.h"

namespace retort::compress {

enum class Method { importance, gptq, awq, smoothquant };

struct CalibratedOptions {
  Method method = Method::gptq;
  IntegerGrid grid;
  ProgressFn progress;  // layers
};

/// What the method did, for the recipe and for those who wait.
struct LayerReport {
  int layer = 0;
  std::vector<std::string> fallbacks;  // modules that GPTQ left to round-to-nearest, and why
  std::vector<AwqChoice> awq;          // without their scales
};

class CalibratedLayers {
 public:
  /// Sets the source's edit: its norms and matrices are read with the foldings of their layer in them, once
  /// that layer has been entered.
  CalibratedLayers(Context& ctx, SourceModel& source, Calibration::Documents documents,
                   CalibratedOptions options);

  /// Calibrates and quantises up to this layer; before anything of it is read. Layers ascend. With GPTQ each
  /// layer's inputs are those that the quantised layers before it make; with the other methods the source's.
  void enter(int layer);
  /// The integers of a matrix of the layer entered last; once each.
  IntegerMatrix take(const SourceTensor& tensor);
  const std::vector<LayerReport>& reports() const { return reports_; }
  const FoldingEdit& foldings() const { return edit_; }

 private:
  void quantise_layer(const Statistics& inputs, LayerReport& report);
  void quantise_group(const std::vector<const SourceTensor*>& tensors, const InputStatistics& inputs,
                      LayerReport& report);
  IntegerMatrix nearest(const SourceTensor& tensor, const std::vector<float>& values,
                        const InputStatistics& inputs);
  void go_on();

  Context& ctx_;
  SourceModel& source_;
  CalibratedOptions options_;
  Calibration calibration_;
  FoldingEdit edit_;
  int next_ = 0;
  std::map<std::string, IntegerMatrix, std::less<>> matrices_;  // of the layer entered last, by module
  std::vector<LayerReport> reports_;
};

/// Decodes rows [begin, end) into out.
void decode_rows(const IntegerMatrix& m, int64_t begin, int64_t end, float* out);

}  // namespace retort::compress
