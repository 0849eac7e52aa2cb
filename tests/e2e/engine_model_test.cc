// The engine with real models of every architecture: what a request answers does not depend on what else
// runs.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "bench/random_checkpoint.h"
#include "retort/base/random.h"
#include "retort/infer/engine.h"
#include "retort/infer/loaded_model.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

struct Case {
  const char* shape;
  const char* dtype;
  kernels::KvDType kv;
};

struct Setting {
  int threads = 2;
  int step_tokens = 512;
  int64_t cache_tokens = 8192;
  Repack repack = Repack::now;
  bool share_prefixes = true;
};

struct Answer {
  std::vector<int32_t> tokens;
  std::vector<float> logprobs;
  int64_t cached = 0, preemptions = 0;
  bool operator==(const Answer& o) const { return tokens == o.tokens && logprobs == o.logprobs; }
};

class EngineModel : public ::testing::TestWithParam<Case> {
 protected:
  static fs::path path_of(const Case& c) {
    return fs::path(::testing::TempDir()) / ("retort_" + std::string(c.shape) + "_" + c.dtype + ".gguf");
  }
  void SetUp() override {
    if (!fs::exists(path_of(GetParam())))
      write_random_checkpoint(
          {.shape = GetParam().shape, .dtype = GetParam().dtype, .out = path_of(GetParam()), .layers = 2});
  }

  static std::vector<Request> requests(bool shared_prefix) {
    std::vector<Request> all;
    Random random(11);
    std::vector<int32_t> prefix(100);
    for (auto& id : prefix) id = static_cast<int32_t>(random.below(256));
    for (int i = 0; i < 9; ++i) {
      Request r;
      if (shared_prefix) r.prompt = prefix;
      const int n = i == 4 ? 700 : 1 + 17 * i;  // one crosses a segment of the attention
      for (int j = 0; j < n; ++j) r.prompt.push_back(static_cast<int32_t>(random.below(256)));
      r.sampling.temperature = i % 3 == 0 ? 0.0f : 0.8f;
      r.sampling.top_p = 0.95f;
      r.sampling.seed = static_cast<uint64_t>(i);
      r.sampling.logprobs = true;
      r.max_new_tokens = 12 + i;
      all.push_back(r);
    }
    return all;
  }

  std::vector<Answer> answer(const std::vector<Request>& requests, Setting setting, bool one_by_one) {
    ThreadPool pool(setting.threads);
    Arena arena;
    auto kernels = kernels::kernel_table(kernels::choose_isa());
    Context ctx{pool, arena, kernels};
    auto model = LoadedModel::open(ctx, path_of(GetParam()), {.repack = setting.repack, .progress = {}});
    auto cache = model.make_cache(GetParam().kv, setting.cache_tokens);
    Engine engine(*model.model, *cache, ctx, {},
                  {.step_tokens = setting.step_tokens, .share_prefixes = setting.share_prefixes});
    std::vector<RequestId> ids;
    for (const Request& r : requests) {
      ids.push_back(engine.add(r));
      if (one_by_one) engine.run_until_idle();
    }
    while (engine.step()) model.model->settle(ctx, model.model->weight_bytes() / 8);
    EXPECT_EQ(model.model->repacked_bytes() > 0, setting.repack != Repack::never);
    std::vector<Answer> answers;
    for (RequestId id : ids) {
      Completion c = *engine.take(id);
      EXPECT_EQ(c.finish_reason == FinishReason::length || c.finish_reason == FinishReason::stop, true);
      answers.push_back({c.tokens, c.logprobs, c.usage.cached_tokens, c.timings.preemptions});
    }
    return answers;
  }
};

TEST_P(EngineModel, ABatchAnswersAsEachRequestAloneBitForBit) {
  auto all = requests(false);
  auto alone = answer(all, {.share_prefixes = false}, true);
  EXPECT_EQ(answer(all, {}, false), alone);
  EXPECT_EQ(answer(all, {.threads = 1}, false), alone);
  EXPECT_EQ(answer(all, {.threads = 3, .step_tokens = 23}, false), alone);
  EXPECT_EQ(answer(all, {.repack = Repack::never}, false), alone);
  EXPECT_EQ(answer(all, {.repack = Repack::meanwhile}, false), alone);
}

TEST_P(EngineModel, ASharedPrefixIsComputedOnceAndDoesNotChangeABit) {
  auto all = requests(true);
  auto shared = answer(all, {}, false);
  EXPECT_EQ(shared, answer(all, {.share_prefixes = false}, true));
  int64_t cached = 0;
  for (const auto& a : shared) cached += a.cached;
  EXPECT_GT(cached, 0);
}

TEST_P(EngineModel, PreemptionDoesNotChangeABit) {
  // Three prompts fit into the cache, their answers do not.
  std::vector<Request> all(3);
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].prompt.assign(255, static_cast<int32_t>(40 + i));
    all[i].sampling.logprobs = true;
    all[i].sampling.seed = i;
    all[i].max_new_tokens = 60;
  }
  auto squeezed = answer(all, {.cache_tokens = 26 * kernels::kPageTokens, .share_prefixes = false}, false);
  EXPECT_EQ(squeezed, answer(all, {.share_prefixes = false}, true));
  int64_t preemptions = 0;
  for (const auto& a : squeezed) preemptions += a.preemptions;
  EXPECT_GT(preemptions, 0);
}

INSTANTIATE_TEST_SUITE_P(Models, EngineModel,
                         ::testing::Values(Case{"tiny-qwen2", "bf16", kernels::KvDType::bf16},
                                           Case{"tiny-qwen2", "q4_k_m", kernels::KvDType::bf16},
                                           Case{"tiny-llama", "q8_0", kernels::KvDType::q8},
                                           Case{"tiny-mixtral", "q4_k_m", kernels::KvDType::bf16}),
                         [](const auto& p) {
                           return std::string(p.param.shape).substr(5) + "_" + p.param.dtype;
                         });

}  // namespace
}  // namespace retort
