// Folding into weights: the edit that a SourceModel applies as rows are read, and the choice of scales that
// a norm's BF16 weight can carry exactly.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/compress/folding.h"
#include "retort/compress/source_model.h"

namespace retort::compress {

/// What all foldings so far do to tensors: columns of readers are multiplied, rows of sources (and their
/// biases, and norms) divided.
class FoldingEdit {
 public:
  explicit FoldingEdit(int64_t head_dim) : head_dim_(head_dim) {}

  void add(const Folding& folding);
  /// The scales that a module's columns are multiplied by; null: none.
  const std::vector<float>* of_reader(std::string_view module) const;
  /// Takes a matrix's rows back to where they were before the edit.
  void undo(const SourceTensor& tensor, int64_t begin, int64_t end, float* rows) const;
  /// A RowEdit.
  void operator()(const SourceTensor& tensor, int64_t begin, int64_t end, float* rows) const;

 private:
  int64_t head_dim_;
  std::map<std::string, std::vector<float>, std::less<>> readers_;  // by module
  std::map<std::string, std::vector<float>, std::less<>> sources_;  // by tensor; scales of readers' columns
};

/// The reader's column that row r of a source of n_rows rows feeds first: they are equal in number, but for
/// v_proj under grouped-query attention, each of whose heads feeds a group of query heads.
int64_t fed_column(int64_t r, int64_t n_rows, int64_t n_columns, int64_t head_dim);

/// Makes columns that one row of the source feeds share their scale: the geometric mean.
void share_between_heads(std::vector<float>& scale, int64_t source_rows, int64_t head_dim);

/// Moves each scale to the nearest by which the norm's weight divides to a value of BF16, so that the file
/// carries the division exactly. Where the weight is zero the scale becomes 1.
void fit_to_norm(std::vector<float>& scale, std::span<const float> norm);

}  // namespace retort::compress
