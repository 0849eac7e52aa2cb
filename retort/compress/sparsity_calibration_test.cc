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

TEST(SparsityCalibration, SkipsWhatIsAskedForOnTheTextItMeasured) {
  for (LevelChoice choice : {LevelChoice::uniform, LevelChoice::greedy}) {
    Machine m("micro-lite");
    const auto thresholds = m.thresholds(choice);
    const std::vector<double> grid = sparsity_grid();
    for (size_t i : {size_t{2}, size_t{4}}) {  // 0.1, 0.2: what is pruned hardly changes what comes after
      Machine pruned("micro-lite");
      pruned.decoder().prune_inputs(pruned.ctx, pruned.checkpoint, thresholds[i], false, {});
      pruned.decoder().hidden_states(pruned.ctx, pruned.documents);
      EXPECT_NEAR(pruned.decoder().input_pruning()->skipped(), grid[i], 0.02);
    }
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
