// Pruning the inputs of a decoder's matrices at run time (TEAL, Liu et al. 2024): what is near zero is not
// multiplied. Each layer has four inputs, each with a threshold of its own, found by calibration.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "retort/base/progress.h"
#include "retort/formats/checkpoint.h"
#include "retort/model/huge_buffer.h"
#include "retort/ops/sparse_linear.h"

namespace retort {

/// What reads the input: query, key and value; o_proj; gate and up; down_proj.
enum class InputSite { attention, attention_output, mlp, mlp_output };
inline constexpr size_t kInputSites = 4;
inline constexpr std::string_view kInputSiteNames[kInputSites] = {"attention", "attention_output", "mlp",
                                                                  "mlp_output"};

/// By site: the magnitude up to which a value counts as zero; 0: all values count.
using LayerThresholds = std::array<float, kInputSites>;

class InputPruning {
 public:
  /// The matrices of one site; empty: it is not pruned.
  using SiteLayers = std::array<std::vector<const Linear*>, kInputSites>;

  /// One entry a layer each; the Linears stay at their addresses.
  InputPruning(std::span<const SiteLayers> layers, std::span<const LayerThresholds> thresholds);

  const std::vector<LayerThresholds>& thresholds() const { return thresholds_; }
  /// Null where all inputs count.
  const PrunedInput* find(int layer, InputSite site) const;
  /// True if products read the copy by columns and not the matrix itself.
  bool holds(const Linear& matrix) const;

  /// Copies matrices in BF16 by columns, in parallel, giving their pages of the file back; without, results
  /// are the same but for rounding and no faster. Throws Error resource if there is no memory for the copies.
  void pack(Context& ctx, const Checkpoint& checkpoint, const ProgressFn& progress);

  /// Of all pruned matrices, the share of the multiplications that was skipped so far.
  double skipped() const;
  /// Elements of the pruned matrices.
  double weights() const;
  /// The pruned matrices' bytes, and of them those in matrices that are skipped by columns.
  uint64_t bytes() const;
  uint64_t packed_bytes() const;

 private:
  std::vector<LayerThresholds> thresholds_;
  std::vector<std::array<std::optional<PrunedInput>, kInputSites>> layers_;
  std::unique_ptr<HugeBuffer> buffer_;
};

}  // namespace retort
