// Tape: if a Context carries one, every op records how gradients flow back through it, and `backward` plays
// the records from the last to the first. A model is written once: with a tape it trains, without it serves.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "retort/base/arena.h"
#include "retort/tensor/tensor.h"

namespace retort {

struct Context;

/// Gradients are known by where the values lie: a tensor's gradient is the gradient of what stands at its
/// data. An op that works in place therefore transforms its gradient in place as well. As long as a tape is
/// in the context nothing that an op returned may be overwritten by another or given back to the arena.
class Tape {
 public:
  /// A gradient to add to, of the shape and dtype of its tensor.
  struct Sink {
    Tensor gradient;
    bool empty;  // nothing was added yet and the bytes are undefined: write instead of adding
  };

  Tape() = default;
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Asks for the gradient of a parameter: all that flows to what lies at `data` is added to `gradient`,
  /// which must outlive the tape's use and is not cleared here. Kept over `reset`.
  void watch(const void* data, Tensor gradient);
  /// The parameter's gradient to add to; absent: nobody watches it (it is frozen).
  std::optional<Tensor> parameter(const void* data) const;

  /// Records one op with its output. `backward` is called once, reads `gradient(output)` and adds to the
  /// sinks of the inputs. If `in_place`, the output lies where the input lay, and so do their gradients.
  using Backward = std::function<void(Context&)>;
  void record(const Tensor& output, Backward backward, bool in_place = false);
  void record(std::span<const Tensor> outputs, Backward backward, bool in_place = false);

  /// Where to add the gradient of an activation. The caller adds (or writes, if `empty`) all of it.
  Sink sink(const Tensor& x);
  /// The gradient that has been gathered for x: null data if nothing depends on it.
  Tensor gradient(const Tensor& x) const;

  /// x takes over the gradient of `output` as its own if it has none yet; the output's is gone then. For an
  /// op that passes its gradient on as it is, as its last act. False: x has one, to which the caller adds.
  bool hand_over(const Tensor& output, const Tensor& x);

  /// Plays all records backwards. Before, the loss has put its gradient into the sink of what it depends on.
  /// The gradient of an op's outputs is given back as soon as the op has been played. Records are gone
  /// afterwards.
  void backward(Context& ctx);

  /// Forgets records and activations' gradients; keeps the memory and the watched parameters.
  void reset();

 private:
  struct Record {
    std::vector<Tensor> outputs;
    Backward backward;
    bool in_place;
  };
  bool reached(const Record& record) const;
  void release(const Tensor& output);

  std::unordered_map<const void*, Tensor> parameters_;
  std::unordered_map<const void*, Tensor> gradients_;
  std::vector<Record> records_;
  std::unordered_map<size_t, std::vector<std::byte*>> free_;  // by size: most activations have few shapes
  Arena arena_;
};

}  // namespace retort
