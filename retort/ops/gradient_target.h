// GradientTarget: for backward passes that write a whole gradient. It is written where it belongs if it is
// the first part of that gradient, else into scratch that `finish` adds.
#pragma once

#include "retort/ops/add.h"
#include "retort/ops/tape.h"

namespace retort {

class GradientTarget {
 public:
  /// Of activation x. Scratch comes from the context's arena: the caller holds an Arena::Mark.
  GradientTarget(Context& ctx, const Tensor& x)
      : sink_(ctx.tape->sink(x)), written_(sink_.empty ? sink_.gradient : ctx.empty(x.shape(), x.dtype())) {}

  /// To be written by the caller.
  const Tensor& tensor() const { return written_; }
  void finish(Context& ctx) const {
    if (!sink_.empty) add_in_place(ctx, written_, sink_.gradient);
  }

 private:
  Tape::Sink sink_;
  Tensor written_;
};

}  // namespace retort
