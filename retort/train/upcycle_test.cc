#include "retort/train/upcycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "retort/base/error.h"
#include "retort/formats/temporary_folder.h"
#include "retort/ops/expert_load.h"
#include "retort/train/export.h"
#include "retort/train/small_models.h"

namespace retort::train {
namespace {

using testing::HasSubstr;

constexpr int64_t kVocab = 48, kExperts = 6;

const std::vector<int32_t> kFirst = {3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9, 7, 9}, kSecond = {18, 0, 7, 7, 47};
const std::span<const int32_t> kDocuments[] = {kFirst, kSecond};

Tensor logits_of(Context& ctx, const TrainableDecoder& model) {
  return linear(ctx, model.decoder().hidden_states(ctx, kDocuments), model.decoder().lm_head());
}

double largest_difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  double most = 0;
  for (int64_t i = 0; i < a.shape().elements(); ++i)
    most = std::max(most, std::abs(value_at(a, i) - value_at(b, i)));
  return most;
}

double largest(const Tensor& a) {
  double most = 0;
  for (int64_t i = 0; i < a.shape().elements(); ++i) most = std::max(most, std::abs(value_at(a, i)));
  return most;
}

class Upcycling : public TemporaryFolder {
 protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    machine.ctx.tape = nullptr;
    TrainableDecoder dense(small_config(kVocab));
    uint64_t seed = 0;
    for (Parameter& p : dense.parameters()) {
      Random random(++seed);
      for (int64_t i = 0; i < p.master.shape().elements(); ++i)
        p.master.f32()[i] = (p.decay ? 0 : 1) + 0.2f * random.normal();
    }
    dense.refresh(machine.ctx);
    export_model(dir / "dense", dense, {});
  }

  Checkpoint dense_checkpoint() const { return Checkpoint::open(dir / "dense"); }
  Tensor dense_logits(DType products) {
    dense_.emplace(small_config(kVocab), products);
    dense_->load(machine.ctx, dense_checkpoint());
    return logits_of(machine.ctx, *dense_);
  }
  TrainableDecoder upcycled(DType products, const UpcycleOptions& options) {
    TrainableDecoder student(upcycled_config(small_config(kVocab), kExperts, "here"), products);
    upcycle(machine.ctx, student, dense_checkpoint(), options);
    return student;
  }

  TapeMachine machine;

 private:
  std::optional<TrainableDecoder> dense_;
};

TEST_F(Upcycling, KeepsTheFunctionOfTheDenseModel) {
  const Tensor dense = dense_logits(DType::f32);
  EXPECT_GT(largest(dense), 1);
  const TrainableDecoder student = upcycled(DType::f32, {});
  ExpertLoad load(2, kExperts);
  machine.ctx.expert_load = &load;
  EXPECT_LT(largest_difference(logits_of(machine.ctx, student), dense), 1e-4);
  // One expert of each half for every token; and more than one pair is used.
  int64_t pairs = 0;
  for (int64_t e = 0; e < kExperts / 2; ++e) {
    EXPECT_EQ(load.count(0, e), load.count(0, e + kExperts / 2));
    pairs += load.count(0, e) > 0;
  }
  EXPECT_GT(pairs, 1);
}

TEST_F(Upcycling, InBf16OnlyTheOrderOfAdditionsDiffers) {
  // Halving and doubling are exact; what is rounded again is what each later product reads.
  const Tensor dense = dense_logits(DType::bf16);
  const TrainableDecoder student = upcycled(DType::bf16, {});
  EXPECT_LT(largest_difference(logits_of(machine.ctx, student), dense), 0.02 * largest(dense));
}

TEST_F(Upcycling, NoiseIsSeededAndSmallAndMakesCopiesDiffer) {
  const TrainableDecoder a = upcycled(DType::f32, {.noise = 0.01, .seed = 5}),
                         same = upcycled(DType::f32, {.noise = 0.01, .seed = 5}),
                         other = upcycled(DType::f32, {.noise = 0.01, .seed = 6});
  const Tensor dense = dense_logits(DType::f32), x = logits_of(machine.ctx, a);
  EXPECT_EQ(largest_difference(x, logits_of(machine.ctx, same)), 0);
  EXPECT_GT(largest_difference(x, logits_of(machine.ctx, other)), 0);
  EXPECT_GT(largest_difference(x, dense), 1e-4);
  EXPECT_LT(largest_difference(x, dense), 0.1 * largest(dense));
  const auto w1 = [&](int expert) {
    return a.find(fmt::format("model.layers.1.block_sparse_moe.experts.{}.w1.weight", expert))->master;
  };
  EXPECT_GT(relative_difference(w1(0), w1(1)), 0.01);
  EXPECT_LT(relative_difference(w1(0), w1(1)), 0.02);  // two copies of one half
  EXPECT_GT(relative_difference(w1(0), w1(3)), 0.5);   // the halves
}

TEST_F(Upcycling, TheExportHasTheConfigurationOfAMixtral) {
  const TrainableDecoder student = upcycled(DType::bf16, {});
  export_model(dir / "student", student, {});
  const ModelConfig config = read_model_config(Checkpoint::open(dir / "student"));
  EXPECT_EQ(config.architecture, "mixtral");
  EXPECT_EQ(config.intermediate_size, 32);
  EXPECT_EQ(config.num_local_experts, kExperts);
  EXPECT_EQ(config.num_experts_per_tok, 2);
}

std::string refusal(const ModelConfig& dense) {
  return error_message([&] { upcycled_config(dense, kExperts, "recipe.json: student.upcycle_from"); });
}

TEST(UpcycledConfig, RefusesWhatHasNoHalvesOrNoCounterpart) {
  ModelConfig c = small_config();
  c.intermediate_size = 63;
  EXPECT_EQ(refusal(c),
            "recipe.json: student.upcycle_from: its intermediate_size 63 is odd and has no halves");
  c = small_config();
  c.architecture = "qwen2";
  EXPECT_THAT(refusal(c), HasSubstr("its architecture is qwen2; a mixtral grows from a llama"));
  c = small_config();
  c.attention_output_bias = c.attention_bias = true;
  EXPECT_THAT(refusal(c), HasSubstr("its attention has biases"));
  c = small_config();
  c.quantization.kind = QuantizationConfig::Kind::fp8_block;
  EXPECT_THAT(refusal(c), HasSubstr("quantised"));
}

}  // namespace
}  // namespace retort::train
