// Random models: the tensors of a checkpoint in the true layout of a published shape, with random weights
// that depend on the tensor's name only. For speed and exactness tests; never for answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/formats/model_config.h"
#include "retort/tensor/dtype.h"
#include "retort/tensor/shape.h"

namespace retort {

/// The shape named by a row of the table in random_model.cc ("tiny-qwen2", "r1-distill-qwen-1.5b", ...).
ModelConfig shape_named(std::string_view name);
std::string shape_names();

/// What each tensor is stored as.
struct Scheme {
  std::string name;
  DType matrices;             // most matrices
  bool mixed = false;         // q4_k_m, q5_k_m: some matrices and the head in q6_k
  bool block_scales = false;  // f8_e4m3 in blocks of 128 x 128 instead of per row
};
std::optional<Scheme> scheme_named(std::string_view name);
std::string scheme_names();

struct RandomTensor {
  std::string name;  // Hugging Face's
  DType dtype;
  Shape shape;
  float mean = 0, deviation = 0;
  float row_spread = 0;  // rows are scaled by exp(row_spread * normal)
  float diagonal = 0;    // added to column r of row r
  int64_t n_scores = 0;  // so many first columns score the experts for the row's token
};

/// All tensors in the order of the layers. FP8 matrices come with their scales.
std::vector<RandomTensor> random_tensors(const ModelConfig& config, const Scheme& scheme);

/// Fills row `row` of a tensor, encoded. Rows of large matrices are drawn from a pool of `kPool` encoded
/// rows.
class RandomRows {
 public:
  static constexpr int64_t kPool = 512;
  explicit RandomRows(const RandomTensor& tensor);
  const std::byte* row(int64_t row) const;
  int64_t row_bytes() const { return row_bytes_; }

 private:
  int64_t rows_, row_bytes_;
  uint64_t seed_;
  std::vector<std::byte> pool_;
};

}  // namespace retort
