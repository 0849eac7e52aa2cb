#include "retort/plan/time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "retort/base/error.h"
#include "retort/plan/catalogue.h"
#include "retort/plan/queue.h"
#include "retort/plan/recommendation.h"
#include "retort/plan/what_if.h"

namespace retort::plan {
namespace {

/// A device whose figures make arithmetic by hand easy: 100 GB/s, 1 Tflop/s, all of both reached, no
/// overhead.
Device round_device() {
  Device d;
  d.name = "round";
  d.memory_bytes = {1e12, Obtained::published, "made up"};
  d.read_bytes_per_second = {100e9, Obtained::published, "made up"};
  for (auto& peak : d.peaks) peak = Fact{1e12, Obtained::published, "made up"};
  for (auto* list : {&d.efficiencies.decode, &d.efficiencies.prefill})
    for (Efficiency& e : *list) e = {1, 1, 1, Obtained::published, "made up"};
  d.link = Link{"link", {10e9, Obtained::published, "made up"}, {1e-6, Obtained::published, "made up"}};
  return d;
}

ModelShape shape_of(std::string_view name) {
  return *published_shape(name);
}

TEST(TimeModel, DecodeReadsTheWeightsOnceAndTheCacheOfEach) {
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Qwen-1.5B");
  const Weights w = weights_of(s, "bf16");
  const TimeModel time(s, w, KvType::bf16, {round_device(), 1});
  const double weights = static_cast<double>(w.bytes() - w.bytes(Group::embedding));
  EXPECT_NEAR(time.decode(1, 1000).seconds(), (weights + 28672.0 * 1000) / 100e9, 1e-9);
  EXPECT_NEAR(time.decode(4, 1000).seconds(), (weights + 4 * 28672.0 * 1000) / 100e9, 1e-9);
}

TEST(TimeModel, PrefillComputesTwoOperationsAParameterAndAttention) {
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Llama-8B");
  const Weights w = weights_of(s, "bf16");
  const TimeModel time(s, w, KvType::bf16, {round_device(), 1}, Split::tensor, 512);
  double layers = 0;
  for (const ShapeTensor& t : s.tensors())
    if (t.layer >= 0 && !t.is_vector()) layers += static_cast<double>(t.elements());
  // All operations are of one class, and outweigh reading: the head's one row of logits is among them.
  const double head = 2.0 * 128256 * 4096, attention = 4.0 * 32 * 32 * 128 * 512 * 512 / 2;
  EXPECT_NEAR(time.prefill_seconds(512), (2 * layers * 512 + head + attention) / 1e12, 1e-6);
}

TEST(TimeModel, AMixtureReadsTheExpertsThatItsTokensTouch) {
  const ModelShape s = shape_of("Qwen1.5-MoE-A2.7B");
  const Weights w = weights_of(s, "bf16");
  const TimeModel time(s, w, KvType::bf16, {round_device(), 1});
  const double experts = static_cast<double>(w.bytes(Group::experts));
  const double rest = static_cast<double>(w.bytes() - w.bytes(Group::embedding)) - experts;
  EXPECT_NEAR(time.decode(1, 0).read_bytes, rest + experts * 4 / 60, 1);
  const double touched = 1 - std::pow(56.0 / 60, 8);
  EXPECT_NEAR(time.decode(8, 0).read_bytes, rest + experts * touched, 1);
}

TEST(TimeModel, MoreTokensNeverTakeLessTime) {
  const ModelShape s = shape_of("DeepSeek-R1");
  const Weights w = weights_of(s, "fp8-block");
  const TimeModel time(s, w, KvType::bf16, {round_device(), 1});
  double before = 0;
  for (const int64_t batch : {1, 2, 8, 64, 512}) {
    EXPECT_GT(time.decode(batch, 1024).seconds(), before);
    before = time.decode(batch, 1024).seconds();
  }
  before = 0;
  for (const int64_t n : {1, 100, 512, 513, 4096}) {
    EXPECT_GT(time.prefill_seconds(n), before);
    before = time.prefill_seconds(n);
  }
}

TEST(TimeModel, TwoDevicesShareTheWorkAndTalk) {
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Llama-70B");
  const Weights w = weights_of(s, "bf16");
  const StepTime one = TimeModel(s, w, KvType::bf16, {round_device(), 1}).decode(1, 0);
  const StepTime two = TimeModel(s, w, KvType::bf16, {round_device(), 2}).decode(1, 0);
  EXPECT_NEAR(two.products, one.products / 2, 1e-12);
  // 160 all-reduces in a ring of two: 16,384 bytes / 10 GB/s + 2 x 1 us each.
  EXPECT_NEAR(two.communication, 160 * (16384 / 10e9 + 2e-6), 1e-12);
  Device alone = round_device();
  alone.link.reset();
  EXPECT_THROW(TimeModel(s, w, KvType::bf16, {alone, 2}), Error);
}

TEST(Queue, ALoneRequestWaitsForItsOwnStepsOnly) {
  const StepSeconds seconds = [](const StepWork& work) { return 0.01 * work.prefill_tokens / 100 + 0.02; };
  const Traffic traffic{.rate = 1e-6, .prompt_tokens = 100, .answer_tokens = 10, .requests = 1};
  const QueueResult q = simulate_queue(seconds, traffic, 1000, {});
  EXPECT_NEAR(q.between_token.p50, 0.02, 1e-9);
  EXPECT_EQ(q.preemptions, 0);
  EXPECT_DOUBLE_EQ(q.mean_running, 1);
}

TEST(Queue, WaitingGrowsWithTheRate) {
  const StepSeconds seconds = [](const StepWork&) { return 0.02; };
  double before = 0;
  for (const double rate : {0.5, 5.0, 50.0}) {
    const QueueResult q = simulate_queue(seconds, {.rate = rate, .prompt_tokens = 100, .answer_tokens = 100},
                                         10000, {.max_running = 8});
    EXPECT_GE(q.first_token.p95, before);
    before = q.first_token.p95;
  }
  EXPECT_GT(before, 1);
}

TEST(Queue, FewPagesPreemptAndStillFinish) {
  const StepSeconds seconds = [](const StepWork&) { return 0.02; };
  const Traffic traffic{.rate = 100, .prompt_tokens = 64, .answer_tokens = 200, .requests = 40};
  const QueueResult tight = simulate_queue(seconds, traffic, 30, {});
  const QueueResult roomy = simulate_queue(seconds, traffic, 3000, {});
  EXPECT_GT(tight.preemptions, 0);
  EXPECT_LE(tight.most_pages, 30);
  EXPECT_EQ(roomy.preemptions, 0);
  EXPECT_GT(tight.whole.p95, roomy.whole.p95);
  EXPECT_THROW(simulate_queue(seconds, traffic, 5, {}), Error);
}

TEST(Queue, TheHighestRateHoldsAndALittleMoreDoesNot) {
  const StepSeconds seconds = [](const StepWork& work) { return 0.01 + 1e-4 * work.tokens(); };
  const Traffic traffic{.prompt_tokens = 200, .answer_tokens = 100, .requests = 100};
  const double rate = highest_rate(seconds, traffic, 10000, {.max_running = 8}, 0.5);
  ASSERT_GT(rate, 0);
  Traffic at = traffic;
  at.rate = rate;
  EXPECT_LE(simulate_queue(seconds, at, 10000, {.max_running = 8}).first_token.p95, 0.5);
  at.rate = 1.5 * rate;
  EXPECT_GT(simulate_queue(seconds, at, 10000, {.max_running = 8}).first_token.p95, 0.5);
}

TEST(Recommendation, TheMinimumFitsAndNothingSmallerDoes) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Qwen-7B");
  const Weights w = weights_of(s, "bf16");
  const auto choice = minimum_device(s, w, {}, catalogue.devices(), Split::tensor);
  ASSERT_TRUE(choice.has_value());
  EXPECT_TRUE(fits(choice->memory, choice->devices, 0.05));
  for (const Device& device : catalogue.devices()) {
    if (device.kind != DeviceKind::gpu || device.memory_bytes.value >= choice->devices.memory_bytes())
      continue;
    EXPECT_FALSE(fits(plan_memory(s, w, {}, Runtime::device), {device, 1}, 0.05)) << device.name;
  }
}

TEST(Recommendation, TheRecommendedDeviceMeetsItsTargetInFourFifthsOfItsMemory) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  const ModelShape s = shape_of("DeepSeek-R1-Distill-Qwen-14B");
  const Weights w = weights_of(s, "fp8");
  const Load load{.users = 4};
  const auto choice = recommended_device(s, w, load, {}, catalogue.devices(), Split::tensor);
  ASSERT_TRUE(choice.has_value());
  EXPECT_TRUE(fits(choice->memory, choice->devices, 0.2));
  const TimeModel time(s, w, load.kv, choice->devices);
  EXPECT_GE(1 / time.decode(load.users, load.context).seconds(), Target{}.decode_tokens_per_second);
}

TEST(WhatIf, UnknownKeysAndValuesThatMeanNothingAreRefused) {
  for (const char* bad : {"bandwith=2", "bandwidth", "bandwidth=", "bandwidth=-1", "bandwidth=0",
                          "num_hidden_layers=2.5", "num_hidden_layers=nan", "=3"})
    EXPECT_THROW(parse_what_if(bad), Error) << bad;
  Device device = round_device();
  apply_what_ifs(parse_what_if("bandwidth=2"), device);
  EXPECT_DOUBLE_EQ(device.read_bytes_per_second.value, 200e9);
  EXPECT_EQ(device.read_bytes_per_second.obtained, Obtained::predicted);
}

}  // namespace
}  // namespace retort::plan
