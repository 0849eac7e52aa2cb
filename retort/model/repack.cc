#include "retort/model/repack.h"

#include <algorithm>

#include "retort/base/arithmetic.h"
#include "retort/base/topology.h"
#include "retort/model/huge_buffer.h"

namespace retort {

namespace {

constexpr double kFloatShare = 0.75;  // of the available memory that a copy of float weights may take
constexpr int64_t kPart = int64_t{16} << 20;

uint64_t packed_bytes(std::span<Linear* const> layers) {
  uint64_t total = 0;
  for (const Linear* layer : layers) total += layer->packed_bytes();
  return total;
}

}  // namespace

Repacking::Repacking(const Checkpoint& checkpoint, std::span<Linear* const> wanted)
    : checkpoint_(checkpoint) {
  for (const bool integer : {true, false}) {
    for (Linear* layer : wanted)
      if (layer->wants_packing() && is_quantized(layer->dtype()) == integer) layers_.push_back(layer);
    if (integer) integers_ = packed_bytes(layers_);
  }
  // Integer formats gain most, and run slowly otherwise; float weights are left in the file where their copy
  // would crowd out everything else.
  const double limit = kFloatShare * static_cast<double>(read_memory_status().available);
  total_ = packed_bytes(layers_);
  if (static_cast<double>(total_) > limit) total_ = integers_;
  if (total_ == 0) return;
  buffer_ = std::make_unique<HugeBuffer>(total_, "run without repacking (--no-repack)");
  next_ = buffer_->data();
}

Repacking::~Repacking() = default;

void Repacking::advance(Context& ctx, uint64_t until, const ProgressFn& progress) {
  until = std::min(until, total_);
  while (done_ < until) {
    pack_part(ctx);
    if (progress) progress("repacking", done_, total_);
  }
}

/// The next few MiB of a layer: the file's pages are given back before the next part is read.
void Repacking::pack_part(Context& ctx) {
  Linear& layer = *layers_[layer_];
  const TensorView w = layer.weight();
  if (panel_ == 0) checkpoint_.prefetch(w);
  const int64_t n = layer.n_panels(), panel_bytes = static_cast<int64_t>(layer.packed_bytes()) / n;
  const int64_t begin = panel_, end = std::min(n, begin + std::max<int64_t>(1, kPart / panel_bytes));
  ctx.pool.parallel_for(end - begin, 1,
                        [&](int64_t b, int64_t e) { layer.pack(ctx.kernels, begin + b, begin + e, next_); });
  const int64_t first = begin * kernels::kPanelRows, last = std::min(end * kernels::kPanelRows, w.rows());
  checkpoint_.release({w.dtype, {last - first, w.columns()}, w.row(first)});
  panel_ = end;
  done_ += static_cast<uint64_t>((end - begin) * panel_bytes);
  if (end < n) return;

  layer.use_packed(next_);
  done_ = static_cast<uint64_t>(next_ - buffer_->data()) + layer.packed_bytes();
  next_ += layer.packed_bytes();
  panel_ = 0;
  ++layer_;
}

}  // namespace retort
