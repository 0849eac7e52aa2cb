// Time: how long a step takes on a device, by roofline: bytes over the bandwidth that is reached, operations
// over the peak that is reached, whichever is longer, product by product; and what neither explains.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "retort/plan/device.h"
#include "retort/plan/memory.h"
#include "retort/plan/parallel.h"

namespace retort::plan {

/// What one step computes: so many sequences of one new token each, behind contexts that add up to
/// `decode_positions`; and a chunk of one prompt behind `prefill_position`.
struct StepWork {
  double decode_tokens = 0, decode_positions = 0;
  double prefill_tokens = 0, prefill_position = 0;
  double outputs = 0;  // rows of logits

  double tokens() const { return decode_tokens + prefill_tokens; }
};

/// Seconds of a step and what they are made of.
struct StepTime {
  double products = 0;       // matrices: the longer of reading and computing, summed
  double attention = 0;      // keys and values
  double communication = 0;  // between devices
  double overhead = 0;       // launches, synchronisation
  double read_bytes = 0, operations = 0;

  double seconds() const { return products + attention + communication + overhead; }
};

class TimeModel {
 public:
  /// Of one FormatClass.
  struct Products {
    double shared_bytes = 0, shared_parameters = 0;  // read by every step, used by every token
    double expert_bytes = 0, expert_parameters = 0;  // all experts
    double head_bytes = 0, head_parameters = 0;      // used by rows of logits
  };

  /// `chunk`: tokens of a step of a chunked prefill. The devices' link is needed where there are several.
  TimeModel(const ModelShape& shape, const Weights& weights, KvType kv, const DeviceSet& devices,
            Split split = Split::tensor, int64_t chunk = 512);

  StepTime step(const StepWork& work) const;

  /// Seconds of a prompt of n tokens behind `position`, in chunks.
  double prefill_seconds(int64_t n, int64_t position = 0) const;
  /// Seconds of a step of `batch` sequences behind `context` positions each.
  StepTime decode(int64_t batch, int64_t context) const;
  double decode_tokens_per_second(int64_t batch, int64_t context) const;
  double prefill_tokens_per_second(int64_t n) const;

  /// What all of this follows from, for those that compute it elsewhere (the report's page).
  const Products& products(FormatClass format) const { return products_[static_cast<size_t>(format)]; }
  /// Of one token and one position in its context.
  double attention_operations() const { return attention_operations_; }

 private:
  void add(const WeightTensor& tensor, bool head);
  void add_products(const StepWork& work, StepTime& time) const;
  void add_attention(const StepWork& work, StepTime& time) const;
  void add_communication(const StepWork& work, StepTime& time) const;

  const DeviceSet devices_;
  Split split_;
  int64_t chunk_;
  std::array<Products, kFormatClasses> products_{};
  double experts_ = 0, experts_per_token_ = 0;
  double layers_ = 0, hidden_ = 0;
  double kv_bytes_ = 0;              // of one position
  double attention_operations_ = 0;  // of one token and one position
  double kv_share_ = 1;              // of a device, under tensor parallelism
};

/// The FormatClass of a stored type's name.
FormatClass class_of(std::string_view type);

}  // namespace retort::plan
