#include "retort/compress/folding_edit.h"

#include <cmath>

#include "retort/base/check.h"
#include "retort/tensor/float_formats.h"

namespace retort::compress {
namespace {

void multiply_columns(const std::vector<float>& scale, int64_t n_rows, float* rows) {
  for (int64_t r = 0; r < n_rows; ++r, rows += scale.size())
    for (size_t c = 0; c < scale.size(); ++c) rows[c] *= scale[c];
}

/// "a.b.weight" of "a.b.weight" and of "a.b.bias".
std::string weight_of(const SourceTensor& tensor) {
  return tensor.module + ".weight";
}

}  // namespace

int64_t fed_column(int64_t r, int64_t n_rows, int64_t n_columns, int64_t head_dim) {
  const int64_t group = n_columns / n_rows;  // query heads that share a head
  return r / head_dim * group * head_dim + r % head_dim;
}

void share_between_heads(std::vector<float>& scale, int64_t source_rows, int64_t head_dim) {
  const int64_t columns = std::ssize(scale), group = columns / source_rows;
  if (group == 1) return;
  for (int64_t r = 0; r < source_rows; ++r) {
    const int64_t first = fed_column(r, source_rows, columns, head_dim);
    double sum = 0;
    for (int64_t h = 0; h < group; ++h)
      sum += std::log(static_cast<double>(scale[static_cast<size_t>(first + h * head_dim)]));
    const auto mean = static_cast<float>(std::exp(sum / static_cast<double>(group)));
    for (int64_t h = 0; h < group; ++h) scale[static_cast<size_t>(first + h * head_dim)] = mean;
  }
}

void fit_to_norm(std::vector<float>& scale, std::span<const float> norm) {
  RETORT_CHECK(scale.size() == norm.size());
  for (size_t c = 0; c < scale.size(); ++c) {
    const float divided = to_f32(to_bf16(norm[c] / scale[c]));
    scale[c] = divided == 0 || !std::isfinite(divided) ? 1.0f : norm[c] / divided;
  }
}

void FoldingEdit::add(const Folding& folding) {
  for (const std::string& module : folding.readers) readers_.insert_or_assign(module, folding.scale);
  sources_.insert_or_assign(folding.source, folding.scale);
}

const std::vector<float>* FoldingEdit::of_reader(std::string_view module) const {
  const auto found = readers_.find(module);
  return found == readers_.end() ? nullptr : &found->second;
}

void FoldingEdit::operator()(const SourceTensor& tensor, int64_t begin, int64_t end, float* rows) const {
  const bool is_vector = tensor.role == TensorRole::vector;
  if (const auto reader = readers_.find(tensor.module); reader != readers_.end() && !is_vector) {
    RETORT_CHECK(std::ssize(reader->second) == tensor.columns);
    multiply_columns(reader->second, end - begin, rows);
  }
  const auto source = sources_.find(weight_of(tensor));
  if (source == sources_.end()) return;
  const std::vector<float>& scale = source->second;
  // A vector (a norm, a bias) is one row, whose columns are the source's rows.
  const int64_t n_rows = is_vector ? tensor.columns : tensor.rows;
  const auto divisor = [&](int64_t r) {
    return scale[static_cast<size_t>(fed_column(r, n_rows, std::ssize(scale), head_dim_))];
  };
  for (int64_t r = begin; r < end; ++r, rows += tensor.columns)
    for (int64_t c = 0; c < tensor.columns; ++c) rows[c] /= divisor(is_vector ? c : r);
}

void FoldingEdit::undo(const SourceTensor& tensor, int64_t begin, int64_t end, float* rows) const {
  const std::vector<float>* reader = of_reader(tensor.module);
  const auto source = sources_.find(tensor.name);
  for (int64_t r = begin; r < end; ++r) {
    const float factor = source == sources_.end()
                             ? 1.0f
                             : source->second[static_cast<size_t>(
                                   fed_column(r, tensor.rows, std::ssize(source->second), head_dim_))];
    for (int64_t c = 0; c < tensor.columns; ++c, ++rows)
      *rows = *rows * factor / (reader ? (*reader)[static_cast<size_t>(c)] : 1.0f);
  }
}

}  // namespace retort::compress
