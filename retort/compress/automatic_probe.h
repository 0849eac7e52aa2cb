// How far the predictions of a model move when some of its matrices are quantised: measured on a text, with
// what lies in front of the changed layer computed only once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "retort/compress/calibration.h"
#include "retort/compress/source_model.h"
#include "retort/model/decoder.h"

namespace retort::compress {

class DivergenceProbe {
 public:
  /// Runs the source over the documents, of which it keeps what is in front of every layer and the logits.
  /// Texts that would need more than 256 MiB of logits are cut short.
  DivergenceProbe(Context& ctx, const SourceModel& source, Calibration::Documents documents);
  ~DivergenceProbe();

  const Decoder& model() const { return *model_; }
  int64_t tokens() const { return tokens_; }

  /// Mean KL divergence in nats a token, source against changed.
  /// One layer is another:
  double kl_of_layer(int index, const DecoderLayer& layer);
  /// All layers are others (`layer(i)` is called in order), and the matrices of the ends (null: as they are).
  struct Ends {
    const float* embedding = nullptr;  // [vocab_size, hidden_size]; the head's too if they are tied
    const float* head = nullptr;
  };
  template <typename F>
  double kl_of_all(F layer, const Ends& ends) {
    std::vector<float> x = embed(ends);
    for (int i = 0; i < layers(); ++i) x = run(layer(i), x);
    return kl(x, ends);
  }
  double kl_of_ends(const Ends& ends);

 private:
  int layers() const;
  std::vector<float> embed(const Ends& ends) const;
  std::vector<float> run(const DecoderLayer& layer, const std::vector<float>& x);
  double kl(const std::vector<float>& last, const Ends& ends);
  std::vector<float> logits(const std::vector<float>& last, const Ends& ends);

  Context& ctx_;
  std::unique_ptr<Decoder> model_;
  Calibration::Documents documents_;
  std::vector<DocumentRows> rows_;
  int64_t tokens_ = 0;
  std::vector<std::vector<float>> in_front_;  // of each layer, [tokens, hidden_size]
  std::vector<float> logits_;                 // [tokens, vocab_size]
};

}  // namespace retort::compress
