#include "retort/train/batches.h"

#include <algorithm>
#include <numeric>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort::train {

std::vector<std::span<const int32_t>> documents_of(const MicroBatch& batch) {
  std::vector<std::span<const int32_t>> documents;
  for (size_t d = 0; d + 1 < batch.document_begins.size(); ++d) {
    const auto begin = static_cast<size_t>(batch.document_begins[d]);
    const auto end = static_cast<size_t>(batch.document_begins[d + 1]);
    documents.push_back(std::span(batch.tokens).subspan(begin, end - begin));
  }
  return documents;
}

Batches::Batches(const Dataset& dataset, const BatchOptions& options) : dataset_(dataset), options_(options) {
  if (dataset.size() == 0) fail(ErrorCode::bad_input, "dataset: it has no sequence");
  if (options.sequences < 1 || options.micro_batch_rows < 1 || options.virtual_shards < 1)
    fail(ErrorCode::bad_input,
         "batches: {} sequences a step, {} rows a micro-batch, {} shards: all must be 1 or more",
         options.sequences, options.micro_batch_rows, options.virtual_shards);
}

/// The sequence at a position of the endless run through all epochs.
int64_t Batches::sequence_at(int64_t position) {
  const int64_t n = dataset_.size(), epoch = position / n;
  if (epoch != epoch_) {
    epoch_ = epoch;
    order_.resize(static_cast<size_t>(n));
    std::iota(order_.begin(), order_.end(), int64_t{0});
    Random random(random_bits(options_.seed, static_cast<uint64_t>(epoch)));
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  }
  return order_[static_cast<size_t>(position % n)];
}

void Batches::append(int64_t sequence, MicroBatch& batch) const {
  const Dataset::View view = dataset_[sequence];
  const auto copy = [](auto& to, auto from) { to.insert(to.end(), from.begin(), from.end()); };
  const auto k = static_cast<size_t>(dataset_.top_k());
  copy(batch.tokens, view.tokens.first(view.tokens.size() - 1));
  copy(batch.targets, view.tokens.subspan(1));
  copy(batch.predicted, view.predicted.subspan(1));
  copy(batch.top_ids, view.top_ids.subspan(k));
  copy(batch.top_log_probs, view.top_log_probs.subspan(k));
  if (batch.document_begins.empty()) batch.document_begins.push_back(0);
  batch.document_begins.push_back(batch.rows());
}

StepBatch Batches::at(int64_t step) {
  std::vector<int64_t> sequences;
  for (int64_t i = 0; i < options_.sequences; ++i)
    sequences.push_back(sequence_at(step * options_.sequences + i));
  // Dealt from long to short, there and back, so that shards are of much the same size and each holds
  // sequences of much the same length side by side.
  std::sort(sequences.begin(), sequences.end(), [&](int64_t a, int64_t b) {
    return std::pair(dataset_[b].tokens.size(), a) < std::pair(dataset_[a].tokens.size(), b);
  });
  StepBatch batch;
  const auto shards = static_cast<size_t>(options_.virtual_shards);
  batch.shards.resize(shards);
  for (size_t i = 0; i < sequences.size(); ++i) {
    const size_t at = i % (2 * shards);
    auto& shard = batch.shards[at < shards ? at : 2 * shards - 1 - at];
    const auto rows = static_cast<int64_t>(dataset_[sequences[i]].tokens.size()) - 1;
    if (shard.empty() || shard.back().rows() + rows > options_.micro_batch_rows) shard.emplace_back();
    append(sequences[i], shard.back());
  }
  for (const auto& shard : batch.shards)
    for (const MicroBatch& micro : shard) {
      batch.rows += micro.rows();
      for (uint8_t predicted : micro.predicted) batch.predicted += predicted != 0;
    }
  return batch;
}

}  // namespace retort::train
