// The thresholds of dynamic pruning as a file beside the model, which stays as it is: sparsity.json in a
// folder, X.sparsity.json beside X.gguf. The form is described in docs/prune.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "retort/model/input_pruning.h"

namespace retort::compress {

struct SparsityFile {
  std::string weights;       // weights_checksum of the model that it was measured on
  std::string calibration;   // which text: "generated problems", or a file's name
  int64_t tokens = 0;        // of it
  std::string run;           // the id of the measurement
  std::vector<double> grid;  // sparsities, ascending from 0
  /// [grid][layers]
  std::vector<std::vector<LayerThresholds>> thresholds;

  /// Of each layer at a sparsity within the grid, between whose places they are interpolated.
  std::vector<LayerThresholds> at(double sparsity) const;
};

/// Where the file of a model belongs.
std::filesystem::path sparsity_path(const Checkpoint& checkpoint);

std::string sparsity_json(const SparsityFile& file);
/// `where` names the text in errors. Throws Error bad_input for anything that is not such a file, saying
/// what.
SparsityFile parse_sparsity(std::string_view text, std::string_view where);

/// Appears whole. Throws Error resource if it cannot be written.
void write_sparsity(const std::filesystem::path& path, const SparsityFile& file);
/// Throws Error not_found if there is none, bad_input if it is broken or of another model.
SparsityFile read_sparsity(const std::filesystem::path& path, const Checkpoint& checkpoint,
                           int64_t num_hidden_layers);

}  // namespace retort::compress
