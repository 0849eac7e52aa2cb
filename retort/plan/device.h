// Device: an accelerator or a processor as the plan sees it: memory, bandwidth, arithmetic, the shares of
// them that programs reach, and where each of these facts comes from. DeviceSet: several of one kind with the
// link between them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/tensor/dtype.h"

namespace retort::plan {

/// How a number was obtained; a number of one kind never stands in for another unmarked.
enum class Obtained { measured, predicted, published };
std::string_view name(Obtained obtained);

/// A number and whoever says so. `source` is never empty.
struct Fact {
  double value = 0;
  Obtained obtained = Obtained::published;
  std::string source;
};

/// A share of a peak that programs reach, with the range in which it was seen (low <= value <= high).
struct Efficiency {
  double value = 0, low = 0, high = 0;
  Obtained obtained = Obtained::published;
  std::string source;
};

/// Formats by what it costs to turn them into numbers: 16 bits and more are used as they are; 8 bits are
/// units' own types or are converted; fewer are unpacked from blocks.
enum class FormatClass { wide, fp8, int8, packed };
inline constexpr int kFormatClasses = 4;
FormatClass format_class(DType dtype);
std::string_view name(FormatClass format);

/// gpu: memory of its own. unified: memory shared with the processor. cpu: the processor's own.
enum class DeviceKind { gpu, unified, cpu };
std::string_view name(DeviceKind kind);

/// Arithmetic units by type of their inputs; fp16 stands for BF16 too.
enum class Arithmetic { fp32, fp16, fp8, int8 };
inline constexpr int kArithmetics = 4;
std::string_view name(Arithmetic arithmetic);

struct Link {
  std::string name;       // "NVLink 4"
  Fact bytes_per_second;  // of one device, in one direction
  Fact latency_seconds;   // of one small transfer between two devices
};

/// What programs reach on devices of one make: shares of bandwidth and of peaks, and what they spend besides.
struct Efficiencies {
  std::string name;  // "nvidia"
  /// What matrix products of a FormatClass run in, where the device has such units.
  std::array<Arithmetic, kFormatClasses> matrix{};
  /// Shares of read_bytes_per_second in decoding, and of matrix_peak in prefill, by FormatClass.
  std::array<Efficiency, kFormatClasses> decode, prefill;
  /// Seconds of a step that depend neither on bytes nor on operations (launches, synchronisation, sampling),
  /// and the same for each layer of a step.
  Fact step_seconds, layer_seconds;
};

struct Device {
  std::string name;  // "NVIDIA A10"
  std::vector<std::string> aliases;
  DeviceKind kind = DeviceKind::gpu;
  int year = 0;

  Fact sold_memory_bytes;
  Fact memory_bytes;  // that programs can use
  Fact read_bytes_per_second;
  /// Dense operations per second (a multiply and an add are two), by Arithmetic; absent: has no units for it.
  std::array<std::optional<Fact>, kArithmetics> peaks;

  Efficiencies efficiencies;

  std::optional<Fact> watts;
  std::optional<Fact> usd_per_hour;  // rent; from a dated price list
  std::optional<Link> link;

  const std::optional<Fact>& peak(Arithmetic arithmetic) const {
    return peaks[static_cast<size_t>(arithmetic)];
  }
  /// The peak of efficiencies.matrix; of FP16 where there are no such units, and of FP32 where there are
  /// none of those. Throws Error unsupported if the device has no peak at all.
  const Fact& matrix_peak(FormatClass format) const;
  const Efficiency& decode_efficiency(FormatClass format) const {
    return efficiencies.decode[static_cast<size_t>(format)];
  }
  const Efficiency& prefill_efficiency(FormatClass format) const {
    return efficiencies.prefill[static_cast<size_t>(format)];
  }
};

struct DeviceSet {
  Device device;
  int count = 1;

  /// "NVIDIA A10", "2 x NVIDIA A10"
  std::string name() const;
  /// Of all devices together.
  double memory_bytes() const { return device.memory_bytes.value * count; }
};

}  // namespace retort::plan
