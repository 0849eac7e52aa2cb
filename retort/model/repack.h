// Repacking: the weights of a model in memory of their own, on large pages; integer formats interleaved for
// the kernels, float formats as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "retort/base/progress.h"
#include "retort/formats/checkpoint.h"
#include "retort/ops/linear.h"

namespace retort {

class HugeBuffer;

/// When the weights are repacked. The results are the same bits.
enum class Repack {
  never,      // products read the file's mapping and interleave on the way: starts at once, runs slower
  now,        // before the first step
  meanwhile,  // integer formats before the first step; float formats, whose copies are large and which run
              // well enough from the file until then, a part after each step (CausalLM::settle)
};

/// Packs layers in parallel, a few MiB at a time, and gives their pages of the file back as it goes, so that
/// the peak is one copy of the weights.
class Repacking {
 public:
  /// Those of `wanted` that are not packed yet, integer formats first. Float formats are left where they are
  /// if all copies would take more than three quarters of the available memory. The layers must stay at their
  /// addresses. Throws Error resource if there is no memory for the copies.
  Repacking(const Checkpoint& checkpoint, std::span<Linear* const> wanted);
  ~Repacking();

  /// Bytes of all copies, and of those of integer formats.
  uint64_t total() const { return total_; }
  uint64_t integers() const { return integers_; }
  uint64_t done() const { return done_; }

  /// Packs on until at least `until` bytes are done, or all. Not while a step runs.
  void advance(Context& ctx, uint64_t until, const ProgressFn& progress = {});

 private:
  void pack_part(Context& ctx);

  Checkpoint checkpoint_;
  std::vector<Linear*> layers_;
  std::unique_ptr<HugeBuffer> buffer_;
  uint64_t total_ = 0, integers_ = 0, done_ = 0;
  size_t layer_ = 0;           // the one that is being packed
  int64_t panel_ = 0;          // its first panel that is not
  std::byte* next_ = nullptr;  // where its copy begins
};

}  // namespace retort
