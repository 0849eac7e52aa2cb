// The ranges that a configuration's values must lie in, whichever file they come from: far above any model,
// low enough that products of them stay far from 2^63.
#pragma once

#include <cstdint>

#include "retort/formats/json_fields.h"

namespace retort::config_limits {

inline constexpr Range<int64_t> kLayers{1, 4096};
inline constexpr Range<int64_t> kHidden{1, int64_t{1} << 20};
inline constexpr Range<int64_t> kIntermediate{1, int64_t{1} << 22};
inline constexpr Range<int64_t> kExperts{1, 4096};
inline constexpr Range<int64_t> kHeads{1, int64_t{1} << 14};
inline constexpr Range<int64_t> kHeadDim{2, 4096};
inline constexpr Range<int64_t> kVocabulary{1, int64_t{1} << 24};
inline constexpr Range<int64_t> kPositions{1, int64_t{1} << 28};
inline constexpr Range<int64_t> kTokenId{-1, (int64_t{1} << 24) - 1};  // -1: none
inline constexpr Range<double> kNormEps{1e-20, 0.1};
inline constexpr Range<double> kRopeTheta{1.0, 1e12};
inline constexpr Range<double> kRopeFactor{1.0, 65536.0};
inline constexpr Range<double> kRopeParameter{0.0, 65536.0};

}  // namespace retort::config_limits
