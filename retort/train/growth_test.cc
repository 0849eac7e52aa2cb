#include "retort/train/growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/formats/temporary_folder.h"
#include "retort/train/export.h"
#include "retort/train/small_models.h"

namespace retort::train {
namespace {

using testing::HasSubstr;

constexpr int64_t kVocab = 48;
const std::vector<int32_t> kFirst = {3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9, 7, 9}, kSecond = {18, 0, 7, 7, 47};
const std::span<const int32_t> kDocuments[] = {kFirst, kSecond};

class Growing : public TemporaryFolder {
 protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    machine.ctx.tape = nullptr;
    TrainableDecoder small(config());
    uint64_t seed = 0;
    for (Parameter& p : small.parameters()) {
      Random random(++seed);
      for (int64_t i = 0; i < p.master.shape().elements(); ++i)
        p.master.f32()[i] = (p.decay ? 0 : 1) + 0.2f * random.normal();
    }
    small.refresh(machine.ctx);
    export_model(dir / "small", small, {});
  }

  static ModelConfig config() { return small_config(kVocab); }
  Checkpoint checkpoint() const { return Checkpoint::open(dir / "small"); }
  Tensor logits(const TrainableDecoder& model) {
    return linear(machine.ctx, model.decoder().hidden_states(machine.ctx, kDocuments),
                  model.decoder().lm_head());
  }
  TrainableDecoder grown(DType products, uint64_t seed) {
    StudentRecipe recipe;
    recipe.intermediate_size = config().intermediate_size + 40;
    recipe.num_hidden_layers = config().num_hidden_layers + 2;
    TrainableDecoder student(grown_config(recipe, config(), "here"), products);
    grow(machine.ctx, student, checkpoint(), config(), seed);
    return student;
  }

  TapeMachine machine;
};

TEST_F(Growing, KeepsTheFunctionOfTheSmallerModel) {
  TrainableDecoder small(config(), DType::f32);
  small.load(machine.ctx, checkpoint());
  const TrainableDecoder student = grown(DType::f32, 1);
  EXPECT_EQ(student.config().num_hidden_layers, config().num_hidden_layers + 2);
  EXPECT_EQ(student.config().intermediate_size, config().intermediate_size + 40);
  EXPECT_GT(student.parameter_count(), small.parameter_count());
  const Tensor before = logits(small), after = logits(student);
  ASSERT_EQ(before.shape(), after.shape());
  double largest = 0;
  for (int64_t i = 0; i < before.shape().elements(); ++i) {
    EXPECT_NEAR(value_at(after, i), value_at(before, i), 1e-4);
    largest = std::max(largest, std::abs(value_at(before, i)));
  }
  EXPECT_GT(largest, 1);
}

TEST_F(Growing, WhatIsNewDependsOnTheSeedAndIsNotZero) {
  const TrainableDecoder a = grown(DType::f32, 5), same = grown(DType::f32, 5), other = grown(DType::f32, 6);
  const auto gate = [](const TrainableDecoder& model) {
    return model.find("model.layers.0.mlp.gate_proj.weight")->master;
  };
  EXPECT_EQ(relative_difference(gate(a), gate(same)), 0);
  EXPECT_GT(relative_difference(gate(a), gate(other)), 0.01);
  const Tensor down = a.find("model.layers.0.mlp.down_proj.weight")->master;
  EXPECT_NE(down.row(0)[0], 0);
  EXPECT_EQ(down.row(0)[down.columns() - 1], 0);
}

TEST_F(Growing, RefusesWhatIsSmallerQuantisedOrAMixture) {
  const auto refusal = [](const StudentRecipe& recipe, const ModelConfig& base) {
    return error_message([&] { grown_config(recipe, base, "recipe.json: student.grow_from"); });
  };
  StudentRecipe recipe;
  recipe.num_hidden_layers = 1;
  EXPECT_EQ(refusal(recipe, config()),
            "recipe.json: student.grow_from: its num_hidden_layers is 2, the student's 1: growing only makes "
            "larger; student.prune_from makes smaller");
  ModelConfig c = config();
  c.quantization.kind = QuantizationConfig::Kind::fp8_block;
  EXPECT_THAT(refusal({}, c), HasSubstr("quantised"));
  c = config();
  c.architecture = "mixtral";
  c.num_local_experts = 4;
  EXPECT_THAT(refusal({}, c), HasSubstr("a mixture; only dense models are grown"));
}

}  // namespace
}  // namespace retort::train
