#include "retort/plan/engine_arena.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "retort/infer/loaded_model.h"

namespace retort::plan {
namespace {

/// The arena's peak of a real step of a member of the micro family, and the replayed one.
void expect_equal(const std::string& model, const ArenaStep& step, KvType kv, int threads) {
  ThreadPool pool(threads);
  Arena arena;
  const auto kernels = kernels::kernel_table(kernels::choose_isa());
  Context context{pool, arena, kernels};
  const auto loaded =
      LoadedModel::open(context, std::filesystem::path(RETORT_SOURCE_DIR) / "models/micro" / model);
  const auto length = step.position + step.tokens;
  const auto pages = (length + 31) / 32;
  const auto cache = loaded.make_cache(kv, pages * 32 * step.sequences);
  std::vector<int32_t> table(static_cast<size_t>(pages * step.sequences)),
      tokens(static_cast<size_t>(length), 5);
  std::iota(table.begin(), table.end(), 0);
  const auto run = [&](int64_t from, int64_t n, int n_logits) {
    std::vector<SequenceStep> steps;
    for (int64_t s = 0; s < step.sequences; ++s)
      steps.push_back({std::span(tokens).subspan(0, static_cast<size_t>(n)), from,
                       std::span(table).subspan(static_cast<size_t>(s * pages), static_cast<size_t>(pages)),
                       n_logits});
    loaded.model->forward(context, steps, *cache);
  };
  for (int64_t at = 0; at < step.position; at += 64) {
    run(at, std::min<int64_t>(64, step.position - at), 0);
    arena.reset();
  }
  Arena measured;
  Context counted{pool, measured, kernels};
  std::vector<SequenceStep> steps;
  for (int64_t s = 0; s < step.sequences; ++s)
    steps.push_back({std::span(tokens).subspan(0, static_cast<size_t>(step.tokens)), step.position,
                     std::span(table).subspan(static_cast<size_t>(s * pages), static_cast<size_t>(pages)),
                     static_cast<int>(step.outputs / step.sequences)});
  loaded.model->forward(counted, steps, *cache);

  const ModelShape shape =
      find_shape((std::filesystem::path(RETORT_SOURCE_DIR) / "models/micro" / model).string());
  const auto replayed =
      static_cast<double>(arena_peak(shape, weights_of(shape, kAsStored), kv, step, kernels, threads));
  // Mixtures: the tokens of an expert are counted as if spread evenly.
  constexpr double kAlignment = 256;  // bytes, of the last few allocations
  const double tolerance = shape.has_experts() ? 0.03 : 0.002;
  EXPECT_NEAR(replayed, static_cast<double>(measured.peak()),
              tolerance * static_cast<double>(measured.peak()) + kAlignment)
      << model << ", " << step.sequences << " x " << step.tokens << " at " << step.position << ", "
      << threads;
}

TEST(EngineArena, ReplaysWhatTheEngineTakes) {
  for (const char* model : {"micro-lite", "micro-13", "micro-7"}) {
    expect_equal(model, {1, 128, 0, 1}, KvType::bf16, 1);
    expect_equal(model, {1, 64, 640, 1}, KvType::bf16, 2);
    expect_equal(model, {8, 1, 200, 8}, KvType::q8, 2);
  }
}

}  // namespace
}  // namespace retort::plan
