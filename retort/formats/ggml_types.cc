#include "retort/formats/ggml_types.h"

namespace retort {
namespace {

struct Row {
  uint32_t id;
  std::string_view name;
  uint64_t block_size, block_bytes;
};

// Source: ggml's `enum ggml_type` and gguf-py's GGML_QUANT_SIZES.
constexpr Row kOthers[] = {
    {3, "q4_1", 32, 20},       {4, "q4_2", 16, 0},        {5, "q4_3", 16, 0},      {6, "q5_0", 32, 22},
    {7, "q5_1", 32, 24},       {9, "q8_1", 32, 36},       {10, "q2_k", 256, 84},   {11, "q3_k", 256, 110},
    {15, "q8_k", 256, 292},    {16, "iq2_xxs", 256, 66},  {17, "iq2_xs", 256, 74}, {18, "iq3_xxs", 256, 98},
    {19, "iq1_s", 256, 50},    {20, "iq4_nl", 32, 18},    {21, "iq3_s", 256, 110}, {22, "iq2_s", 256, 82},
    {23, "iq4_xs", 256, 136},  {24, "i8", 1, 1},          {25, "i16", 1, 2},       {27, "i64", 1, 8},
    {28, "f64", 1, 8},         {29, "iq1_m", 256, 56},    {31, "q4_0_4_4", 32, 0}, {32, "q4_0_4_8", 32, 0},
    {33, "q4_0_8_8", 32, 0},   {34, "tq1_0", 256, 54},    {35, "tq2_0", 256, 66},  {36, "iq4_nl_4_4", 32, 0},
    {37, "iq4_nl_4_8", 32, 0}, {38, "iq4_nl_8_8", 32, 0}, {39, "mxfp4", 32, 17},   {40, "nvfp4", 64, 36},
    {41, "q1_0", 128, 18},     {42, "q2_0", 64, 0},
};

}  // namespace

std::optional<GgmlType> ggml_type(uint32_t id) {
  if (auto dtype = dtype_from_gguf(id)) {
    const DTypeInfo& row = info(*dtype);
    return GgmlType{row.name, static_cast<uint64_t>(row.block_size), static_cast<uint64_t>(row.block_bytes),
                    dtype};
  }
  for (const Row& row : kOthers)
    if (row.id == id) return GgmlType{row.name, row.block_size, row.block_bytes, std::nullopt};
  return std::nullopt;
}

}  // namespace retort
