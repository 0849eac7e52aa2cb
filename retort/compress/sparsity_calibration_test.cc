#include "retort/compress/sparsity_calibration.h"

#include <gtest/gtest.h>

#include "retort/model/architecture.h"

namespace retort::compress {
namespace {

/// A member of the micro family on some threads, and a text of its tokens.
struct Machine {
  explicit Machine(const char* name, int threads = 2)
      : pool(threads),
        kernels(kernels::kernel_table(kernels::choose_isa())),
        checkpoint(Checkpoint::open(std::string(RETORT_SOURCE_DIR) + "/models/micro/" + name)),
        model(load_causal_lm(ctx, checkpoint, read_model_config(checkpoint),
                             {.repack = Repack::never, .progress = {}})) {
    for (int i = 0; i < 3; ++i) {
      texts.emplace_back();
      for (int j = 0; j < 200; ++j) texts.back().push_back((17 * i + 31 * j + j * j) % 900);
    }
    for (const auto& text : texts) documents.emplace_back(text);
  }

  Decoder& decoder() { return dynamic_cast<Decoder&>(*model); }
  std::vector<std::vector<LayerThresholds>> thresholds(LevelChoice choice) {
    return measure_thresholds(ctx, decoder(), documents, sparsity_grid(), choice);
  }

  ThreadPool pool;
  Arena arena;
  kernels::KernelTable kernels;
  Context ctx{pool, arena, kernels};
  Checkpoint checkpoint;
  std::unique_ptr<CausalLM> model;
  std::vector<std::vector<int32_t>> texts;
  std::vector<std::span<const int32_t>> documents;
};

/// What is skipped at these thresholds on the text that they were measured on.
double skipped(std::vector<LayerThresholds> thresholds) {
  Machine m("micro-lite");
  m.decoder().prune_inputs(m.ctx, m.checkpoint, thresholds, false, {});
  m.decoder().hidden_states(m.ctx, m.documents);
  return m.decoder().input_pruning()->skipped();
}

TEST(SparsityCalibration, SkipsWhatIsAskedForWhereNothingBeforeItIsPruned) {
  const auto thresholds = Machine("micro-lite").thresholds(LevelChoice::uniform);
  for (size_t i : {size_t{2}, size_t{8}, size_t{14}}) {
    std::vector<LayerThresholds> first(thresholds[i].size());
    first[0][0] = thresholds[i][0][0];
    EXPECT_NEAR(skipped(first), sparsity_grid()[i], 0.005);
  }
}

TEST(SparsityCalibration, SkipsAboutWhatIsAskedForInTheWholeModel) {
  // Inputs shrink where others before them are pruned, so that somewhat more is skipped.
  for (LevelChoice choice : {LevelChoice::uniform, LevelChoice::greedy}) {
    const auto thresholds = Machine("micro-lite").thresholds(choice);
    for (size_t i : {size_t{2}, size_t{4}}) EXPECT_NEAR(skipped(thresholds[i]), sparsity_grid()[i], 0.06);
  }
}

TEST(SparsityCalibration, ThresholdsBeginAtZeroAndDoNotDescend) {
  for (LevelChoice choice : {LevelChoice::uniform, LevelChoice::greedy}) {
    Machine m("micro-7");
    const auto thresholds = m.thresholds(choice);
    for (size_t l = 0; l < thresholds[0].size(); ++l)
      for (size_t s = 0; s < kInputSites; ++s) {
        EXPECT_EQ(thresholds[0][l][s], 0);
        for (size_t i = 1; i < thresholds.size(); ++i)
          EXPECT_GE(thresholds[i][l][s], thresholds[i - 1][l][s]);
        // A mixture's experts are not pruned.
        EXPECT_EQ(thresholds.back()[l][s] > 0, s < static_cast<size_t>(InputSite::mlp));
      }
  }
}

TEST(SparsityCalibration, IsTheSameOnAnyNumberOfThreads) {
  EXPECT_EQ(Machine("micro-lite", 1).thresholds(LevelChoice::greedy),
            Machine("micro-lite", 3).thresholds(LevelChoice::greedy));
}

}  // namespace
}  // namespace retort::compress
