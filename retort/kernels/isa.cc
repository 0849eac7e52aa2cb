#include "retort/kernels/isa.h"

#include <cstdlib>
#include <string>

#include "retort/base/error.h"

namespace retort::kernels {
namespace {

struct IsaRow {
  Isa isa;
  std::string_view name;
  bool (*supported)();
};

#if defined(__x86_64__)
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
bool has_avx512_vnni_bf16() {
  return has_avx512() && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") &&
         __builtin_cpu_supports("avx512bf16");
}
#else
bool has_avx2() {
  return false;
}
bool has_avx512() {
  return false;
}
bool has_avx512_vnni_bf16() {
  return false;
}
#endif

constexpr IsaRow kIsas[] = {
    {Isa::scalar, "scalar", [] { return true; }},
    {Isa::avx2, "avx2", has_avx2},
    {Isa::avx512, "avx512", has_avx512},
    {Isa::avx512_vnni_bf16, "avx512_vnni_bf16", has_avx512_vnni_bf16},
};

std::string list_supported() {
  std::string text;
  for (Isa isa : supported_isas()) text += (text.empty() ? "" : ", ") + std::string(name(isa));
  return text;
}

}  // namespace

std::string_view name(Isa isa) {
  return kIsas[static_cast<int>(isa)].name;
}

std::optional<Isa> isa_from_name(std::string_view text) {
  for (const auto& row : kIsas)
    if (row.name == text) return row.isa;
  return std::nullopt;
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> found;
  for (const auto& row : kIsas)
    if (row.supported()) found.push_back(row.isa);
  return found;
}

Isa choose_isa() {
  const char* forced = std::getenv("RETORT_ISA");
  if (forced == nullptr || *forced == '\0') return supported_isas().back();
  auto isa = isa_from_name(forced);
  if (!isa || !kIsas[static_cast<int>(*isa)].supported())
    fail(ErrorCode::bad_input, "RETORT_ISA: '{}' is {} here; choose one of: {}", forced,
         isa ? "not supported" : "not a level", list_supported());
  return *isa;
}

}  // namespace retort::kernels
