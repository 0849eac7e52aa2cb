#include "retort/kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Sizes {
  int kv_heads = 2, group = 3, head_dim = 64;
  int heads() const { return kv_heads * group; }
};

std::vector<float> random_values(int64_t n, uint64_t seed, float scale = 1.0f) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& x : values) x = scale * random.normal();
  return values;
}

/// Pages in scattered order in a pool of not-a-numbers, with room between them that must stay untouched.
class Cache {
 public:
  Cache(const AttentionKernels& kernels, KvDType dtype, Sizes sizes, int64_t context)
      : kernels_(kernels), layout_{dtype, sizes.kv_heads, sizes.head_dim} {
    const int64_t pages = (context + kPageTokens - 1) / kPageTokens;
    stride_ = layout_.page_bytes() + 192;
    bytes_ = stride_ * static_cast<size_t>(2 * pages);
    pool_.reset(static_cast<std::byte*>(std::aligned_alloc(64, bytes_)));
    std::memset(pool_.get(), 0xff, bytes_);
    for (int64_t i = 0; i < pages; ++i) table_.push_back(static_cast<int32_t>(2 * ((i * 7 + 3) % pages)));
    if (pages % 7 == 0)
      for (int64_t i = 0; i < pages; ++i) table_[static_cast<size_t>(i)] = static_cast<int32_t>(2 * i);
  }
  KvView view() const { return {layout_, pool_.get(), stride_, table_.data()}; }
  void store(const float* k, const float* v, int64_t position) { kernels_.store(k, v, view(), position); }

  /// True if nothing outside the table's pages was written.
  bool guards_intact() const {
    std::vector<bool> used(bytes_ / stride_);
    for (int32_t page : table_) used[static_cast<size_t>(page)] = true;
    for (size_t page = 0; page < used.size(); ++page)
      for (size_t i = used[page] ? layout_.page_bytes() : 0; i < stride_; ++i)
        if (pool_.get()[page * stride_ + i] != std::byte{0xff}) return false;
    return true;
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  const AttentionKernels& kernels_;
  KvLayout layout_;
  size_t stride_ = 0, bytes_ = 0;
  std::unique_ptr<std::byte, Free> pool_;
  std::vector<int32_t> table_;
};

/// Queries, keys and values of one sequence.
struct Sequence {
  Sizes sizes;
  int64_t n;
  std::vector<float> q, k, v;

  Sequence(Sizes s, int64_t n_tokens, uint64_t seed)
      : sizes(s),
        n(n_tokens),
        q(random_values(n * s.heads() * s.head_dim, seed, 1.5f)),
        k(random_values(n * s.kv_heads * s.head_dim, seed + 1, 1.5f)),
        v(random_values(n * s.kv_heads * s.head_dim, seed + 2)) {}
  const float* query(int64_t t) const { return q.data() + t * sizes.heads() * sizes.head_dim; }
  const float* key(int64_t t) const { return k.data() + t * sizes.kv_heads * sizes.head_dim; }
  const float* value(int64_t t) const { return v.data() + t * sizes.kv_heads * sizes.head_dim; }
};

/// What the cache makes of a row of head_dim values, by the format's definition.
std::vector<double> as_cached(KvDType dtype, const float* x, int n) {
  std::vector<double> y(static_cast<size_t>(n));
  double largest = 0;
  for (int i = 0; i < n; ++i) largest = std::max(largest, std::abs(static_cast<double>(x[i])));
  if (largest == 0) return y;
  const float e4m3_scale = static_cast<float>(largest) / kMaxF8E4M3;
  for (int i = 0; i < n; ++i)
    y[static_cast<size_t>(i)] =
        dtype == KvDType::fp8    ? static_cast<double>(to_f32(to_f8_e4m3(x[i] / e4m3_scale))) * e4m3_scale
        : dtype == KvDType::bf16 ? static_cast<double>(to_f32(to_bf16(x[i])))
                                 : std::nearbyint(x[i] / (largest / 127)) * (largest / 127);
  return y;
}

/// softmax(q k / sqrt(d)) v of one query in double.
std::vector<double> exact(const Sequence& s, KvDType dtype, int64_t t, int head) {
  const int d = s.sizes.head_dim, kv_head = head / s.sizes.group;
  const float* q = s.query(t) + head * d;
  std::vector<double> scores, out(static_cast<size_t>(d));
  double max = -1e300, sum = 0;
  for (int64_t j = 0; j <= t; ++j) {
    auto key = as_cached(dtype, s.key(j) + kv_head * d, d);
    double dot = 0;
    for (int i = 0; i < d; ++i) dot += q[i] * key[static_cast<size_t>(i)];
    scores.push_back(dot / std::sqrt(d));
    max = std::max(max, scores.back());
  }
  for (double& score : scores) sum += score = std::exp(score - max);
  for (int64_t j = 0; j <= t; ++j) {
    auto value = as_cached(dtype, s.value(j) + kv_head * d, d);
    for (int i = 0; i < d; ++i)
      out[static_cast<size_t>(i)] += scores[static_cast<size_t>(j)] / sum * value[static_cast<size_t>(i)];
  }
  return out;
}

/// Outputs of tokens [first, first + n) of one head group, through tiles over all segments; poisoned before.
void attend_tile(const AttentionKernels& kernels, const Cache& cache, const Sequence& s, int kv_head,
                 int64_t first, int n, std::vector<float>& y) {
  const int d = s.sizes.head_dim, group = s.sizes.group, rows = n * group;
  const int64_t segments = (first + n - 1) / kSegment + 1;
  std::vector<float> out(static_cast<size_t>(segments * rows * d + 32), kNan);
  std::vector<float> max(static_cast<size_t>(segments * rows + 1), kNan), sum = max;
  const size_t scratch_bytes = kernels.scratch_bytes(cache.view().layout, rows);
  std::vector<std::byte> scratch(scratch_bytes + 128, std::byte{0xff});
  auto* aligned = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) & ~63ull);
  for (int64_t segment = 0; segment < segments; ++segment) {
    AttentionTile tile{s.query(first) + kv_head * group * d,
                       s.sizes.heads() * d,
                       n,
                       group,
                       kv_head,
                       first,
                       segment,
                       1.0f / std::sqrt(static_cast<float>(d)),
                       out.data() + segment * rows * d,
                       max.data() + segment * rows,
                       sum.data() + segment * rows};
    kernels.attend(tile, cache.view(), aligned);
    for (auto* p = aligned + scratch_bytes; p < scratch.data() + scratch.size(); ++p)
      ASSERT_EQ(*p, std::byte{0xff}) << "behind the scratch";
  }
  ASSERT_TRUE(std::isnan(max.back()) && std::isnan(sum.back()) && std::isnan(out.back()));
  for (int r = 0; r < rows; ++r) {
    const int64_t t = first + r / group, seen = t / kSegment + 1;
    for (int64_t segment = seen; segment < segments; ++segment) {
      ASSERT_EQ(max[static_cast<size_t>(segment * rows + r)], -std::numeric_limits<float>::infinity());
      ASSERT_EQ(sum[static_cast<size_t>(segment * rows + r)], 0.0f);
      ASSERT_EQ(out[static_cast<size_t>((segment * rows + r) * d)], 0.0f);
    }
    kernels.merge(out.data() + r * d, rows * d, max.data() + r, sum.data() + r, rows, static_cast<int>(seen),
                  d, y.data() + (t * s.sizes.heads() + kv_head * group + r % group) * d);
  }
}

/// All outputs when the sequence is cut into tiles of n tokens, each stored just before it is attended to.
std::vector<float> in_tiles(const AttentionKernels& kernels, KvDType dtype, const Sequence& s, int n) {
  Cache cache(kernels, dtype, s.sizes, s.n);
  std::vector<float> y(s.q.size(), kNan);
  for (int64_t first = 0; first < s.n; first += n) {
    const int tokens = static_cast<int>(std::min<int64_t>(n, s.n - first));
    for (int64_t t = first; t < first + tokens; ++t) cache.store(s.key(t), s.value(t), t);
    for (int kv_head = 0; kv_head < s.sizes.kv_heads; ++kv_head)
      attend_tile(kernels, cache, s, kv_head, first, tokens, y);
  }
  EXPECT_TRUE(cache.guards_intact());
  return y;
}

/// All outputs when the whole sequence is stored before anything is attended to.
std::vector<float> stored_first(const AttentionKernels& kernels, KvDType dtype, const Sequence& s, int n) {
  Cache cache(kernels, dtype, s.sizes, s.n);
  std::vector<float> y(s.q.size(), kNan);
  for (int64_t t = s.n - 1; t >= 0; --t) cache.store(s.key(t), s.value(t), t);
  for (int64_t first = 0; first < s.n; first += n)
    for (int kv_head = 0; kv_head < s.sizes.kv_heads; ++kv_head)
      attend_tile(kernels, cache, s, kv_head, first, static_cast<int>(std::min<int64_t>(n, s.n - first)), y);
  return y;
}

struct Case {
  Isa isa;
  KvDType dtype;
};
class Attention : public ::testing::TestWithParam<Case> {
 protected:
  const AttentionKernels& kernels = attention_kernels(GetParam().isa);
  KvDType dtype = GetParam().dtype;

  /// BF16 products round queries and weights to 8 bits; a cached value near a tie of 8 bits may fall either
  /// way.
  double tolerance() const {
    if (dtype == KvDType::q8) return 2e-3;
    if (GetParam().isa != Isa::avx512_vnni_bf16) return 3e-5;
    return dtype == KvDType::fp8 ? 0.03 : 0.02;
  }
  void expect_exact(const Sequence& s, const std::vector<float>& y, int64_t step = 1) {
    const int d = s.sizes.head_dim;
    for (int64_t t = 0; t < s.n; t += step)
      for (int head = 0; head < s.sizes.heads(); ++head) {
        auto right = exact(s, dtype, t, head);
        for (int i = 0; i < d; ++i)
          ASSERT_NEAR(y[static_cast<size_t>((t * s.sizes.heads() + head) * d + i)],
                      right[static_cast<size_t>(i)], tolerance())
              << "token " << t << " head " << head << " dimension " << i;
      }
  }
};

TEST_P(Attention, IsTheFormula) {
  Sequence s({}, 150, 1);
  expect_exact(s, in_tiles(kernels, dtype, s, 16));
}

TEST_P(Attention, IsTheFormulaAcrossSegments) {
  Sequence s({1, 2, 32}, 1100, 2);
  expect_exact(s, stored_first(kernels, dtype, s, 16), 83);
}

TEST_P(Attention, ServesEveryHeadDimAndGroup) {
  const Sizes all[] = {{1, 1, 16},  {2, 2, 32},  {1, 4, 48},  {2, 5, 80}, {1, 6, 128},
                       {3, 7, 112}, {1, 8, 256}, {2, 9, 240}, {1, 16, 64}};
  for (Sizes sizes : all) {
    SCOPED_TRACE(::testing::Message() << sizes.group << " heads of " << sizes.head_dim);
    Sequence s(sizes, 40, 3);
    expect_exact(s, in_tiles(kernels, dtype, s, 7));
  }
}

TEST_P(Attention, PrefillEqualsStepwiseDecodeBitForBit) {
  Sequence s({2, 3, 32}, 1300, 4);
  auto stepwise = in_tiles(kernels, dtype, s, 1);
  for (int n : {1, 5, 16}) {
    for (const auto& y : {in_tiles(kernels, dtype, s, n), stored_first(kernels, dtype, s, n)})
      ASSERT_EQ(std::memcmp(y.data(), stepwise.data(), y.size() * sizeof(float)), 0) << n;
  }
}

TEST_P(Attention, PrefillEqualsStepwiseDecodeBitForBitAtFullHeads) {
  Sequence s({1, 6, 128}, 600, 5);
  auto stepwise = in_tiles(kernels, dtype, s, 1), prefill = stored_first(kernels, dtype, s, 16);
  EXPECT_EQ(std::memcmp(prefill.data(), stepwise.data(), prefill.size() * sizeof(float)), 0);
}

TEST_P(Attention, FarAwayScoresVanishAndLargeOnesStayFinite) {
  Sequence s({1, 2, 64}, 100, 6);
  for (int64_t t = 0; t < s.n; ++t)
    for (int i = 0; i < 64; ++i) {
      // The score of position j is 300 * (j mod 3): only the last of each kind matter.
      s.k[static_cast<size_t>(t * 64 + i)] = i == 0 ? 100.0f * static_cast<float>(t % 3) : 0.0f;
      for (int h = 0; h < 2; ++h) s.q[static_cast<size_t>((t * 2 + h) * 64 + i)] = i == 0 ? 24.0f : 0.0f;
    }
  expect_exact(s, in_tiles(kernels, dtype, s, 16));
}

TEST_P(Attention, FoldingStepByStepEqualsMerging) {
  const int d = 64, segments = 5;
  auto out = random_values(segments * d, 7), max = random_values(segments, 8, 5.0f);
  auto sum = random_values(segments, 9);
  for (float& x : sum) x = 1.0f + x * x;
  std::vector<float> merged(d, kNan), y(d, kNan), total(d, 0.0f);
  kernels.merge(out.data(), d, max.data(), sum.data(), 1, segments, d, merged.data());
  float total_max = -std::numeric_limits<float>::infinity(), total_sum = 0;
  for (int s = 0; s < segments; ++s)
    kernels.fold(out.data() + s * d, max[static_cast<size_t>(s)], sum[static_cast<size_t>(s)], d,
                 total.data(), &total_max, &total_sum);
  kernels.merge(total.data(), d, &total_max, &total_sum, 1, 1, d, y.data());
  EXPECT_EQ(std::memcmp(y.data(), merged.data(), d * sizeof(float)), 0);

  double highest = *std::max_element(max.begin(), max.end()), denominator = 0;
  std::vector<double> right(d);
  for (size_t s = 0; s < segments; ++s) {
    denominator += sum[s] * std::exp(max[s] - highest);
    for (size_t i = 0; i < d; ++i) right[i] += out[s * d + i] * std::exp(max[s] - highest);
  }
  for (size_t i = 0; i < d; ++i) EXPECT_NEAR(merged[i], right[i] / denominator, 1e-5);
}

TEST_P(Attention, PagesAreTheSameBitsAtEveryLevel) {
  Sequence s({2, 1, 48}, 70, 10);
  Cache a(kernels, dtype, s.sizes, s.n), b(attention_kernels(Isa::scalar), dtype, s.sizes, s.n);
  for (int64_t t = 0; t < s.n; ++t) {
    a.store(s.key(t), s.value(t), t);
    b.store(s.key(t), s.value(t), t);
  }
  EXPECT_EQ(std::memcmp(a.view().base, b.view().base, a.view().page_stride * 6), 0);
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (Isa isa : supported_isas())
    for (const auto& row : kKvDTypes) all.push_back({isa, row.dtype});
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, Attention, ::testing::ValuesIn(cases()), [](const auto& p) {
  return std::string(name(p.param.isa)) + "_" + std::string(name(p.param.dtype));
});

TEST(KvLayout, PagesAreMultiplesOfACacheLine) {
  for (int head_dim = 16; head_dim <= 256; head_dim += 16) {
    EXPECT_EQ((KvLayout{KvDType::bf16, 3, head_dim}.page_bytes()),
              3u * 2 * 2 * 32 * static_cast<size_t>(head_dim));
    EXPECT_EQ((KvLayout{KvDType::q8, 3, head_dim}.page_bytes()),
              3u * 2 * 32 * (static_cast<size_t>(head_dim) + 4));
    EXPECT_EQ((KvLayout{KvDType::fp8, 3, head_dim}.page_bytes()),
              (KvLayout{KvDType::q8, 3, head_dim}.page_bytes()));
    EXPECT_EQ((KvLayout{KvDType::q8, 3, head_dim}.page_bytes() % 64), 0u);
  }
}

}  // namespace
}  // namespace retort::kernels
