#include "retort/compress/automatic.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/compress/automatic_budget.h"
#include "retort/compress/layer_substitution.h"
#include "retort/tensor/codec.h"

namespace retort::compress {
namespace {

constexpr int kMostMeasurements = 160;
constexpr int64_t kJudges = 256;  // rows of a matrix that its errors are estimated from

/// What is measured together: matrices of one layer with one source of inputs.
enum class Place { embedding, head, attention, output, gate_up, down };

Place place_of(const SourceTensor& t) {
  if (t.role == TensorRole::embedding) return Place::embedding;
  if (t.role == TensorRole::head) return Place::head;
  if (t.module.ends_with("o_proj")) return Place::output;
  if (t.module.ends_with("down_proj") || t.module.ends_with(".w2")) return Place::down;
  if (t.module.find("self_attn") != std::string::npos) return Place::attention;
  return Place::gate_up;
}

/// Tensors that get one format: one, or the same matrix of all experts of a layer, which a GGUF file has in
/// one stack.
struct Candidate {
  std::vector<const SourceTensor*> tensors;
  std::vector<DType> formats;  // ascending bytes
  std::vector<double> errors;  // weighted squared errors, one a format
  std::vector<FormatOption> options;

  const SourceTensor& first() const { return *tensors.front(); }
};

/// "w1" of an expert's module; empty of anything else.
std::string_view expert_matrix(const SourceTensor& t) {
  const std::string_view module = t.module;
  return module.find(".experts.") == module.npos ? std::string_view() : module.substr(module.rfind('.') + 1);
}

struct Group {
  std::vector<Candidate*> members;
  double kl = 0;
  bool measured = false;
  double smallest_error() const {
    double sum = 0;
    for (const Candidate* member : members) sum += member->errors.front();
    return sum;
  }
};
using GroupKey = std::pair<Place, int>;  // with the layer

class Chooser {
 public:
  Chooser(Context& ctx, const SourceModel& source, const Statistics& statistics, DivergenceProbe& probe,
          const AutomaticOptions& options)
      : ctx_(ctx), source_(source), statistics_(statistics), probe_(probe), options_(options) {}

  AutomaticChoice run() {
    list();
    for (Candidate& candidate : candidates_) estimate_errors(candidate);
    for (Candidate& candidate : candidates_) {
      Group& group = groups_[{place_of(candidate.first()), candidate.first().layer}];
      group.members.push_back(&candidate);
    }
    measure_groups();
    AutomaticChoice choice = choose();
    choice.measured_kl = measure(choice);
    choice.measurements = done_ + 1;
    choice.tokens = probe_.tokens();
    return choice;
  }

 private:
  void list() {
    for (const SourceTensor& tensor : source_.tensors()) {
      if (tensor.role == TensorRole::vector || tensor.role == TensorRole::router) continue;
      if (Candidate* stack = stack_of(tensor)) {
        stack->tensors.push_back(&tensor);
        continue;
      }
      Candidate candidate{{&tensor}, {}, {}, {}};
      for (DType format : options_.formats)
        if (tensor.columns % info(format).block_size == 0) candidate.formats.push_back(format);
      if (candidate.formats.empty()) candidate.formats.push_back(DType::bf16);
      std::sort(candidate.formats.begin(), candidate.formats.end(), [&](DType a, DType b) {
        return row_bytes(a, tensor.columns) < row_bytes(b, tensor.columns);
      });
      candidates_.push_back(std::move(candidate));
    }
  }

  Candidate* stack_of(const SourceTensor& tensor) {
    const std::string_view matrix = expert_matrix(tensor);
    for (Candidate& candidate : candidates_)
      if (!matrix.empty() && candidate.first().layer == tensor.layer &&
          expert_matrix(candidate.first()) == matrix)
        return &candidate;
    return nullptr;
  }

  /// What a matrix reads; of the embedding, which reads nothing, what the head does where they are one.
  const InputStatistics* inputs_of(const SourceTensor& tensor) const {
    const auto found =
        statistics_.find(tensor.role == TensorRole::embedding ? "lm_head" : std::string_view(tensor.module));
    if (found == statistics_.end()) return nullptr;
    if (tensor.role == TensorRole::embedding && !source_.config().tie_word_embeddings) return nullptr;
    return found->second.get();
  }

  const double* importance_of(const SourceTensor& tensor) const {
    const InputStatistics* inputs = inputs_of(tensor);
    return inputs && inputs->tokens > 0 ? inputs->mean_square.data() : nullptr;
  }

  void estimate_errors(Candidate& candidate) {
    candidate.errors.assign(candidate.formats.size(), 0.0);
    for (const SourceTensor* tensor : candidate.tensors) add_errors(*tensor, candidate);
  }

  void add_errors(const SourceTensor& t, Candidate& candidate) {
    const InputStatistics* inputs = inputs_of(t);
    const int64_t rows = std::min(t.rows, kJudges);
    std::vector<std::vector<double>> errors(static_cast<size_t>(rows));
    ctx_.pool.parallel_dynamic(rows, [&](int64_t i, int) {
      const int64_t row = i * t.rows / rows;
      std::vector<float> w(static_cast<size_t>(t.columns));
      source_.read_rows(t, row, row + 1, w.data());
      for (DType format : candidate.formats)
        errors[static_cast<size_t>(i)].push_back(row_error(t, format, w));
    });
    // An expert's error counts in the tokens that it sees.
    const double weight = static_cast<double>(inputs ? inputs->tokens : 1) * static_cast<double>(t.rows) /
                          static_cast<double>(rows);
    for (const auto& row : errors)
      for (size_t f = 0; f < row.size(); ++f) candidate.errors[f] += weight * row[f];
  }

  double row_error(const SourceTensor& t, DType format, const std::vector<float>& w) const {
    const double* importance = importance_of(t);
    std::vector<float> q = w;
    quantise(format, q.data(), t.columns, importance);
    double sum = 0;
    for (size_t c = 0; c < w.size(); ++c) {
      const double difference = static_cast<double>(q[c]) - static_cast<double>(w[c]);
      sum += (importance ? importance[c] : 1.0) * difference * difference;
    }
    return sum;
  }

  void quantise(DType format, float* row, int64_t n, const double* importance) const {
    std::vector<std::byte> bytes(static_cast<size_t>(row_bytes(format, n)));
    options_.encode(format, row, bytes.data(), n, importance);
    decode_row(format, bytes.data(), row, n);
  }

  /// The whole matrix as the format would have it.
  std::vector<float> quantised(const SourceTensor& t, DType format) const {
    std::vector<float> values(static_cast<size_t>(t.rows * t.columns));
    ctx_.pool.parallel_for(t.rows, 1, [&](int64_t begin, int64_t end) {
      source_.read_rows(t, begin, end, values.data() + begin * t.columns);
      for (int64_t r = begin; r < end; ++r)
        quantise(format, values.data() + r * t.columns, t.columns, importance_of(t));
    });
    return values;
  }

  void measure_groups() {
    const int stride = static_cast<int>(groups_.size()) / kMostMeasurements + 1;
    int total = 0;
    const auto is_due = [&](const GroupKey& key) { return key.second < 0 || key.second % stride == 0; };
    for (const auto& [key, group] : groups_) total += is_due(key);
    for (auto& [key, group] : groups_) {
      if (!is_due(key)) continue;
      group.kl = measure(key, group);
      group.measured = true;
      ++done_;
      if (options_.progress)
        options_.progress("measuring", static_cast<uint64_t>(done_), static_cast<uint64_t>(total));
    }
    for (auto& [key, group] : groups_) {
      const Group& like = groups_.at({key.first, key.second < 0 ? key.second : key.second / stride * stride});
      RETORT_CHECK(like.measured);
      const double error = like.smallest_error(), proportion = error > 0 ? std::max(like.kl, 0.0) / error : 0;
      for (Candidate* member : group.members)
        for (size_t f = 0; f < member->formats.size(); ++f)
          member->options.push_back({bytes_of(*member, member->formats[f]), proportion * member->errors[f]});
    }
  }

  uint64_t bytes_of(const Candidate& candidate, DType format) const {
    uint64_t bytes = 0;
    for (const SourceTensor* t : candidate.tensors)
      bytes += static_cast<uint64_t>(t->rows * row_bytes(format, t->columns));
    return round_up(bytes, options_.alignment);
  }

  double measure(const GroupKey& key, const Group& group) {
    if (key.second < 0) {
      const Candidate& only = *group.members.front();
      const std::vector<float> values = quantised(only.first(), only.formats.front());
      return probe_.kl_of_ends({.embedding = key.first == Place::embedding ? values.data() : nullptr,
                                .head = key.first == Place::head ? values.data() : nullptr});
    }
    LayerSubstitution layer(probe_.model().layer(key.second), source_);
    for (const Candidate* member : group.members)
      for (const SourceTensor* tensor : member->tensors)
        layer.replace(*tensor, quantised(*tensor, member->formats.front()).data());
    return probe_.kl_of_layer(key.second, layer.layer());
  }

  AutomaticChoice choose() const {
    std::vector<std::vector<FormatOption>> items;
    uint64_t least = 0;
    for (const Candidate& candidate : candidates_) {
      items.push_back(candidate.options);
      least += candidate.options.front().bytes;
    }
    const auto picked = choose_under_budget(items, options_.budget);
    if (!picked)
      fail(ErrorCode::bad_input,
           "auto: the budget leaves {} bytes for the matrices, and the smallest formats need {}; give a "
           "larger "
           "budget",
           options_.budget, least);
    AutomaticChoice choice;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const auto f = static_cast<size_t>((*picked)[i]);
      const Candidate& c = candidates_[i];
      choice.rows.push_back({c.tensors, c.formats[f], c.options[f].bytes, c.options[f].loss});
      choice.bytes += c.options[f].bytes;
      choice.predicted_kl += c.options[f].loss;
    }
    return choice;
  }

  /// All of the choice at once.
  double measure(const AutomaticChoice& choice) {
    std::vector<float> embedding, head;
    std::map<int, std::vector<const AutomaticRow*>> layers;
    for (const AutomaticRow& row : choice.rows) {
      const SourceTensor& first = *row.tensors.front();
      if (first.role == TensorRole::embedding) embedding = quantised(first, row.format);
      if (first.role == TensorRole::head) head = quantised(first, row.format);
      if (first.layer >= 0) layers[first.layer].push_back(&row);
    }
    std::optional<LayerSubstitution> present;
    const auto layer_of = [&](int i) -> const DecoderLayer& {
      present.emplace(probe_.model().layer(i), source_);
      for (const AutomaticRow* row : layers[i])
        for (const SourceTensor* tensor : row->tensors)
          present->replace(*tensor, quantised(*tensor, row->format).data());
      return present->layer();
    };
    return probe_.kl_of_all(layer_of,
                            {.embedding = embedding.data(), .head = head.empty() ? nullptr : head.data()});
  }

  Context& ctx_;
  const SourceModel& source_;
  const Statistics& statistics_;
  DivergenceProbe& probe_;
  const AutomaticOptions& options_;
  std::vector<Candidate> candidates_;
  std::map<GroupKey, Group> groups_;
  int done_ = 0;
};

}  // namespace

AutomaticChoice choose_formats(Context& ctx, const SourceModel& source, const Statistics& statistics,
                               DivergenceProbe& probe, const AutomaticOptions& options) {
  return Chooser(ctx, source, statistics, probe, options).run();
}

}  // namespace retort::compress
