// Instruction set levels: which of them this machine has, and the one in use.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace retort::kernels {

/// Each level includes the ones before it.
enum class Isa {
  scalar,            // the reference: plain C++
  avx2,              // AVX2, FMA, F16C
  avx512,            // AVX-512 F, BW, DQ, VL
  avx512_vnni_bf16,  // and VNNI, VBMI, BF16
};

/// "scalar", "avx2", "avx512", "avx512_vnni_bf16": as RETORT_ISA and `retort doctor` spell them.
std::string_view name(Isa isa);
std::optional<Isa> isa_from_name(std::string_view name);

/// All levels that this processor runs, lowest first.
std::vector<Isa> supported_isas();

/// The highest supported level, or the one named by the environment variable RETORT_ISA. Throws Error
/// bad_input if that is unknown or not supported here, listing those that are.
Isa choose_isa();

}  // namespace retort::kernels
