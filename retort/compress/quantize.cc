#include "retort/compress/quantize.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "retort/base/arithmetic.h"

namespace retort::compress {
namespace {

/// Elements of a slab: large enough to write well, small enough that every thread may hold several.
constexpr int64_t kSlab = int64_t{1} << 20;

struct Slab {
  const TensorPlan* plan;
  int64_t begin, end;
};

/// A slab on its way; a thread's own, kept from slab to slab.
struct Workspace {
  std::vector<float> rows;
  EncodedRows encoded;
};

class Pipeline {
 public:
  Pipeline(Context& ctx, const SourceModel& source, const QuantizationPlan& plan,
           const QuantizeOptions& options, ModelSink& sink)
      : ctx_(ctx), source_(source), plan_(plan), options_(options), sink_(sink) {
    workspaces_.resize(static_cast<size_t>(ctx.pool.size()));
    for (const TensorPlan& t : plan.tensors) total_ += source_bytes(t);
  }

  /// Slabs of neighbouring tensors run together, so that small tensors keep all threads at work.
  void run() {
    int layer = -1;
    for (const TensorPlan& t : plan_.tensors) {
      const bool whole = options_.method && t.encoding.kind == Encoding::Kind::integer;
      if (whole || t.tensor->layer != layer) flush();
      if (options_.enter_layer && t.tensor->layer >= 0 && t.tensor->layer != layer)
        options_.enter_layer(t.tensor->layer);
      layer = t.tensor->layer;
      if (whole)
        run_whole(t);
      else
        add_slabs(t);
    }
    flush();
  }

 private:
  static int64_t elements(const TensorPlan& t) { return t.tensor->rows * t.tensor->columns; }
  uint64_t source_bytes(const TensorPlan& t) const {
    return static_cast<uint64_t>(row_bytes(source_.stored_dtype(*t.tensor), elements(t)));
  }

  const InputStatistics* statistics_of(const SourceTensor& tensor) const {
    if (options_.statistics == nullptr) return nullptr;
    const auto at = options_.statistics->find(tensor.module);
    return at == options_.statistics->end() ? nullptr : at->second.get();
  }

  void add_slabs(const TensorPlan& t) {
    const int64_t unit = sink_.row_unit(t);
    const int64_t step = round_up(std::max<int64_t>(1, kSlab / t.tensor->columns), unit);
    for (int64_t begin = 0; begin < t.tensor->rows; begin += step)
      slabs_.push_back({&t, begin, std::min(begin + step, t.tensor->rows)});
    group_.push_back(&t);
  }

  void flush() {
    std::atomic<bool> stopped{false};
    ctx_.pool.parallel_dynamic(static_cast<int64_t>(slabs_.size()), [&](int64_t i, int thread) {
      if (stopped) return;
      try {
        run_slab(slabs_[static_cast<size_t>(i)], workspaces_[static_cast<size_t>(thread)]);
      } catch (...) {
        stopped = true;
        throw;
      }
    });
    for (const TensorPlan* t : group_) source_.release(*t->tensor);
    slabs_.clear();
    group_.clear();
  }

  void run_slab(const Slab& slab, Workspace& work) {
    const SourceTensor& tensor = *slab.plan->tensor;
    const int64_t n = slab.end - slab.begin;
    work.rows.resize(static_cast<size_t>(n * tensor.columns));
    source_.read_rows(tensor, slab.begin, slab.end, work.rows.data());
    const InputStatistics* statistics = statistics_of(tensor);
    encode_rows(encoders_, slab.plan->encoding, {work.rows.data(), n, tensor.columns},
                statistics ? std::span<const double>(statistics->mean_square) : std::span<const double>(),
                work.encoded);
    sink_.write(*slab.plan, slab.begin, slab.end, work.encoded);
    report(*slab.plan, n);
  }

  void run_whole(const TensorPlan& t) {
    const SourceTensor& tensor = *t.tensor;
    std::vector<float> rows(static_cast<size_t>(elements(t)));
    ctx_.pool.parallel_for(tensor.rows, 1, [&](int64_t begin, int64_t end) {
      source_.read_rows(tensor, begin, end, rows.data() + begin * tensor.columns);
    });
    source_.release(tensor);
    const IntegerMatrix matrix = options_.method(ctx_, tensor, {rows.data(), tensor.rows, tensor.columns},
                                                 t.encoding.grid, statistics_of(tensor));
    EncodedRows encoded;
    encode_integers(matrix, encoded);
    sink_.write(t, 0, tensor.rows, encoded);
    report(t, tensor.rows);
  }

  void report(const TensorPlan& t, int64_t rows) {
    if (!options_.progress) return;
    const std::lock_guard lock(mutex_);
    done_ += static_cast<uint64_t>(row_bytes(source_.stored_dtype(*t.tensor), rows * t.tensor->columns));
    options_.progress("quantising", done_, total_);
  }

  Context& ctx_;
  const SourceModel& source_;
  const QuantizationPlan& plan_;
  const QuantizeOptions& options_;
  ModelSink& sink_;
  const kernels::BlockEncoders& encoders_ = kernels::block_encoders(ctx_.kernels.isa);
  std::vector<Workspace> workspaces_;
  std::vector<Slab> slabs_;
  std::vector<const TensorPlan*> group_;
  std::mutex mutex_;
  uint64_t done_ = 0, total_ = 0;
};

}  // namespace

void quantize(Context& ctx, const SourceModel& source, const QuantizationPlan& plan,
              const QuantizeOptions& options, ModelSink& sink) {
  Pipeline(ctx, source, plan, options, sink).run();
  sink.finish();
}

}  // namespace retort::compress
