// The router and the experts of a mixture: against plain references, and the same bits for a token whatever
// else is in the batch, on any number of threads, repacked or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>

#include "retort/base/random.h"
#include "retort/ops/expert_load.h"
#include "retort/ops/moe_experts.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

using ::testing::ElementsAre;

Tensor random_tensor(int64_t rows, int64_t columns, uint64_t seed, float deviation = 1.0f) {
  Random random(seed);
  Tensor x = Tensor::owned(DType::f32, {rows, columns});
  for (int64_t i = 0; i < rows * columns; ++i) x.f32()[i] = deviation * random.normal();
  return x;
}

/// Threads, arena and kernels of one call.
struct Machine {
  explicit Machine(int threads, kernels::Isa isa = kernels::choose_isa())
      : pool(threads), table(kernels::kernel_table(isa)) {}
  ThreadPool pool;
  Arena arena;
  kernels::KernelTable table;
  Context ctx{pool, arena, table};
};

std::vector<float> values(const Tensor& x) {
  return {x.f32(), x.f32() + x.shape().elements()};
}

Tensor row_of(const Tensor& x, int64_t i) {
  return Tensor(DType::f32, {1, x.columns()}, reinterpret_cast<std::byte*>(x.row(i)));
}

TEST(MoeRoute, KeepsTheLargestOfTheSoftmaxRenormalised) {
  const int64_t n = 301, n_experts = 11;
  Machine machine(2);
  Tensor logits = random_tensor(n, n_experts, 1, 3.0f);
  for (int64_t k : {1, 2, 5, 11}) {
    MoeRouting routing = moe_route(machine.ctx, logits, k);
    for (int64_t t = 0; t < n; ++t) {
      const float* x = logits.row(t);
      std::vector<int32_t> order(n_experts);
      std::iota(order.begin(), order.end(), 0);
      std::sort(order.begin(), order.end(), [&](int a, int b) { return x[a] > x[b]; });  // all differ
      double all = 0, kept = 0;
      for (int64_t e = 0; e < n_experts; ++e) all += std::exp(static_cast<double>(x[e]));
      for (int64_t r = 0; r < k; ++r) kept += std::exp(static_cast<double>(x[order[static_cast<size_t>(r)]]));
      for (int64_t r = 0; r < k; ++r) {
        const int32_t e = order[static_cast<size_t>(r)];
        ASSERT_EQ(routing.experts[static_cast<size_t>(t * k + r)], e) << "token " << t;
        ASSERT_NEAR(routing.weights.row(t)[r], std::exp(static_cast<double>(x[e])) / kept, 1e-6);
      }
      for (int64_t e = 0; e < n_experts; ++e)
        ASSERT_NEAR(routing.probabilities.row(t)[e], std::exp(static_cast<double>(x[e])) / all, 1e-6);
    }
  }
}

TEST(MoeRoute, SlotsGoByExpertAndTokensAscendWithinEach) {
  const int64_t n = 64, n_experts = 7, k = 3;
  Machine machine(2);
  MoeRouting routing = moe_route(machine.ctx, random_tensor(n, n_experts, 2), k);
  EXPECT_EQ(routing.starts.front(), 0);
  EXPECT_EQ(routing.starts.back(), n * k);
  std::vector<bool> taken(static_cast<size_t>(n * k));
  for (int64_t t = 0; t < n; ++t)
    for (int64_t r = 0; r < k; ++r) {
      const auto slot = static_cast<size_t>(routing.slots[static_cast<size_t>(t * k + r)]);
      const auto e = static_cast<size_t>(routing.experts[static_cast<size_t>(t * k + r)]);
      EXPECT_FALSE(taken[slot]);
      taken[slot] = true;
      EXPECT_EQ(routing.tokens[slot], t);
      EXPECT_GE(static_cast<int64_t>(slot), routing.starts[e]);
      EXPECT_LT(static_cast<int64_t>(slot), routing.starts[e + 1]);
    }
  for (size_t e = 0; e < n_experts; ++e)
    EXPECT_TRUE(std::is_sorted(routing.tokens.begin() + routing.starts[e],
                               routing.tokens.begin() + routing.starts[e + 1]));
}

std::vector<int32_t> experts_of(std::vector<float> logits, int64_t k) {
  Machine machine(1);
  Tensor x(DType::f32, {1, static_cast<int64_t>(logits.size())}, reinterpret_cast<std::byte*>(logits.data()));
  MoeRouting routing = moe_route(machine.ctx, x, k);
  return {routing.experts.begin(), routing.experts.end()};
}

TEST(MoeRoute, EqualLogitsGoToTheLowerIndex) {
  EXPECT_THAT(experts_of({1, 3, 3, 2, 3}, 2), ElementsAre(1, 2));
  EXPECT_THAT(experts_of({0, 0, 0, 0}, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(experts_of({-0.0f, 0.0f}, 1), ElementsAre(0));
  // Their probabilities are 0, and still they are ranked.
  EXPECT_THAT(experts_of({-400, 0, -300, -200}, 3), ElementsAre(1, 3, 2));
}

TEST(MoeRoute, NaNRanksLastAndShowsInTheWeights) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  EXPECT_THAT(experts_of({nan, 1, nan, 2}, 2), ElementsAre(3, 1));
  EXPECT_THAT(experts_of({nan, nan, nan}, 2), ElementsAre(0, 1));
  EXPECT_THAT(experts_of({-inf, nan, 0}, 3), ElementsAre(2, 0, 1));
  Machine machine(1);
  Tensor x = Tensor::owned(DType::f32, {1, 3});
  x.f32()[1] = nan;
  EXPECT_TRUE(std::isnan(moe_route(machine.ctx, x, 2).weights.f32()[0]));
}

TEST(MoeRoute, ATokenIsRoutedAloneAsInACrowdBitForBit) {
  const int64_t n = 4000, n_experts = 9, k = 4;  // enough for a share on every thread
  Tensor logits = random_tensor(n, n_experts, 3);
  Machine many(3), one(1);
  MoeRouting crowd = moe_route(many.ctx, logits, k);
  for (int64_t t : {0, 1777, 3999}) {
    MoeRouting alone = moe_route(one.ctx, row_of(logits, t), k);
    EXPECT_TRUE(std::equal(alone.experts.begin(), alone.experts.end(), crowd.experts.begin() + t * k));
    EXPECT_EQ(std::memcmp(alone.weights.f32(), crowd.weights.row(t), k * sizeof(float)), 0);
  }
}

struct Case {
  DType dtype;
  bool block_scale;
  kernels::Isa isa;
};

/// n random matrices of one shape, with the scales of FP8.
class Experts {
 public:
  Experts(const Case& c, int64_t n, int64_t out, int64_t in, uint64_t seed) {
    Random random(seed);
    std::vector<float> row(static_cast<size_t>(in));
    for (int64_t e = 0; e < n; ++e) {
      Tensor w = storage_.emplace_back(Tensor::owned(c.dtype, {out, in}));
      for (int64_t r = 0; r < out; ++r) {
        for (auto& x : row) x = 0.1f * random.normal();
        encode_row(c.dtype, row.data(), w.bytes() + r * w.view().row_bytes(), in);
      }
      LinearSource source{w.view(), {}, {}, {}};
      const Tensor scales =
          storage_.emplace_back(random_tensor((out + 127) / 128, (in + 127) / 128, seed + 1));
      if (c.block_scale) source.block_scale = scales.view();
      linears.emplace_back("expert", source);
    }
  }

  void pack(const kernels::KernelTable& table) {
    for (Linear& part : linears) {
      if (!part.wants_packing()) continue;
      Tensor panels = storage_.emplace_back(
          Tensor::owned(DType::f32, {static_cast<int64_t>(part.packed_bytes() / sizeof(float))}));
      part.pack(table, 0, part.n_panels(), panels.bytes());
      part.use_packed(panels.bytes());
    }
  }

  std::vector<Linear> linears;

 private:
  std::vector<Tensor> storage_;
};

class MoeLinearOf : public ::testing::TestWithParam<Case> {};

TEST_P(MoeLinearOf, EverySlotIsTheProductOfItsOwnExpertBitForBit) {
  const int64_t n = 96, n_experts = 5, k = 2, out = 80, in = 256;
  Experts a(GetParam(), n_experts, out, in, 1), b(GetParam(), n_experts, 35, in, 2);
  Tensor x = random_tensor(n, in, 3);
  Tensor logits = random_tensor(n, n_experts, 4);
  // Loads from none to many: nobody wants the last expert, most want the first.
  for (int64_t t = 0; t < n; ++t) {
    logits.row(t)[n_experts - 1] = -50;
    if (t % 4) logits.row(t)[0] += 5;
  }
  for (bool repacked : {false, true}) {
    Machine machine(3, GetParam().isa), alone(1, GetParam().isa);
    Context& ctx = machine.ctx;
    if (repacked) {
      a.pack(machine.table);
      b.pack(machine.table);
    }
    MoeRouting routing = moe_route(ctx, logits, k);
    ASSERT_EQ(routing.load(n_experts - 1), 0);
    ASSERT_GT(routing.load(0), 64);
    Tensor grouped = moe_dispatch(ctx, x, routing);
    const std::span<const Linear> matrices[] = {a.linears, b.linears};
    Tensor y[2];
    moe_linear(ctx, grouped, routing, matrices, y);
    for (int64_t i = 0; i < n * k; ++i) {
      const auto e = static_cast<size_t>(routing.experts[static_cast<size_t>(i)]);
      const int64_t slot = routing.slots[static_cast<size_t>(i)];
      const Tensor token = row_of(x, i / k);
      ASSERT_EQ(values(linear(alone.ctx, token, a.linears[e])), values(row_of(y[0], slot)))
          << "token " << i / k;
      ASSERT_EQ(values(linear(alone.ctx, token, b.linears[e])), values(row_of(y[1], slot)))
          << "token " << i / k;
    }
  }
}

/// Without scales beside the weights.
bool has_plain_products(DType dtype) {
  return is_quantized(dtype) || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16 ||
         dtype == DType::f8_e4m3;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (auto isa : kernels::supported_isas())
    for (const auto& row : kDTypes) {
      if (has_plain_products(row.dtype)) all.push_back({row.dtype, false, isa});
      if (row.dtype == DType::f8_e4m3) all.push_back({row.dtype, true, isa});
    }
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, MoeLinearOf, ::testing::ValuesIn(cases()), [](const auto& p) {
  return std::string(name(p.param.dtype)) + (p.param.block_scale ? "_blocks_" : "_") +
         std::string(kernels::name(p.param.isa));
});

TEST(MoeCombine, AddsTheWeightedSlotsOfAToken) {
  const int64_t n = 90, n_experts = 6, k = 3, width = 37;
  Machine machine(2);
  MoeRouting routing = moe_route(machine.ctx, random_tensor(n, n_experts, 5), k);
  Tensor y = random_tensor(n * k, width, 6);
  Tensor out = moe_combine(machine.ctx, y, routing);
  ASSERT_EQ(out.shape(), (Shape{n, width}));
  for (int64_t t = 0; t < n; ++t)
    for (int64_t j = 0; j < width; ++j) {
      double sum = 0;
      for (int64_t r = 0; r < k; ++r)
        sum += static_cast<double>(routing.weights.row(t)[r]) *
               y.row(routing.slots[static_cast<size_t>(t * k + r)])[j];
      ASSERT_NEAR(out.row(t)[j], sum, 1e-6);
    }
}

TEST(ExpertLoad, CountsTokensIdleExpertsAndReads) {
  Machine machine(1);
  Tensor logits = Tensor::owned(DType::f32, {4, 4});
  for (int64_t t = 0; t < 4; ++t) {
    logits.row(t)[0] = 2;               // all four tokens
    logits.row(t)[t == 3 ? 2 : 1] = 1;  // three and one
  }
  MoeRouting routing = moe_route(machine.ctx, logits, 2);
  ExpertLoad load(3, 4);
  EXPECT_EQ(load.imbalance(), 0);
  EXPECT_EQ(load.mean_read(), 0);
  load.add(1, routing);
  EXPECT_EQ(load.count(1, 0), 4);
  EXPECT_EQ(load.count(1, 1), 3);
  EXPECT_EQ(load.count(1, 2), 1);
  EXPECT_EQ(load.count(0, 0), 0);
  EXPECT_EQ(load.total(1), 8);
  EXPECT_EQ(load.imbalance(1), 2.0);  // 4 of 8 where 2 were even
  EXPECT_EQ(load.imbalance(), 2.0);
  EXPECT_EQ(load.n_idle(), 1);  // expert 3; layers that saw nothing have no idle experts
  EXPECT_EQ(load.mean_read(), 3.0);
  load.clear();
  EXPECT_EQ(load.total(1), 0);
  EXPECT_EQ(load.mean_read(), 0);
}

}  // namespace
}  // namespace retort
