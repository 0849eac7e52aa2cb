#include "retort/plan/memory.h"

#include <gtest/gtest.h>

#include "retort/base/error.h"
#include "retort/plan/parallel.h"
#include "retort/plan/training_memory.h"

namespace retort::plan {
namespace {

ModelShape shape_of(std::string_view name) {
  return *published_shape(name);
}

TEST(KvBytes, OfATokenInBf16) {
  // 2 x layers x kv heads x head_dim x 2, worked by hand.
  const std::pair<const char*, uint64_t> kKnown[] = {
      {"DeepSeek-R1-Distill-Qwen-1.5B", 28672},    {"DeepSeek-R1-Distill-Qwen-7B", 57344},
      {"DeepSeek-R1-Distill-Qwen-14B", 196608},    {"DeepSeek-R1-Distill-Qwen-32B", 262144},
      {"DeepSeek-R1-Distill-Llama-8B", 131072},    {"DeepSeek-R1-Distill-Llama-70B", 327680},
      {"DeepSeek-R1", 61 * (512 + 64) * 2},        {"DeepSeek-V2-Lite", 27 * (512 + 64) * 2},
      {"Qwen1.5-MoE-A2.7B", 2 * 24 * 16 * 128 * 2}};
  for (const auto& [name, bytes] : kKnown)
    EXPECT_EQ(kv_bytes_per_token(shape_of(name), KvType::bf16), bytes) << name;
}

TEST(KvBytes, AreWhatTheEnginesPagesTake) {
  for (const char* name :
       {"DeepSeek-R1-Distill-Qwen-1.5B", "DeepSeek-R1-Distill-Llama-70B", "Qwen2.5-0.5B"}) {
    const ModelShape s = shape_of(name);
    for (const KvType type : {KvType::bf16, KvType::q8}) {
      const kernels::KvLayout layout{type, static_cast<int>(s.num_key_value_heads),
                                     static_cast<int>(s.head_dim)};
      const uint64_t page = layout.page_bytes() * static_cast<uint64_t>(s.num_hidden_layers);
      EXPECT_EQ(kv_bytes(s, type, 1), page) << name;
      EXPECT_EQ(kv_bytes(s, type, 32), page) << name;
      EXPECT_EQ(kv_bytes(s, type, 33), 2 * page) << name;
    }
  }
}

TEST(MemoryPlan, MoreOfAnythingNeverTakesLess) {
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Qwen-7B");
  const Weights w = weights_of(s, "q4_k_m");
  for (const Runtime runtime : {Runtime::retort, Runtime::device}) {
    uint64_t before = 0;
    for (const int64_t context : {1, 31, 512, 513, 4096, 16384, 131072}) {
      const uint64_t now = plan_memory(s, w, {.context = context}, runtime).total();
      EXPECT_GE(now, before) << context;
      before = now;
    }
    before = 0;
    for (const int64_t users : {1, 2, 8, 64}) {
      const uint64_t now = plan_memory(s, w, {.users = users}, runtime).total();
      EXPECT_GT(now, before) << users;
      before = now;
    }
    before = 0;
    for (const char* format : {"q4_k", "q5_k", "q6_k", "q8_0", "bf16", "f32"}) {
      const uint64_t now = plan_memory(s, weights_of(s, format), {}, runtime).total();
      EXPECT_GT(now, before) << format;
      before = now;
    }
  }
}

TEST(MemoryPlan, TotalsAreTheSumsOfTheirParts) {
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Llama-8B");
  const Weights w = weights_of(s, "fp8");
  const MemoryPlan plan = plan_memory(s, w, {}, Runtime::retort);
  EXPECT_EQ(plan.weight_bytes(), w.bytes());
  uint64_t sum = plan.weight_bytes();
  for (const MemoryPart& part : plan.parts) sum += part.bytes;
  EXPECT_EQ(plan.total(), sum);
  EXPECT_LE(plan.resident(), plan.total());
}

TEST(MemoryPlan, RefusesAContextPastTheModels) {
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Qwen-1.5B");
  EXPECT_THROW(plan_memory(s, weights_of(s, "bf16"), {.context = 131073}, Runtime::device), Error);
  EXPECT_THROW(plan_memory(s, weights_of(s, "bf16"), {.users = 0}, Runtime::device), Error);
}

TEST(PerDevice, SharesAddUpToTheWholeAndCopies) {
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Llama-70B");
  const Weights w = weights_of(s, "bf16");
  const Load load;
  const MemoryPlan whole = plan_memory(s, w, load, Runtime::device);
  for (const Split split : {Split::tensor, Split::pipeline})
    for (const int n : {2, 4, 8}) {
      const MemoryPlan each = per_device(whole, s, load, split, n);
      EXPECT_LT(each.total(), whole.total());
      EXPECT_GE(each.weight_bytes() * static_cast<uint64_t>(n), whole.weight_bytes());
    }
  // Eight heads of keys and values on sixteen devices: one on each, none divided.
  EXPECT_DOUBLE_EQ(kv_share(s, Split::tensor, 8), 1.0 / 8);
  EXPECT_DOUBLE_EQ(kv_share(s, Split::tensor, 16), 1.0 / 8);
  EXPECT_DOUBLE_EQ(kv_share(shape_of("DeepSeek-R1"), Split::tensor, 8), 1.0);
}

TEST(Training, FullTuningTakes16BytesAParameterAndActivations) {
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Qwen-1.5B");
  const MemoryPlan plan = plan_training(s, {.sequence = 1024}, Runtime::device);
  EXPECT_EQ(plan.part_bytes("weights") + plan.part_bytes("gradients") + plan.part_bytes("optimiser"),
            16 * s.parameters());
  const MemoryPlan again = plan_training(s, {.sequence = 1024, .recomputation = true}, Runtime::device);
  EXPECT_LT(again.part_bytes("activations"), plan.part_bytes("activations") / 10);
  const MemoryPlan adapters =
      plan_training(s, {.tuning = Tuning::adapter, .sequence = 1024}, Runtime::device);
  EXPECT_LT(adapters.part_bytes("optimiser"), plan.part_bytes("optimiser") / 50);
}

}  // namespace
}  // namespace retort::plan
