#include "retort/model/input_pruning.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "retort/base/arithmetic.h"
#include "retort/model/architecture.h"
#include "retort/model/decoder.h"

namespace retort {
namespace {

constexpr int64_t kTokens = 24;

/// A model of the micro family that runs with the thresholds, and what it makes of texts.
class Pruned {
 public:
  Pruned(const char* name, float threshold, bool columns, int threads = 2)
      : pool(threads),
        kernels(kernels::kernel_table(kernels::choose_isa())),
        checkpoint(Checkpoint::open(std::string(RETORT_SOURCE_DIR) + "/models/micro/" + name)),
        config(read_model_config(checkpoint)),
        model(load_causal_lm(ctx, checkpoint, config, {.repack = Repack::never, .progress = {}})) {
    const std::vector<LayerThresholds> thresholds(static_cast<size_t>(config.num_hidden_layers),
                                                  {threshold, threshold / 4, threshold, threshold / 4});
    decoder().prune_inputs(ctx, checkpoint, thresholds, columns, {});
    decoder().repack(ctx, checkpoint, Repack::now, {});
  }

  Decoder& decoder() { return dynamic_cast<Decoder&>(*model); }
  const InputPruning& pruning() { return *decoder().input_pruning(); }

  /// The last logits of several texts, fed together, `part` tokens of each at a time.
  std::vector<std::vector<float>> logits(const std::vector<std::vector<int32_t>>& texts, size_t part) {
    const kernels::KvLayout layout{kernels::KvDType::bf16, static_cast<int>(config.num_key_value_heads),
                                   static_cast<int>(config.head_dim)};
    const auto pages = div_up<int64_t>(kTokens, kernels::kPageTokens);
    KvCache cache(layout, static_cast<int>(config.num_hidden_layers), pages * std::ssize(texts));
    std::vector<std::vector<int32_t>> tables;
    for (size_t i = 0; i < texts.size(); ++i) {
      tables.emplace_back(static_cast<size_t>(pages));
      std::iota(tables[i].begin(), tables[i].end(), static_cast<int32_t>(i) * static_cast<int32_t>(pages));
    }
    std::vector<std::vector<float>> out(texts.size());
    for (size_t at = 0; at < kTokens; at += part) {
      std::vector<SequenceStep> steps;
      for (size_t i = 0; i < texts.size(); ++i)
        steps.push_back({std::span(texts[i]).subspan(at, std::min(part, kTokens - at)),
                         static_cast<int64_t>(at), tables[i], 1});
      arena.reset();
      const Tensor y = model->forward(ctx, steps, cache);
      for (size_t i = 0; i < texts.size(); ++i)
        out[i].assign(y.row(static_cast<int64_t>(i)), y.row(static_cast<int64_t>(i)) + y.columns());
    }
    return out;
  }

  ThreadPool pool;
  Arena arena;
  kernels::KernelTable kernels;
  Context ctx{pool, arena, kernels};
  Checkpoint checkpoint;
  ModelConfig config;
  std::unique_ptr<CausalLM> model;
};

std::vector<std::vector<int32_t>> texts(int n) {
  std::vector<std::vector<int32_t>> all;
  for (int i = 0; i < n; ++i) {
    all.emplace_back();
    for (int j = 0; j < kTokens; ++j) all.back().push_back((17 * i + 31 * j + j * j) % 900);
  }
  return all;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(InputPruning, GivesASequenceTheSameBitsAloneAndInABatchHoweverItIsCut) {
  const auto all = texts(9);
  const auto together = Pruned("micro-lite", 0.4f, true).logits(all, kTokens);
  Pruned one("micro-lite", 0.4f, true, 1);
  for (size_t i : {size_t{0}, size_t{4}, size_t{8}})
    for (size_t part : {size_t{1}, size_t{5}, size_t{24}})
      EXPECT_TRUE(same_bits(one.logits({all[i]}, part)[0], together[i])) << i << ", parts of " << part;
  EXPECT_GT(one.pruning().skipped(), 0.1);
  EXPECT_LT(one.pruning().skipped(), 0.9);
}

TEST(InputPruning, WithoutThresholdsHasTheBitsOfTheModel) {
  for (const char* name : {"micro-lite", "micro-7"}) {
    Pruned zero(name, 0, true);
    EXPECT_EQ(zero.pruning().bytes(), 0u);
    const auto all = texts(2);
    const auto pruned = zero.logits(all, 8);
    zero.model = load_causal_lm(zero.ctx, zero.checkpoint, zero.config, {});
    const auto expected = zero.logits(all, 8);
    for (size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(same_bits(pruned[i], expected[i]));
  }
}

TEST(InputPruning, ByColumnsAndWithZeroedInputsAgreeButForRounding) {
  const auto all = texts(3);
  Pruned columns("micro-lite", 0.2f, true), zeroed("micro-lite", 0.2f, false);
  EXPECT_GT(columns.pruning().packed_bytes(), 0u);
  EXPECT_EQ(zeroed.pruning().packed_bytes(), 0u);
  const auto a = columns.logits(all, kTokens), b = zeroed.logits(all, kTokens);
  // Sums in another order may move a value over a threshold or a rounding: not far.
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t j = 0; j < a[i].size(); ++j) EXPECT_NEAR(a[i][j], b[i][j], 0.5) << j;
}

TEST(InputPruning, SkipsInAMixtureOnlyWhatAttentionReads) {
  Pruned mixture("micro-7", 0.3f, true);
  for (int layer = 0; layer < static_cast<int>(mixture.config.num_hidden_layers); ++layer) {
    EXPECT_NE(mixture.pruning().find(layer, InputSite::attention), nullptr);
    EXPECT_EQ(mixture.pruning().find(layer, InputSite::mlp), nullptr);
  }
  EXPECT_TRUE(std::isfinite(mixture.logits(texts(1), kTokens)[0][0]));
}

}  // namespace
}  // namespace retort
