// Several devices: who holds what, and what they say to each other. Tensor parallelism (Shoeybi et al. 2019)
// divides matrices and heads; pipeline parallelism divides layers.
#pragma once

#include <cstdint>
#include <string_view>

#include "retort/plan/device.h"
#include "retort/plan/memory.h"

namespace retort::plan {

enum class Split { tensor, pipeline };
std::string_view name(Split split);
/// Throws Error bad_input with the names there are.
Split find_split(std::string_view name);

/// The share of keys and values on each of n devices: heads are divided, one at least for each; a latent
/// vector is on all.
double kv_share(const ModelShape& shape, Split split, int n);

/// Memory of the fullest of n devices. Tensor: matrices and the head divided, norms, biases, routers and the
/// embedding table on each, activations divided but for the residual stream; communication buffers. Pipeline:
/// layers divided as evenly as whole ones can be; the table on the first, the head on the last.
MemoryPlan per_device(const MemoryPlan& whole, const ModelShape& shape, const Load& load, Split split, int n);

/// Seconds of one all-reduce of so many bytes in a ring of n: 2 (n - 1) / n x bytes / link + latency x 2 (n -
/// 1).
double all_reduce_seconds(const Link& link, int n, double bytes);

/// Throws Error bad_input or unsupported if the model cannot be split so: no link, more devices than heads or
/// layers.
void check(const ModelShape& shape, const DeviceSet& devices, Split split);

}  // namespace retort::plan
