// Batches: which sequences a step learns from, in an order that depends on (seed, step) only, dealt to
// virtual shards and cut into micro-batches. Sequences are packed end to end without padding; each stays a
// document of its own, whose tokens see no other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "retort/train/dataset.h"

namespace retort::train {

/// Rows to be computed at once: input token and, as target, the token that follows it in its document.
struct MicroBatch {
  std::vector<int32_t> tokens;           // [rows]
  std::vector<int32_t> targets;          // [rows]
  std::vector<uint8_t> predicted;        // [rows]: 1 where the target counts in the loss
  std::vector<int64_t> document_begins;  // [documents + 1]: first row of each, and the end
  std::vector<int32_t> top_ids;          // [rows][k]: the teacher's tokens for the target; empty without
  std::vector<float> top_log_probs;      // [rows][k]

  int64_t rows() const { return static_cast<int64_t>(tokens.size()); }
  bool operator==(const MicroBatch&) const = default;
};

/// The tokens of each document.
std::vector<std::span<const int32_t>> documents_of(const MicroBatch& batch);

struct StepBatch {
  std::vector<std::vector<MicroBatch>> shards;  // [virtual_shards][micro-batches]; a shard may be empty
  int64_t rows = 0;
  int64_t predicted = 0;  // targets that count, of all shards: what losses are divided by
};

struct BatchOptions {
  uint64_t seed = 1;
  int64_t sequences = 16;           // of one step
  int64_t micro_batch_rows = 4096;  // at most, unless a single sequence has more
  int virtual_shards = 4;           // a power of two
};

class Batches {
 public:
  /// `dataset` must outlive it. Throws Error bad_input for an empty dataset or options below 1.
  Batches(const Dataset& dataset, const BatchOptions& options);

  /// Steps run through the sequences epoch by epoch, each epoch in an order of its own.
  StepBatch at(int64_t step);

  double epochs(int64_t steps) const {
    return static_cast<double>(steps) * static_cast<double>(options_.sequences) /
           static_cast<double>(dataset_.size());
  }

 private:
  int64_t sequence_at(int64_t position);
  void append(int64_t sequence, MicroBatch& batch) const;

  const Dataset& dataset_;
  BatchOptions options_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;  // of epoch_
};

}  // namespace retort::train
