#include "retort/plan/device.h"

#include <fmt/format.h>

#include "retort/base/error.h"

namespace retort::plan {
namespace {

/// An enumerator's name from a table in its order.
template <typename E, size_t n>
std::string_view name_in(const std::string_view (&names)[n], E value) {
  return names[static_cast<size_t>(value)];
}

}  // namespace

std::string_view name(Obtained obtained) {
  static constexpr std::string_view kNames[] = {"measured", "predicted", "published"};
  return name_in(kNames, obtained);
}

std::string_view name(FormatClass format) {
  static constexpr std::string_view kNames[kFormatClasses] = {"wide", "fp8", "int8", "packed"};
  return name_in(kNames, format);
}

std::string_view name(DeviceKind kind) {
  static constexpr std::string_view kNames[] = {"gpu", "unified", "cpu"};
  return name_in(kNames, kind);
}

std::string_view name(Arithmetic arithmetic) {
  static constexpr std::string_view kNames[kArithmetics] = {"fp32", "fp16", "fp8", "int8"};
  return name_in(kNames, arithmetic);
}

FormatClass format_class(DType dtype) {
  if (dtype == DType::f8_e4m3) return FormatClass::fp8;
  if (!is_quantized(dtype)) return FormatClass::wide;
  return bits_per_weight(dtype) >= 8 ? FormatClass::int8 : FormatClass::packed;
}

const Fact& Device::matrix_peak(FormatClass format) const {
  const Arithmetic own = efficiencies.matrix[static_cast<size_t>(format)];
  for (Arithmetic arithmetic : {own, Arithmetic::fp16, Arithmetic::fp32})
    if (peak(arithmetic)) return *peak(arithmetic);
  fail(ErrorCode::unsupported,
       "{}: no peak is known in {}, FP16 or FP32; add one to a device file (docs/devices.md)", name,
       plan::name(own));
}

std::string DeviceSet::name() const {
  return count == 1 ? device.name : fmt::format("{} x {}", count, device.name);
}

}  // namespace retort::plan
