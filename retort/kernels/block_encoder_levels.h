// The tables that the levels' files define, for block_encoders(Isa) to choose from.
#pragma once

#include "retort/kernels/block_encoders.h"

namespace retort::kernels {

const BlockEncoders& block_encoders_scalar();
const BlockEncoders& block_encoders_avx2();

}  // namespace retort::kernels
