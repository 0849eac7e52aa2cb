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
struct DecoderLayer;
}

namespace retort::compress {

struct CalibrationOptions {
  bool hessians = false;
  ProgressFn progress;  // layers
};

/// The source's weights in place, nothing repacked: what the passes of compression run.
std::unique_ptr<Decoder> open_decoder(Context& ctx, const Checkpoint& checkpoint);

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
  const Decoder& model() const { return *model_; }
  /// Of the next layer's matrices, and behind the last layer once more, of "lm_head" (which has no Hessian).
  /// Then nothing more: an empty map. Inputs are those of the source model unless `go_on_with` is used.
  Statistics next();
  /// After `next`: what follows sees what that layer computes with these weights, so that later layers make
  /// up for the errors of earlier ones, as GPTQ has it. They must live until this returns.
  void go_on_with(const DecoderLayer& layer);

 private:
  struct Sums;
  void run_layer(const DecoderLayer& layer, Sums* sums);
  Statistics head();

  Context& ctx_;
  Checkpoint checkpoint_;
  Documents documents_;
  CalibrationOptions options_;
  std::unique_ptr<Decoder> model_;
  int64_t tokens_ = 0;
  int layer_ = 0;
  std::vector<float> hidden_;    // [tokens, hidden_size], in front of layer_ - 1
  std::vector<float> following_;  // in front of layer_
};

/// Of all layers in one, without Hessians.
Statistics calibrate(Context& ctx, const Checkpoint& checkpoint, Calibration::Documents documents,
                     const ProgressFn& progress = {});

}  // namespace retort::compress
