// The loss on texts that are not learnt from: what a model has of them, as cross entropy and perplexity.
#pragma once

#include <cstdint>
#include <functional>

#include "retort/base/json.h"
#include "retort/model/decoder.h"
#include "retort/train/communicator.h"
#include "retort/train/dataset.h"

namespace retort::train {

struct HeldOutLoss {
  int64_t sequences = 0;
  int64_t predicted = 0;     // tokens that were to be predicted
  double cross_entropy = 0;  // nats a token

  double perplexity() const;
};

Json to_json(const HeldOutLoss& loss);

struct HeldOutOptions {
  int64_t tokens = 0;                   // about so many, always the same sequences of the dataset
  int64_t micro_batch_rows = 0;         // computed at once
  std::function<void()> check = [] {};  // called between them; may throw
  Communicator* ranks = nullptr;        // that share the work; null: alone
};

/// Of a dataset that is not empty. The same for every number of threads.
HeldOutLoss measure_held_out(Context& ctx, const Decoder& decoder, const Dataset& dataset,
                             const HeldOutOptions& options);

}  // namespace retort::train
