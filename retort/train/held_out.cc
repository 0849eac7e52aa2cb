#include "retort/train/held_out.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/arena.h"
#include "retort/train/batches.h"
#include "retort/train/distillation.h"
#include "retort/train/head_loss.h"
#include "retort/train/packed.h"

namespace retort::train {
namespace {

constexpr uint64_t kSeed = 0x4e1d;  // which sequences: the same for every run

/// A random part of the dataset of about so many tokens.
StepBatch sample_of(const Dataset& dataset, const HeldOutOptions& options) {
  const double mean = static_cast<double>(dataset.tokens()) / static_cast<double>(dataset.size());
  const auto wanted = static_cast<int64_t>(std::ceil(static_cast<double>(options.tokens) / mean));
  return Batches(dataset, {.seed = kSeed,
                           .sequences = std::clamp<int64_t>(wanted, 1, dataset.size()),
                           .micro_batch_rows = options.micro_batch_rows,
                           .virtual_shards = 1})
      .at(0);
}

double cross_entropy_of(Context& ctx, const Decoder& decoder, const MicroBatch& batch) {
  Arena::Mark mark(ctx.arena);
  const Tensor hidden = decoder.hidden_states(ctx, documents_of(batch));
  const HeadTargets targets{.targets = batch.targets, .predicted = batch.predicted};
  return head_loss(ctx, hidden, decoder.lm_head(), targets, checked(LossMix{}), 1).cross_entropy;
}

}  // namespace

double HeldOutLoss::perplexity() const {
  return std::exp(cross_entropy);
}

Json to_json(const HeldOutLoss& loss) {
  return {{"sequences", loss.sequences},
          {"predicted", loss.predicted},
          {"cross_entropy", loss.cross_entropy},
          {"perplexity", loss.perplexity()}};
}

HeldOutLoss measure_held_out(Context& ctx, const Decoder& decoder, const Dataset& dataset,
                             const HeldOutOptions& options) {
  Context plain = ctx;
  plain.tape = nullptr;
  const auto alone = make_lone_communicator();
  Communicator& ranks = options.ranks != nullptr ? *options.ranks : *alone;
  const StepBatch batch = sample_of(dataset, options);
  const std::vector<MicroBatch>& micros = batch.shards.front();
  const Share own = share_of(ranks, std::ssize(micros));
  std::vector<double> sums;
  together(ranks, [&] {
    for (int64_t i = own.begin; i < own.end; ++i) {
      options.check();
      sums.push_back(cross_entropy_of(plain, decoder, micros[static_cast<size_t>(i)]));
    }
  });
  Packer packer;
  packer.add_list(sums);
  HeldOutLoss loss;
  for (const std::string& bytes : ranks.gather(packer.take()))
    for (double sum : Unpacker(bytes).get_list<double>()) loss.cross_entropy += sum;
  for (const MicroBatch& micro : micros) loss.sequences += std::ssize(micro.document_begins) - 1;
  loss.predicted = batch.predicted;
  loss.cross_entropy /= static_cast<double>(batch.predicted);
  return loss;
}

}  // namespace retort::train
