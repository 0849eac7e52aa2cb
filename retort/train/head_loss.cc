#include "retort/train/head_loss.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "retort/base/check.h"
#include "retort/ops/linear_backward.h"
#include "retort/ops/real.h"

namespace retort::train {
namespace {

constexpr int64_t kChunkLogits = int64_t{1} << 20;  // 4 MiB of f32
constexpr int64_t kLeastChunkRows = 64;             // fewer would not amortise reading the head
constexpr int64_t kShareRows = 8;

template <typename T>
class FusedHead {
 public:
  FusedHead(Context& ctx, const Tensor& hidden, const Linear& head, const HeadTargets& targets,
            const LossMix& mix, double denominator)
      : ctx_(ctx), hidden_(hidden), head_(head), targets_(targets), mix_(mix), denominator_(denominator) {
    for (int64_t i = 0; i < hidden.rows(); ++i)
      if (targets.predicted[static_cast<size_t>(i)] != 0) counted_.push_back(i);
  }

  TokenLoss run() {
    if (ctx_.tape != nullptr) prepare_sink();
    const int64_t rows = std::max(kLeastChunkRows, kChunkLogits / head_.out_features());
    const auto n = static_cast<int64_t>(counted_.size());
    TokenLoss sum;
    for (int64_t begin = 0; begin < n; begin += rows) sum += chunk(begin, std::min(n, begin + rows));
    return sum;
  }

 private:
  /// Rows that count nowhere have no gradient, which a fresh sink has to say.
  void prepare_sink() {
    const Tape::Sink sink = ctx_.tape->sink(hidden_);
    if (sink.empty) std::memset(sink.gradient.bytes(), 0, sink.gradient.view().bytes());
    gradient_ = sink.gradient;
  }

  /// The counted rows [begin, end) of x, one behind the other.
  Tensor gather(const Tensor& x, int64_t begin, int64_t end) const {
    const Tensor rows = ctx_.empty({end - begin, x.columns()}, x.dtype());
    for (int64_t i = begin; i < end; ++i)
      std::copy_n(x.row_as<T>(counted_[static_cast<size_t>(i)]), x.columns(), rows.row_as<T>(i - begin));
    return rows;
  }

  TokenLoss chunk(int64_t begin, int64_t end) {
    Arena::Mark mark(ctx_.arena);
    Context plain = ctx_;
    plain.tape = nullptr;
    const Tensor x = gather(hidden_, begin, end);
    const Tensor z = linear(plain, x, head_);  // [end - begin, vocab_size]; then their gradient
    Tensor teacher;
    if (mix_.needs_teacher() && targets_.teacher_hidden != nullptr)
      teacher = linear(plain, gather(*targets_.teacher_hidden, begin, end), *targets_.teacher_head);
    const TokenLoss sum = losses(begin, end, z, teacher);
    if (ctx_.tape != nullptr) back(begin, x, z);
    return sum;
  }

  /// Replaces logits by gradients.
  TokenLoss losses(int64_t begin, int64_t end, const Tensor& z, const Tensor& teacher) const {
    const auto softmax = [&](T* row, int64_t n) { return elementwise<T>(ctx_).softmax(row, n); };
    const T scale = static_cast<T>(1 / denominator_);
    std::vector<TokenLoss> by_row(static_cast<size_t>(end - begin));
    ctx_.pool.parallel_for(end - begin, kShareRows, [&](int64_t from, int64_t to) {
      TokenLossFunction<T> function(mix_);
      std::vector<T> dz(static_cast<size_t>(z.columns()));
      std::vector<float> log_probs;
      for (int64_t i = from; i < to; ++i) {
        const auto row = static_cast<size_t>(counted_[static_cast<size_t>(begin + i)]);
        by_row[static_cast<size_t>(i)] =
            function(z.row_as<T>(i), z.columns(), targets_.targets[row],
                     teacher_row(row, teacher, i, log_probs), softmax, dz.data());
        for (int64_t j = 0; j < z.columns(); ++j) z.row_as<T>(i)[j] = scale * dz[static_cast<size_t>(j)];
      }
    });
    TokenLoss sum;
    for (const TokenLoss& loss : by_row) sum += loss;
    return sum;
  }

  TeacherRow teacher_row(size_t row, const Tensor& teacher, int64_t i, std::vector<float>& copy) const {
    if (teacher.bytes() != nullptr) {
      // Logits are log-probabilities but for a constant, which renormalising takes away.
      const T* logits = teacher.row_as<T>(i);
      copy.assign(logits, logits + teacher.columns());
      return {{}, copy};
    }
    const auto k = static_cast<size_t>(targets_.top_k);
    if (k == 0) return {};
    return {targets_.top_ids.subspan(row * k, k), targets_.top_log_probs.subspan(row * k, k)};
  }

  void back(int64_t begin, const Tensor& x, const Tensor& dz) {
    const Linear* layers[] = {&head_};
    const Tensor dx = ctx_.empty(x.shape(), x.dtype());
    linear_backward(ctx_, x, layers, std::span(&dz, 1), Tape::Sink{dx, /*empty=*/true});
    for (int64_t i = 0; i < dx.rows(); ++i)
      elementwise<T>(ctx_).add(dx.row_as<T>(i), dx.columns(),
                               gradient_.row_as<T>(counted_[static_cast<size_t>(begin + i)]));
  }

  Context& ctx_;
  const Tensor& hidden_;
  const Linear& head_;
  const HeadTargets& targets_;
  const LossMix& mix_;
  double denominator_;
  std::vector<int64_t> counted_;  // rows
  Tensor gradient_;               // of hidden
};

}  // namespace

TokenLoss head_loss(Context& ctx, const Tensor& hidden, const Linear& head, const HeadTargets& targets,
                    const LossMix& mix, double denominator) {
  const auto rows = static_cast<size_t>(hidden.rows());
  RETORT_CHECK(targets.targets.size() == rows && targets.predicted.size() == rows && denominator > 0);
  RETORT_CHECK(hidden.columns() == head.in_features());
  if (mix.needs_teacher()) {
    const size_t listed = rows * static_cast<size_t>(targets.top_k);
    RETORT_CHECK((targets.teacher_hidden != nullptr) == (targets.top_k == 0));
    RETORT_CHECK(targets.top_ids.size() == listed && targets.top_log_probs.size() == listed);
    if (targets.teacher_hidden != nullptr)
      RETORT_CHECK(targets.teacher_hidden->rows() == hidden.rows() &&
                   targets.teacher_hidden->dtype() == hidden.dtype() &&
                   targets.teacher_head->out_features() == head.out_features());
  }
  return with_real(hidden.dtype(), [&]<typename T>(T) {
    return FusedHead<T>(ctx, hidden, head, targets, mix, denominator).run();
  });
}

}  // namespace retort::train
