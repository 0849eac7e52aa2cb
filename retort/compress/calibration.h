// The calibration pass: a text flows through a model one layer at a time, and of each layer one learns what
// its matrices read. The hidden states of all tokens are held, and the weights of one layer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "retort/base/progress.h"
#include "retort/compress/statistics.h"
#include "retort/formats/checkpoint.h"
#include "retort/ops/context.h"

namespace retort {
class Decoder;
}

namespace retort::compress {

struct CalibrationOptions {
  bool hessians = false;
  ProgressFn progress;  // layers
};

class Calibration {
 public:
  using Documents = std::vector<std::vector<int32_t>>;

  /// Each document is seen from its first token on, and sees no other. Throws Error as load_causal_lm does,
  /// and bad_input for a token that the model does not have.
  Calibration(Context& ctx, const Checkpoint& checkpoint, Documents documents,
              CalibrationOptions options = {});
  ~Calibration();

  int64_t tokens() const { return tokens_; }
  int layers() const;
  /// Of the next layer's matrices, and behind the last layer once more, of "lm_head" (which has no Hessian).
  /// Then nothing more: an empty map. Inputs are those of the source model, all layers exact: errors of
  /// layers before do not flow in, so that layers can be quantised in any order.
  Statistics next();

 private:
  struct Sums;
  void run_layer(Sums& sums);
  Statistics head();

  Context& ctx_;
  Checkpoint checkpoint_;
  Documents documents_;
  CalibrationOptions options_;
  std::unique_ptr<Decoder> model_;
  int64_t tokens_ = 0;
  int layer_ = 0;
  std::vector<float> hidden_;  // [tokens, hidden_size], in front of layer_
};

/// Of all layers in one, without Hessians.
Statistics calibrate(Context& ctx, const Checkpoint& checkpoint, Calibration::Documents documents,
                     const ProgressFn& progress = {});

}  // namespace retort::compress
