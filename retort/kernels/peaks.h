// What one core of this machine can do at best: arithmetic of register-only loops and reading of memory, the
// roofs that kernels are measured against. No threads inside: for the whole machine, run these on all threads
// at once and add.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "retort/kernels/isa.h"

namespace retort::kernels {

/// Floating-point operations per second of f32 multiply-adds (two each; at scalar, of separate
/// multiplications and additions).
double fma_flops(Isa isa, double seconds);

/// The same of BF16 pairs added to f32 (vdpbf16ps). Absent: the level has no such instruction.
std::optional<double> bf16_flops(Isa isa, double seconds);

/// Operations per second of 8-bit multiply-adds into 32 bits (vpdpbusd). Absent likewise.
std::optional<double> int8_ops(Isa isa, double seconds);

/// Bytes per second of reading all of `bytes` again and again: the memory's bandwidth if they are many more
/// than the caches hold.
double read_bytes_per_second(Isa isa, std::span<const std::byte> bytes, double seconds);

}  // namespace retort::kernels
