// Sixteen groups of elements at once, each in a lane of its own: no sum crosses lanes, so every lane does the
// operations of tensor/k_quant_encoder in the same order, and the bits are the same at every level. Included
// inside a target region and an anonymous namespace.

constexpr int kLanes = 16;
typedef float F __attribute__((vector_size(4 * kLanes), aligned(64)));
typedef int32_t I __attribute__((vector_size(4 * kLanes), aligned(64)));
typedef uint32_t U __attribute__((vector_size(4 * kLanes), aligned(64)));

constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer, ties to even
constexpr float kHuge = 3e38f;         // an error that every other is less than
constexpr int kRounds = 2;
constexpr float kSolvable = 1e-5f;  // as in tensor/k_quant_encoder.cc

inline __attribute__((always_inline)) void clamp(F& x, float low, float high) {
  x = x < low ? F{} + low : x;
  x = x > high ? F{} + high : x;
}

/// To the nearest integer in [low, high]; values beyond kMagic's reach are clamped first.
inline __attribute__((always_inline)) void round_within(F& x, float low, float high) {
  clamp(x, low, high);
  x = (x + kMagic) - kMagic;
}

inline __attribute__((always_inline)) void invert(const F& scale, F& inverse) {
  const F safe = scale != 0.0f ? scale : F{} + 1.0f;
  inverse = scale != 0.0f ? 1.0f / safe : F{};
}

float f16_of(float x) {
  return to_f32(to_f16(std::clamp(x, -65504.0f, 65504.0f)));
}

float inverse_of(float scale) {
  return scale != 0 ? 1.0f / scale : 0.0f;
}

// ---- q4_k, q5_k: w ~ scale q - min, 8 groups of 32 in a block, two blocks at a time ----------------

constexpr int kGroup = 32, kGroups = 8, kBlocks = kLanes / kGroups;

struct AffineGroups {
  F w[kGroup], u[kGroup];
  F sum_u, sum_x, sum_xx;  // over the group, weighted
};

struct AffineFit {
  F scale, min;
};

void load_affine(const float* w, const float* importance, int64_t blocks, AffineGroups& g) {
  for (int i = 0; i < kGroup; ++i)
    for (int lane = 0; lane < kLanes; ++lane) {
      const bool there = lane < blocks * kGroups;
      g.w[i][lane] = there ? w[kGroup * lane + i] : 0.0f;
      g.u[i][lane] = there && importance != nullptr ? importance[kGroup * lane + i] : 1.0f;
    }
  if (importance == nullptr) {
    F square{};
    for (int i = 0; i < kGroup; ++i) square += g.w[i] * g.w[i];
    F root;
    for (int lane = 0; lane < kLanes; ++lane)
      root[lane] = std::sqrt(square[lane] / static_cast<float>(kGroup));
    for (int i = 0; i < kGroup; ++i) g.u[i] = root + (g.w[i] < 0.0f ? -g.w[i] : g.w[i]);
  }
  g.sum_u = g.sum_x = g.sum_xx = F{};
  for (int i = 0; i < kGroup; ++i) {
    const F ux = g.u[i] * g.w[i];
    g.sum_u += g.u[i], g.sum_x += ux, g.sum_xx += ux * g.w[i];
  }
}

struct QuantumSums {
  F q, qq, xq;
};

inline __attribute__((always_inline)) void sum_quanta(const AffineGroups& g, const F& min, const F& inverse,
                                                      float levels, QuantumSums& s) {
  F sum_q{}, sum_qq{}, sum_xq{};
  for (int i = 0; i < kGroup; ++i) {
    F q = (g.w[i] + min) * inverse;
    round_within(q, 0, levels);
    const F uq = g.u[i] * q, ux = g.u[i] * g.w[i];
    sum_q += uq, sum_qq += uq * q, sum_xq += ux * q;
  }
  s.q = sum_q, s.qq = sum_qq, s.xq = sum_xq;
}

void fit_groups(const AffineGroups& g, float levels, AffineFit& best) {
  F low{}, high = g.w[0];
  for (int i = 0; i < kGroup; ++i) {
    low = g.w[i] < low ? g.w[i] : low;
    high = g.w[i] > high ? g.w[i] : high;
  }
  const I spread = high > low;
  const F range = spread ? high - low : F{} + 1.0f;
  const F start = -low;
  best.scale = F{};
  best.min = start;
  F least = F{} + kHuge;
  for (int step = 0; step <= 20; ++step) {
    const F inverse = (levels + (0.1f * static_cast<float>(step) - 1.0f)) / range;
    QuantumSums s;
    sum_quanta(g, start, inverse, levels, s);
    const F determinant = g.sum_u * s.qq - s.q * s.q;
    const I solvable = determinant > kSolvable * g.sum_u * s.qq;
    const F safe = solvable ? determinant : F{} + 1.0f;
    F scale = (g.sum_u * s.xq - g.sum_x * s.q) / safe, min = (s.q * s.xq - s.qq * g.sum_x) / safe;
    const F safe_qq = s.qq > 0.0f ? s.qq : F{} + 1.0f;
    const I affine = solvable & (min > 0.0f);
    scale = affine ? scale : s.xq / safe_qq;
    min = affine ? min : F{};
    const F error = g.sum_xx - 2.0f * scale * s.xq + 2.0f * min * g.sum_x + scale * scale * s.qq -
                    2.0f * scale * min * s.q + min * min * g.sum_u;
    const I better = (s.qq > 0.0f) & (scale > 0.0f) & (error < least) & spread;
    least = better ? error : least;
    best.scale = better ? scale : best.scale;
    best.min = better ? min : best.min;
  }
}

/// Of the groups' integers and their blocks' scales, by lane.
struct AffineState {
  F d, dmin;     // of the lane's block
  F scale, min;  // integers of 6 bits
};

inline __attribute__((always_inline)) void group_errors(const AffineGroups& g, const F& scale, const F& min,
                                                        float levels, F& error) {
  F inverse, sum{};
  invert(scale, inverse);
  for (int i = 0; i < kGroup; ++i) {
    F q = (g.w[i] + min) * inverse;
    round_within(q, 0, levels);
    const F difference = scale * q - min - g.w[i];
    sum += g.u[i] * difference * difference;
  }
  error = sum;
}

void try_neighbours(const AffineGroups& g, float levels, AffineState& s, F& least) {
  const F scale = s.scale, min = s.min;
  least = F{} + kHuge;
  for (float ds : {0.0f, -1.0f, 1.0f})
    for (float dm : {0.0f, -1.0f, 1.0f}) {
      F at_scale = scale + ds, at_min = min + dm, error;
      clamp(at_scale, 0, 63);
      clamp(at_min, 0, 63);
      group_errors(g, s.d * at_scale, s.dmin * at_min, levels, error);
      const I better = error < least;
      least = better ? error : least;
      s.scale = better ? at_scale : s.scale;
      s.min = better ? at_min : s.min;
    }
}

/// The sum of one block's lanes, in their order.
float block_sum(const F& x, int block) {
  float sum = 0;
  for (int g = 0; g < kGroups; ++g) sum += x[block * kGroups + g];
  return sum;
}

void set_block(F& x, int block, float value) {
  for (int g = 0; g < kGroups; ++g) x[block * kGroups + g] = value;
}

void refit(const AffineGroups& g, float levels, AffineState& s) {
  QuantumSums q;
  F inverse;
  invert(s.d * s.scale, inverse);
  sum_quanta(g, s.dmin * s.min, inverse, levels, q);
  const F aa = s.scale * s.scale * q.qq, cc = s.scale * s.min * q.q, bb = s.min * s.min * g.sum_u,
          xx = s.scale * q.xq, yy = s.min * g.sum_x;
  for (int block = 0; block < kBlocks; ++block) {
    const float a = block_sum(aa, block), cross = block_sum(cc, block), c = block_sum(bb, block),
                x = block_sum(xx, block), y = block_sum(yy, block);
    const float determinant = a * c - cross * cross;
    if (determinant > kSolvable * a * c) {
      set_block(s.d, block, f16_of((c * x - cross * y) / determinant));
      set_block(s.dmin, block, f16_of((cross * x - a * y) / determinant));
    } else if (a > 0) {
      set_block(s.d, block, f16_of(x / a));
    }
  }
}

void start_state(const AffineFit& fit, AffineState& s) {
  for (int block = 0; block < kBlocks; ++block) {
    float scale = 0, min = 0;
    for (int lane = block * kGroups; lane < (block + 1) * kGroups; ++lane) {
      scale = std::max(scale, fit.scale[lane]);
      min = std::max(min, fit.min[lane]);
    }
    set_block(s.d, block, f16_of(scale / 63.0f));
    set_block(s.dmin, block, f16_of(min / 63.0f));
  }
  F inverse;
  invert(s.d, inverse);
  s.scale = fit.scale * inverse;
  round_within(s.scale, 0, 63);
  invert(s.dmin, inverse);
  s.min = fit.min * inverse;
  round_within(s.min, 0, 63);
}

void search_affine(const AffineGroups& g, float levels, AffineState& s) {
  AffineFit fit;
  fit_groups(g, levels, fit);
  start_state(fit, s);
  for (int round = 0; round < kRounds; ++round) {
    F errors, fitted_errors;
    try_neighbours(g, levels, s, errors);
    AffineState fitted = s;
    refit(g, levels, fitted);
    group_errors(g, fitted.d * fitted.scale, fitted.dmin * fitted.min, levels, fitted_errors);
    for (int block = 0; block < kBlocks; ++block) {
      const int lane = block * kGroups;
      if (!(fitted.d[lane] > 0 && fitted.dmin[lane] >= 0)) continue;
      if (!(block_sum(fitted_errors, block) < block_sum(errors, block))) continue;
      set_block(s.d, block, fitted.d[lane]);
      set_block(s.dmin, block, fitted.dmin[lane]);
    }
  }
}

void pack_scale_min(uint8_t (&scales)[12], int g, int s, int m) {
  if (g < 4) {
    scales[g] |= static_cast<uint8_t>(s);
    scales[g + 4] |= static_cast<uint8_t>(m);
  } else {
    scales[g + 4] = static_cast<uint8_t>((s & 15) | (m & 15) << 4);
    scales[g - 4] |= static_cast<uint8_t>((s >> 4) << 6);
    scales[g] |= static_cast<uint8_t>((m >> 4) << 6);
  }
}

void put_high_bits(BlockQ4_K&, const uint8_t*) {}
void put_high_bits(BlockQ5_K& b, const uint8_t* q) {
  for (int i = 0; i < 256; ++i) b.qh[i % 32] |= static_cast<uint8_t>((q[i] >> 4) << (i / 32));
}

template <typename Block>
void store_block(const AffineState& s, int block, const uint8_t* q, Block& out) {
  out = {};
  out.d = to_f16(s.d[block * kGroups]);
  out.dmin = to_f16(s.dmin[block * kGroups]);
  for (int g = 0; g < kGroups; ++g)
    pack_scale_min(out.scales, g, static_cast<int>(s.scale[block * kGroups + g]),
                   static_cast<int>(s.min[block * kGroups + g]));
  for (int j = 0; j < 4; ++j)
    for (int l = 0; l < 32; ++l)
      out.q[32 * j + l] = static_cast<uint8_t>((q[64 * j + l] & 15) | (q[64 * j + 32 + l] & 15) << 4);
  put_high_bits(out, q);
}

template <typename Block>
void encode_affine(const float* w, const float* importance, std::byte* out, int64_t n,
                   float levels) noexcept {
  for (int64_t begin = 0; begin < n; begin += 256 * kBlocks) {
    const int64_t blocks = std::min<int64_t>(kBlocks, (n - begin) / 256);
    AffineGroups g;
    AffineState s;
    load_affine(w + begin, importance == nullptr ? nullptr : importance + begin, blocks, g);
    search_affine(g, levels, s);
    uint8_t quanta[256 * kBlocks];
    F inverse;
    invert(s.d * s.scale, inverse);
    for (int i = 0; i < kGroup; ++i) {
      F q = (g.w[i] + s.dmin * s.min) * inverse;
      round_within(q, 0, levels);
      for (int lane = 0; lane < kLanes; ++lane) quanta[kGroup * lane + i] = static_cast<uint8_t>(q[lane]);
    }
    for (int block = 0; block < blocks; ++block) {
      Block b;
      store_block(s, block, quanta + 256 * block, b);
      std::memcpy(out + (begin / 256 + block) * static_cast<int64_t>(sizeof(Block)), &b, sizeof(Block));
    }
  }
}

void encode_q4_k(const float* w, const float* importance, std::byte* out, int64_t n) noexcept {
  encode_affine<BlockQ4_K>(w, importance, out, n, 15);
}
void encode_q5_k(const float* w, const float* importance, std::byte* out, int64_t n) noexcept {
  encode_affine<BlockQ5_K>(w, importance, out, n, 31);
}

// ---- q6_k: w ~ scale q, 16 groups of 16: one block at a time ---------------------------------------

constexpr int kSmallGroup = 16;
constexpr float kLow = -32, kHigh = 31;

struct ScaleGroups {
  F w[kSmallGroup], u[kSmallGroup];
};

struct ScaleSums {
  F xq, qq;
};

inline __attribute__((always_inline)) void sum_scales(const ScaleGroups& g, const F& inverse, ScaleSums& s) {
  F sum_xq{}, sum_qq{};
  for (int i = 0; i < kSmallGroup; ++i) {
    F q = g.w[i] * inverse;
    round_within(q, kLow, kHigh);
    const F uq = g.u[i] * q;
    sum_xq += uq * g.w[i], sum_qq += uq * q;
  }
  s.xq = sum_xq, s.qq = sum_qq;
}

inline __attribute__((always_inline)) void small_group_errors(const ScaleGroups& g, const F& scale,
                                                              F& error) {
  F inverse, sum{};
  invert(scale, inverse);
  for (int i = 0; i < kSmallGroup; ++i) {
    F q = g.w[i] * inverse;
    round_within(q, kLow, kHigh);
    const F difference = scale * q - g.w[i];
    sum += g.u[i] * difference * difference;
  }
  error = sum;
}

inline __attribute__((always_inline)) void magnitude(const F& x, F& m) {
  m = x < 0.0f ? -x : x;
}

void fit_scales(const ScaleGroups& g, F& best) {
  F extreme{}, most{};
  for (int i = 0; i < kSmallGroup; ++i) {
    F size;
    magnitude(g.w[i], size);
    extreme = size > most ? g.w[i] : extreme;
    most = size > most ? size : most;
  }
  const F safe = extreme != 0.0f ? extreme : F{} + 1.0f;
  F best_gain{};
  best = F{};
  for (int step = -9; step <= 9; ++step) {
    const F inverse = -(32.0f + 0.1f * static_cast<float>(step)) / safe;
    ScaleSums s;
    sum_scales(g, inverse, s);
    const I better = (s.qq > 0.0f) & (s.xq * s.xq > best_gain * s.qq);
    const F safe_qq = s.qq > 0.0f ? s.qq : F{} + 1.0f;
    best_gain = better ? s.xq * s.xq / safe_qq : best_gain;
    best = better ? s.xq / safe_qq : best;
  }
}

float sum_of(const F& x) {
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += x[lane];
  return sum;
}

float start_scales(F& scales) {
  // Not `if (fabs(x) > fabs(extreme))`: see tensor/k_quant_encoder.cc.
  float extreme = 0, most = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    const float scale = scales[lane], size = std::fabs(scale);
    extreme = size > most ? scale : extreme;
    most = size > most ? size : most;
  }
  const float d = f16_of(extreme / -128.0f);
  scales = scales * inverse_of(d);
  round_within(scales, -128, 127);
  return d;
}

void try_scales(const ScaleGroups& g, float d, F& scales, F& least) {
  const F here = scales;
  least = F{} + kHuge;
  for (float by : {0.0f, -1.0f, 1.0f}) {
    F at = here + by, error;
    clamp(at, -128, 127);
    small_group_errors(g, d * at, error);
    const I better = error < least;
    least = better ? error : least;
    scales = better ? at : scales;
  }
}

float search_scales(const ScaleGroups& g, F& scales) {
  fit_scales(g, scales);
  float d = start_scales(scales);
  for (int round = 0; round < kRounds; ++round) {
    F errors, fitted_errors, inverse;
    try_scales(g, d, scales, errors);
    ScaleSums s;
    invert(d * scales, inverse);
    sum_scales(g, inverse, s);
    const float a = sum_of(scales * scales * s.qq), x = sum_of(scales * s.xq);
    const float fitted = a > 0 ? f16_of(x / a) : d;
    small_group_errors(g, fitted * scales, fitted_errors);
    if (fitted != 0 && sum_of(fitted_errors) < sum_of(errors)) d = fitted;
  }
  return d;
}

void encode_q6_k(const float* w, const float* importance, std::byte* out, int64_t n) noexcept {
  for (int64_t begin = 0; begin < n; begin += 256) {
    ScaleGroups g;
    for (int i = 0; i < kSmallGroup; ++i)
      for (int lane = 0; lane < kLanes; ++lane) {
        g.w[i][lane] = w[begin + kSmallGroup * lane + i];
        g.u[i][lane] = importance != nullptr ? importance[begin + kSmallGroup * lane + i] : 0.0f;
      }
    if (importance == nullptr)
      for (int i = 0; i < kSmallGroup; ++i) g.u[i] = g.w[i] * g.w[i];
    F scales;
    const float d = search_scales(g, scales);
    uint8_t quanta[256];
    F inverse;
    invert(d * scales, inverse);
    for (int i = 0; i < kSmallGroup; ++i) {
      F q = g.w[i] * inverse;
      round_within(q, kLow, kHigh);
      for (int lane = 0; lane < kLanes; ++lane)
        quanta[kSmallGroup * lane + i] = static_cast<uint8_t>(static_cast<int>(q[lane]) + 32);
    }
    BlockQ6_K b{};
    b.d = to_f16(d);
    for (int lane = 0; lane < kLanes; ++lane) b.sc[lane] = static_cast<int8_t>(scales[lane]);
    for (int h = 0; h < 2; ++h)
      for (int l = 0; l < 32; ++l) {
        const uint8_t* q = quanta + 128 * h + l;
        b.ql[64 * h + l] = static_cast<uint8_t>((q[0] & 15) | (q[64] & 15) << 4);
        b.ql[64 * h + 32 + l] = static_cast<uint8_t>((q[32] & 15) | (q[96] & 15) << 4);
        b.qh[32 * h + l] =
            static_cast<uint8_t>(q[0] >> 4 | q[32] >> 4 << 2 | q[64] >> 4 << 4 | q[96] >> 4 << 6);
      }
    std::memcpy(out + begin / 256 * static_cast<int64_t>(sizeof(b)), &b, sizeof(b));
  }
}

// ---- formats without a search ----------------------------------------------------------------------

float max_magnitude(const float* w, int64_t n) noexcept {
  F most{};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    F x, size;
    std::memcpy(&x, w + i, sizeof(x));
    magnitude(x, size);
    most = size > most ? size : most;
  }
  float all = 0;
  for (int lane = 0; lane < kLanes; ++lane) all = std::max(all, most[lane]);
  for (; i < n; ++i) all = std::max(all, std::fabs(w[i]));
  return all;
}

void encode_q8_0(const float* w, const float*, std::byte* out, int64_t n) noexcept {
  for (int64_t begin = 0; begin < n; begin += 32) {
    const float d = max_magnitude(w + begin, 32) / 127.0f, stored = to_f32(to_f16(d)),
                inverse = stored > 0 ? 1.0f / d : 0.0f;
    BlockQ8_0 b;
    b.d = to_f16(d);
    for (int i = 0; i < 32; i += kLanes) {
      F x;
      std::memcpy(&x, w + begin + i, sizeof(x));
      x = (x * inverse + kMagic) - kMagic;
      const I q = __builtin_convertvector(x, I);
      for (int lane = 0; lane < kLanes; ++lane) b.q[i + lane] = static_cast<int8_t>(q[lane]);
    }
    std::memcpy(out + begin / 32 * static_cast<int64_t>(sizeof(b)), &b, sizeof(b));
  }
}

/// As to_f8_e4m3. Casts between vectors keep the bits.
inline __attribute__((always_inline)) void f8_bits(const F& x, U& bits) {
  U u = (U)x;
  const U sign = (u >> 24) & 0x80u;
  u &= 0x7fffffffu;
  const F a = (F)u;
  const F small = (a * 0x1.0p9f + kMagic) - kMagic;  // subnormal: multiples of 2^-9
  const F bounded = small > 8.0f ? F{} + 8.0f : small;
  const U low = (U) __builtin_convertvector(bounded, I);
  const U normal = ((u + 0x7ffffu + ((u >> 20) & 1u)) >> 20) - (120u << 3);
  const U finite = a < 0x1.0p-6f ? low : normal;
  bits = sign | (a >= 448.0f ? U{} + 0x7eu : finite);
}

void encode_f8(const float* w, float scale, std::byte* out, int64_t n) noexcept {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    F x;
    std::memcpy(&x, w + i, sizeof(x));
    U bits;
    f8_bits(x / scale, bits);
    for (int lane = 0; lane < kLanes; ++lane) out[i + lane] = static_cast<std::byte>(bits[lane]);
  }
  for (; i < n; ++i) out[i] = static_cast<std::byte>(to_f8_e4m3(w[i] / scale).bits);
}
