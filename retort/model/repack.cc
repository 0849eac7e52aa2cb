#include "retort/model/repack.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/base/topology.h"

namespace retort {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr double kFloatShare = 0.75;  // of the available memory that a copy of float weights may take

/// Anonymous memory on huge pages where the system has them: fewer faults while it fills, fewer misses after.
class HugeBuffer {
 public:
  explicit HugeBuffer(size_t bytes) : size_(round_up(bytes, kHugePage) + kHugePage) {
    map_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map_ == MAP_FAILED)
      fail(ErrorCode::resource, "repacking needs {} bytes of memory: {}; run without repacking (--no-repack)",
           bytes, std::strerror(errno));
    ::madvise(map_, size_, MADV_HUGEPAGE);
  }
  ~HugeBuffer() { ::munmap(map_, size_); }
  HugeBuffer(const HugeBuffer&) = delete;
  HugeBuffer& operator=(const HugeBuffer&) = delete;

  std::byte* data() const {
    return reinterpret_cast<std::byte*>(round_up(reinterpret_cast<uintptr_t>(map_), uintptr_t{kHugePage}));
  }

 private:
  size_t size_;
  void* map_;
};

uint64_t packed_bytes(std::span<Linear* const> layers) {
  uint64_t total = 0;
  for (const Linear* layer : layers) total += layer->packed_bytes();
  return total;
}

/// Integer formats gain most, and run slowly otherwise; float weights are left in the file where their copy
/// would crowd out everything else.
std::vector<Linear*> layers_to_pack(std::span<Linear* const> layers) {
  std::vector<Linear*> integers, all;
  for (Linear* layer : layers) {
    if (!layer->wants_packing()) continue;
    all.push_back(layer);
    if (is_quantized(layer->dtype())) integers.push_back(layer);
  }
  const double limit = kFloatShare * static_cast<double>(read_memory_status().available);
  return static_cast<double>(packed_bytes(all)) <= limit ? all : integers;
}

}  // namespace

std::shared_ptr<const void> repack(Context& ctx, const Checkpoint& checkpoint,
                                   std::span<Linear* const> wanted, const ProgressFn& progress) {
  const std::vector<Linear*> layers = layers_to_pack(wanted);
  const uint64_t total = packed_bytes(layers);
  if (total == 0) return nullptr;

  auto buffer = std::make_shared<HugeBuffer>(total);
  std::byte* next = buffer->data();
  uint64_t done = 0;
  for (Linear* layer : layers) {
    // A few MiB at a time: the file's pages are given back before the next part is read.
    const int64_t n = layer->n_panels(), panel = static_cast<int64_t>(layer->packed_bytes()) / n;
    const int64_t part = std::max<int64_t>(1, (int64_t{16} << 20) / std::max<int64_t>(1, panel));
    checkpoint.prefetch(layer->weight());
    for (int64_t begin = 0; begin < n; begin += part) {
      const int64_t end = std::min(n, begin + part);
      ctx.pool.parallel_for(end - begin, 1, [&](int64_t b, int64_t e) {
        layer->pack(ctx.kernels, begin + b, begin + e, next);
      });
      const TensorView& w = layer->weight();
      const int64_t first = begin * kernels::kPanelRows, last = std::min(end * kernels::kPanelRows, w.rows());
      checkpoint.release({w.dtype, {last - first, w.columns()}, w.row(first)});
      if (progress) progress("repacking", done + static_cast<uint64_t>(end * panel), total);
    }
    layer->use_packed(next);
    next += layer->packed_bytes();
    done += layer->packed_bytes();
  }
  return buffer;
}

}  // namespace retort
