// Training states on disk: masters, moments and where the run stands, in one safetensors file with a checksum
// over all of it. A file appears under its name only when it is complete, so that whatever happens the last
// good one survives; a damaged one is refused by name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/tensor/tensor.h"

namespace retort::train {

/// Where a run stands. All random numbers of training are functions of (seed, step), so these two are the
/// whole random state.
struct TrainingProgress {
  int64_t step = 0;  // steps done
  uint64_t seed = 0;
  int64_t tokens = 0;       // rows computed so far
  std::string recipe_hash;  // of the recipe and all that it reads
  std::string notes;        // whatever the caller keeps, as text
};

/// A tensor of the state; f32.
struct StateTensor {
  std::string name;
  Tensor tensor;
};

/// Throws Error resource if the disk is full or cannot be written; then the file of that name is as it was.
void write_training_state(const std::filesystem::path& path, const TrainingProgress& progress,
                          std::span<const StateTensor> tensors);

/// Fills the tensors, all or none. Throws Error naming the file: bad_input if it is damaged or belongs to a
/// model of other parameters, not_found if it is not there.
TrainingProgress read_training_state(const std::filesystem::path& path, std::span<const StateTensor> tensors);

/// A run's folder of states, "step-00001200.safetensors", of which the newest few are kept.
class TrainingFolder {
 public:
  /// Makes the folder and takes it for this process. Throws Error resource if another run has it.
  TrainingFolder(std::filesystem::path folder, int keep);
  ~TrainingFolder();
  TrainingFolder(const TrainingFolder&) = delete;
  TrainingFolder& operator=(const TrainingFolder&) = delete;

  /// Writes the state and then removes those that are older than the `keep` newest.
  void save(const TrainingProgress& progress, std::span<const StateTensor> tensors);
  /// Fills the tensors from the newest state; absent if there is none. A damaged one is an Error that names
  /// it and the state before it: the way out is to remove it.
  std::optional<TrainingProgress> load(std::span<const StateTensor> tensors) const;

  const std::filesystem::path& path() const { return folder_; }
  /// Oldest first.
  std::vector<std::filesystem::path> states() const;

 private:
  std::filesystem::path folder_;
  int keep_;
  int fd_ = -1;  // of the folder: the lock, and what a rename is synced by
};

}  // namespace retort::train
