#include "retort/train/distillation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "retort/base/error.h"
#include "retort/train/small_models.h"

namespace retort::train {
namespace {

MicroBatch one_batch(const Dataset& dataset, int64_t sequences) {
  return Batches(dataset, {.sequences = sequences, .virtual_shards = 1}).at(0).shards[0][0];
}

double dot(std::span<const Parameter> parameters, const std::vector<Tensor>& direction) {
  double sum = 0;
  for (size_t p = 0; p < parameters.size(); ++p)
    for (int64_t i = 0; i < direction[p].shape().elements(); ++i)
      sum += value_at(parameters[p].gradient, i) * value_at(direction[p], i);
  return sum;
}

TEST(Distillation, TheWholeModelsGradientIsItsDirectionalDerivative) {
  for (bool taught : {false, true}) {
    TapeMachine machine;
    TrainableDecoder student(small_config(), DType::f64);
    student.initialise(machine.ctx, 1);
    const LossMix mix =
        taught ? LossMix{.cross_entropy = 0.3, .forward_kl = 0.5, .jsd = 0.5, .temperature = 2} : LossMix{};
    Distillation objective(machine.ctx, student, {.mix = mix});
    const Dataset dataset = random_dataset(4, 48, 3, taught ? 3 : 0);
    const MicroBatch batch = one_batch(dataset, 4);
    for (const auto& group : objective.parameters()) watch(machine.tape, group);
    objective.run(machine.ctx, batch, 30);
    std::vector<Tensor> direction;
    for (const Parameter& p : student.parameters())
      direction.push_back(random_real(DType::f64, p.master.shape(), 100 + direction.size()));
    const double found = dot(student.parameters(), direction);
    TapeMachine plain;
    plain.ctx.tape = nullptr;
    double at = 0;
    const auto value = [&](double step) {
      for (size_t p = 0; p < direction.size(); ++p) {
        const Tensor& master = student.parameters()[p].master;
        for (int64_t i = 0; i < master.shape().elements(); ++i)
          set_value(master, i, value_at(master, i) + (step - at) * value_at(direction[p], i));
      }
      at = step;
      student.refresh(plain.ctx);
      plain.arena.reset();
      return objective.run(plain.ctx, batch, 30).total;
    };
    const double h = 1e-4;
    const double derivative = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h);
    EXPECT_NEAR(found, derivative, 1e-6 * std::abs(derivative)) << "with a teacher: " << taught;
  }
}

TEST(Distillation, AMixturesGradientIsItsDirectionalDerivativeWithItsRoutersLosses) {
  TapeMachine machine;
  TrainableDecoder student(small_mixture(), DType::f64);
  student.initialise(machine.ctx, 1);
  Distillation objective(machine.ctx, student, {.router_aux_loss_coef = 0.5, .router_z_loss_coef = 0.5});
  const Dataset dataset = random_dataset(4, 48, 3);
  const MicroBatch batch = one_batch(dataset, 4);
  for (const auto& group : objective.parameters()) watch(machine.tape, group);
  const LossReport report = objective.run(machine.ctx, batch, 30);
  EXPECT_GT(report.total, report.tokens.cross_entropy / 30 + 0.5);
  std::vector<Tensor> direction;
  for (const Parameter& p : student.parameters())
    direction.push_back(random_real(DType::f64, p.master.shape(), 100 + direction.size()));
  const double found = dot(student.parameters(), direction);
  // Routers' losses are only there with a tape; nothing is watched by this one.
  TapeMachine other;
  double at = 0;
  const auto value = [&](double step) {
    for (size_t p = 0; p < direction.size(); ++p) {
      const Tensor& master = student.parameters()[p].master;
      for (int64_t i = 0; i < master.shape().elements(); ++i)
        set_value(master, i, value_at(master, i) + (step - at) * value_at(direction[p], i));
    }
    at = step;
    student.refresh(other.ctx);
    other.tape.reset();
    other.arena.reset();
    return objective.run(other.ctx, batch, 30).total;
  };
  const double h = 1e-5;  // the choice of experts does not change within it
  const double derivative = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h);
  EXPECT_NEAR(found, derivative, 1e-6 * std::abs(derivative));
}

TEST(Distillation, Bf16IsWithin2PercentOfDouble) {
  TapeMachine machine;
  TrainableDecoder exact(small_config(), DType::f64), rounded(small_config());
  exact.initialise(machine.ctx, 1);
  rounded.initialise(machine.ctx, 1);
  const Dataset dataset = random_dataset(8, 48, 3);
  const MicroBatch batch = one_batch(dataset, 8);
  const auto run = [&](TrainableDecoder& student) {
    Distillation objective(machine.ctx, student, {});
    machine.tape.reset();
    machine.arena.reset();
    watch(machine.tape, student.parameters());
    return objective.run(machine.ctx, batch, 50).total;
  };
  const double wanted = run(exact);
  EXPECT_NEAR(run(rounded), wanted, 1e-3 * wanted);
  double difference = 0, size = 0;
  for (size_t p = 0; p < exact.parameters().size(); ++p) {
    const Tensor &a = rounded.parameters()[p].gradient, &b = exact.parameters()[p].gradient;
    for (int64_t i = 0; i < b.shape().elements(); ++i) {
      difference += std::pow(value_at(a, i) - value_at(b, i), 2);
      size += std::pow(value_at(b, i), 2);
    }
  }
  EXPECT_LT(std::sqrt(difference / size), 2e-2);
}

ModelConfig teacher_config() {
  ModelConfig c = small_config(48, 3);
  c.hidden_size = 64;
  c.num_attention_heads = 4;
  c.num_key_value_heads = 2;
  return c;
}

DistillationOptions all_losses(const Decoder& teacher) {
  return {.mix = LossMix{.cross_entropy = 0.5, .forward_kl = 0.5},
          .teacher = &teacher,
          .hidden_weight = 1,
          .hidden_layers = uniform_layer_map(2, 3),
          .relation_weight = 0.5,
          .relation_layer = {1, 1},
          .relation_heads = 2};
}

TEST(Distillation, LayerLossesCountAsMuchAsTheirWeightsSay) {
  TapeMachine machine;
  TrainableDecoder student(small_config()), teacher(teacher_config());
  student.initialise(machine.ctx, 1);
  teacher.initialise(machine.ctx, 2);
  const Dataset dataset = random_dataset(6, 48, 3);
  const MicroBatch batch = one_batch(dataset, 6);
  const DistillationOptions options = all_losses(teacher.decoder());
  Distillation objective(machine.ctx, student, options);
  for (const auto& group : objective.parameters()) watch(machine.tape, group);
  const LossReport report = objective.run(machine.ctx, batch, 40);
  const double answers = report.tokens.total(*options.mix) / 40;
  EXPECT_GT(report.hidden, 0);
  EXPECT_GT(report.relations, 0);
  EXPECT_NEAR(report.total, 2.5 * answers, 1e-9 * answers);
  // Everything is reached, the projection too.
  for (const auto& group : objective.parameters())
    for (const Parameter& p : group) {
      double size = 0;
      for (int64_t i = 0; i < p.gradient.shape().elements(); ++i) size += std::abs(value_at(p.gradient, i));
      EXPECT_GT(size, 0) << p.name;
    }
}

TEST(Distillation, LayersAloneCanBeMatched) {
  TapeMachine machine;
  TrainableDecoder student(small_config()), teacher(teacher_config());
  student.initialise(machine.ctx, 1);
  teacher.initialise(machine.ctx, 2);
  const Dataset dataset = random_dataset(6, 48, 3);
  DistillationOptions options = all_losses(teacher.decoder());
  options.mix.reset();
  Distillation objective(machine.ctx, student, options);
  for (const auto& group : objective.parameters()) watch(machine.tape, group);
  const LossReport report = objective.run(machine.ctx, one_batch(dataset, 6), 40);
  EXPECT_EQ(report.tokens.cross_entropy, 0);
  EXPECT_NEAR(report.total, 1.5 * report.hidden, 1e-9 * report.hidden);
}

TEST(Distillation, MapsLayersAsTinyBertDoes) {
  const auto teachers = [](int64_t student, int64_t teacher) {
    std::vector<int64_t> layers;
    for (const LayerPair& pair : uniform_layer_map(student, teacher)) layers.push_back(pair.teacher);
    return layers;
  };
  EXPECT_THAT(teachers(4, 12), ::testing::ElementsAre(2, 5, 8, 11));
  EXPECT_THAT(teachers(3, 5), ::testing::ElementsAre(1, 2, 4));
  EXPECT_THAT(teachers(5, 3), ::testing::ElementsAre(0, 0, 1, 1, 2));
}

std::string refusal(TrainableDecoder& student, Context& ctx, const DistillationOptions& options) {
  try {
    Distillation objective(ctx, student, options);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Distillation, RefusesWhatDoesNotFit) {
  TapeMachine machine;
  TrainableDecoder student(small_config()), teacher(teacher_config()), other(small_config(64));
  EXPECT_THAT(refusal(student, machine.ctx, {.teacher = &other.decoder()}),
              ::testing::HasSubstr("the teacher has 64 tokens, the student 48"));
  DistillationOptions options = all_losses(teacher.decoder());
  options.hidden_layers = {{0, 3}};
  EXPECT_EQ(refusal(student, machine.ctx, options),
            "layers 0 of the student and 3 of the teacher are to be matched; they have 2 and 3");
  options = all_losses(teacher.decoder());
  options.relation_heads = 3;
  EXPECT_THAT(refusal(student, machine.ctx, options), ::testing::HasSubstr("relation_heads 3 must divide"));
  options.teacher = nullptr;
  EXPECT_THAT(refusal(student, machine.ctx, options), ::testing::HasSubstr("needs a teacher"));
}

TEST(Distillation, RefusesDataOfAnotherVocabulary) {
  TapeMachine machine;
  TrainableDecoder student(small_config());
  Distillation objective(machine.ctx, student, {});
  try {
    objective.run(machine.ctx, one_batch(random_dataset(6, 1000, 3), 6), 40);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(),
                ::testing::HasSubstr("the student's vocabulary 48 tokens: they do not belong together"));
  }
}

TEST(Distillation, FlopsAreTheUsualCount) {
  TapeMachine machine;
  TrainableDecoder student(small_config());
  Distillation objective(machine.ctx, student, {});
  MicroBatch batch{
      .tokens = {1, 2, 3}, .targets = {2, 3, 4}, .predicted = {1, 1, 1}, .document_begins = {0, 3}};
  // 6 per weight in a product and token; 12 per pair of tokens, layer and attention channel.
  const double products = 2 * (32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 64) + 48 * 32;
  EXPECT_DOUBLE_EQ(objective.flops(batch), 6 * products * 3 + 12 * 6 * 2 * 32);
}

}  // namespace
}  // namespace retort::train
