#include "retort/ops/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>

#include "retort/base/random.h"

namespace retort {
namespace {

using kernels::KvDType;

constexpr int kKvHeads = 2, kGroup = 3, kHeadDim = 32, kHeads = kKvHeads * kGroup;
constexpr int kKvWidth = kKvHeads * kHeadDim, kWidth = kHeads * kHeadDim;

/// Keys, values and queries of token t of sequence s: the same whichever step brings them.
float value_of(int what, int64_t s, int64_t t, int64_t i) {
  return static_cast<float>(
      2 * random_uniform(static_cast<uint64_t>(what + 10 * s), static_cast<uint64_t>(t * 1000 + i)) - 1);
}

/// A cache and the page tables of some sequences, pages interleaved.
class Model {
 public:
  Model(KvDType dtype, int64_t sequences, int64_t context) {
    const kernels::KvLayout layout{dtype, kKvHeads, kHeadDim};
    const int64_t pages = (context + 31) / 32;
    const size_t stride = layout.page_bytes() * 2;
    pool_.resize(stride * static_cast<size_t>(pages * sequences) + 64, std::byte{0xff});
    auto* base = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(pool_.data()) + 63) & ~63ull);
    kv_ = {layout, base, stride};
    for (int64_t s = 0; s < sequences; ++s) {
      tables_.emplace_back();
      for (int64_t i = 0; i < pages; ++i)
        tables_.back().push_back(static_cast<int32_t>((pages - 1 - i) * sequences + s));
    }
  }

  struct Part {
    int64_t sequence, position, n_tokens;
  };
  /// Stores and attends to all parts in one step; rows of part i follow those of part i - 1.
  std::vector<float> step(Context& ctx, std::span<const Part> parts) {
    std::vector<AttentionSequence> sequences;
    int64_t rows = 0;
    for (const Part& p : parts) {
      sequences.push_back({rows, p.n_tokens, p.position, tables_[static_cast<size_t>(p.sequence)]});
      rows += p.n_tokens;
    }
    Tensor q = ctx.empty({rows, kWidth}), k = ctx.empty({rows, kKvWidth}), v = ctx.empty({rows, kKvWidth});
    int64_t row = 0;
    for (const Part& p : parts)
      for (int64_t t = p.position; t < p.position + p.n_tokens; ++t, ++row) {
        for (int64_t i = 0; i < kWidth; ++i) q.row(row)[i] = 4 * value_of(1, p.sequence, t, i);
        for (int64_t i = 0; i < kKvWidth; ++i) k.row(row)[i] = value_of(2, p.sequence, t, i);
        for (int64_t i = 0; i < kKvWidth; ++i) v.row(row)[i] = value_of(3, p.sequence, t, i);
      }
    kv_store(ctx, k, v, kv_, sequences);
    const size_t used = ctx.arena.used();
    Tensor y = attention(ctx, q, kv_, sequences);
    EXPECT_LE(ctx.arena.used(), used + y.view().bytes() + 128) << "scratch was not given back";
    return {y.f32(), y.f32() + rows * kWidth};
  }

 private:
  std::vector<std::byte> pool_;
  KvLayer kv_{};
  std::vector<std::vector<int32_t>> tables_;
};

/// A context for a test: a pool, an arena that is reset by hand, a level.
struct Machine {
  explicit Machine(int threads, kernels::Isa isa = kernels::choose_isa())
      : pool(threads), table(kernels::kernel_table(isa)), ctx{pool, arena, table} {}
  ThreadPool pool;
  Arena arena;
  kernels::KernelTable table;
  Context ctx;
};

/// The rows of sequence 0 for a context of n positions, in steps of these sizes.
std::vector<float> in_steps(Machine& machine, KvDType dtype, int64_t n, int64_t step) {
  Model model(dtype, 1, n);
  std::vector<float> all;
  for (int64_t at = 0; at < n; at += step) {
    machine.arena.reset();
    Model::Part part{0, at, std::min(step, n - at)};
    auto y = model.step(machine.ctx, {&part, 1});
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

class AttentionOp : public ::testing::TestWithParam<KvDType> {};

TEST_P(AttentionOp, IsTheFormula) {
  Machine machine(2);
  const int64_t n = 70;
  // E4M3 moves a value of up to 1 by 2^-5, and the scores likewise.
  const double tolerance = GetParam() == KvDType::fp8 ? 0.1 : 0.02;
  auto y = in_steps(machine, GetParam(), n, n);
  for (int64_t t = 0; t < n; ++t)
    for (int head = 0; head < kHeads; ++head) {
      const int64_t kv = head / kGroup * kHeadDim;
      std::vector<double> p(static_cast<size_t>(t + 1));
      double sum = 0;
      for (int64_t j = 0; j <= t; ++j) {
        double dot = 0;
        for (int i = 0; i < kHeadDim; ++i)
          dot += 4.0 * value_of(1, 0, t, head * kHeadDim + i) * value_of(2, 0, j, kv + i);
        sum += p[static_cast<size_t>(j)] = std::exp(dot / std::sqrt(kHeadDim));
      }
      for (int i = 0; i < kHeadDim; ++i) {
        double right = 0;
        for (int64_t j = 0; j <= t; ++j) right += p[static_cast<size_t>(j)] / sum * value_of(3, 0, j, kv + i);
        ASSERT_NEAR(y[static_cast<size_t>(t * kWidth + head * kHeadDim + i)], right, tolerance)
            << t << " " << head;
      }
    }
}

TEST_P(AttentionOp, PrefillEqualsStepwiseDecodeBitForBitAtEveryLevelOnAnyNumberOfThreads) {
  const int64_t n = 1300;  // three segments
  for (kernels::Isa isa : kernels::supported_isas()) {
    Machine one(1, isa), three(3, isa);
    auto at_once = in_steps(one, GetParam(), n, n);
    for (auto [machine, step] : {std::pair(&three, n), std::pair(&three, int64_t{1}),
                                 std::pair(&one, int64_t{333}), std::pair(&three, int64_t{7})}) {
      auto y = in_steps(*machine, GetParam(), n, step);
      ASSERT_EQ(y.size(), at_once.size());
      EXPECT_EQ(std::memcmp(y.data(), at_once.data(), y.size() * sizeof(float)), 0)
          << kernels::name(isa) << " in steps of " << step;
    }
  }
}

TEST_P(AttentionOp, TheRestOfTheBatchDoesNotChangeABit) {
  Machine machine(2);
  Model together(GetParam(), 3, 900), alone(GetParam(), 3, 900);
  const Model::Part first[] = {{0, 0, 600}, {1, 0, 17}, {2, 0, 1}};
  const Model::Part second[] = {{2, 1, 40}, {0, 600, 1}, {1, 17, 300}};
  for (const auto& batch : {std::span(first), std::span(second)}) {
    machine.arena.reset();
    auto y = together.step(machine.ctx, batch);
    size_t at = 0;
    for (const auto& part : batch) {
      auto z = alone.step(machine.ctx, {&part, 1});
      ASSERT_EQ(std::memcmp(z.data(), y.data() + at, z.size() * sizeof(float)), 0) << part.sequence;
      at += z.size();
    }
    EXPECT_EQ(at, y.size());
  }
}

TEST_P(AttentionOp, NoTokensAreNoWork) {
  Machine machine(2);
  Model model(GetParam(), 1, 32);
  const Model::Part none{0, 5, 0};
  EXPECT_TRUE(model.step(machine.ctx, {&none, 1}).empty());
  EXPECT_TRUE(model.step(machine.ctx, {}).empty());
}

INSTANTIATE_TEST_SUITE_P(All, AttentionOp, ::testing::Values(KvDType::bf16, KvDType::q8, KvDType::fp8),
                         [](const auto& p) { return std::string(kernels::name(p.param)); });

TEST(AttentionOpDeathTest, PositionsBeyondThePageTableStopTheProgram) {
  Machine machine(1);
  Model model(KvDType::bf16, 1, 32);
  const Model::Part part{0, 31, 2};
  EXPECT_DEATH(model.step(machine.ctx, {&part, 1}), "internal check failed");
}

}  // namespace
}  // namespace retort
