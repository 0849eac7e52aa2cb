#include "retort/train/head_loss.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "retort/train/small_models.h"

namespace retort::train {
namespace {

/// Hidden states, a head, targets and a teacher of both kinds, in one dtype.
struct Problem {
  Tensor hidden, teacher_hidden;
  Parameter head, teacher_head;
  std::vector<int32_t> targets, top_ids;
  std::vector<uint8_t> predicted;
  std::vector<float> top_log_probs;

  Problem(DType products, int64_t rows, int64_t d, int64_t vocab)
      : head(make_parameter("head", {vocab, d}, products, true)),
        teacher_head(make_parameter("teacher", {vocab, d + 3}, products, true)) {
    const DType real = products == DType::f64 ? DType::f64 : DType::f32;
    hidden = random_real(real, {rows, d}, 1);
    teacher_hidden = random_real(real, {rows, d + 3}, 2);
    fill(head, 3, 1 / std::sqrt(static_cast<double>(d)));
    fill(teacher_head, 4, 1 / std::sqrt(static_cast<double>(d)));
    Random random(5);
    for (int64_t i = 0; i < rows; ++i) {
      targets.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab))));
      predicted.push_back(i % 3 != 1);
      for (int32_t k : {0, 1, 2}) {
        top_ids.push_back(static_cast<int32_t>((targets.back() + 3 * k) % vocab));
        top_log_probs.push_back(-0.8f - static_cast<float>(k) - random.uniform(0, 0.1f));
      }
    }
  }

  static void fill(Parameter& p, uint64_t seed, double scale) {
    const Tensor values = random_real(DType::f32, p.master.shape(), seed, scale);
    // BF16 values, so that all dtypes hold the same weights.
    for (int64_t i = 0; i < values.shape().elements(); ++i)
      set_value(p.master, i, static_cast<double>(to_f32(to_bf16(values.f32()[i]))));
  }

  TokenLoss loss(TapeMachine& machine, const LossMix& mix, bool stored, bool with_tape) {
    refresh(machine.ctx, std::span(&head, 1));
    refresh(machine.ctx, std::span(&teacher_head, 1));
    const Linear layer = trainable_linear(head), teacher = trainable_linear(teacher_head);
    HeadTargets t{.targets = targets, .predicted = predicted};
    if (mix.needs_teacher() && stored) {
      t.top_k = 3;
      t.top_ids = top_ids;
      t.top_log_probs = top_log_probs;
    } else if (mix.needs_teacher()) {
      t.teacher_hidden = &teacher_hidden;
      t.teacher_head = &teacher;
    }
    Context ctx = machine.ctx;
    if (with_tape)
      machine.tape.watch(head.value.bytes(), head.gradient);
    else
      ctx.tape = nullptr;
    return head_loss(ctx, hidden, layer, t, mix, kDenominator);
  }

  static constexpr double kDenominator = 17;
};

const LossMix kMixes[] = {
    {},
    {.cross_entropy = 0.4, .forward_kl = 0.6, .temperature = 2},
    {.cross_entropy = 0,
     .forward_kl = 0.1,
     .reverse_kl = 0.5,
     .jsd = 0.7,
     .jsd_beta = 0.2,
     .temperature = 0.8},
};

TEST(HeadLoss, GradientsEqualFiniteDifferences) {
  for (const LossMix& mix : kMixes)
    for (bool stored : {true, false}) {
      Problem p(DType::f64, 7, 5, 11);
      TapeMachine machine;
      const auto value = [&] {
        return p.loss(machine, mix, stored, false).total(mix) / Problem::kDenominator;
      };
      p.loss(machine, mix, stored, true);
      const Tensor found = machine.tape.gradient(p.hidden);
      EXPECT_LT(relative_difference(found, numeric_gradient(p.hidden, value)), 1e-8);
      EXPECT_LT(relative_difference(p.head.gradient, numeric_gradient(p.head.master, value)), 1e-8);
    }
}

TEST(HeadLoss, Bf16IsWithin1PercentOfDouble) {
  for (const LossMix& mix : kMixes)
    for (bool stored : {true, false}) {
      // Several chunks of rows.
      Problem exact(DType::f64, 400, 64, 5000), rounded(DType::bf16, 400, 64, 5000);
      TapeMachine a, b;
      const double wanted = exact.loss(a, mix, stored, true).total(mix);
      const double found = rounded.loss(b, mix, stored, true).total(mix);
      EXPECT_NEAR(found, wanted, 1e-3 * wanted);
      EXPECT_LT(relative_difference(b.tape.gradient(rounded.hidden), a.tape.gradient(exact.hidden)), 1e-2);
      EXPECT_LT(relative_difference(rounded.head.gradient, exact.head.gradient), 1e-2);
    }
}

TEST(HeadLoss, IsTheSameBitsForAnyThreads) {
  const LossMix& mix = kMixes[1];
  Problem one(DType::bf16, 150, 48, 777), four(DType::bf16, 150, 48, 777);
  TapeMachine a(1), b(4);
  EXPECT_EQ(one.loss(a, mix, true, true).total(mix), four.loss(b, mix, true, true).total(mix));
  const auto same = [](const Tensor& x, const Tensor& y) {
    return std::memcmp(x.bytes(), y.bytes(), x.view().bytes()) == 0;
  };
  EXPECT_TRUE(same(a.tape.gradient(one.hidden), b.tape.gradient(four.hidden)));
  EXPECT_TRUE(same(one.head.gradient, four.head.gradient));
}

TEST(HeadLoss, RowsThatDoNotCountGetNoGradientAndOthersKeepTheirs) {
  Problem p(DType::bf16, 9, 16, 40);
  TapeMachine machine;
  // Something else has already flowed back.
  const Tape::Sink sink = machine.tape.sink(p.hidden);
  for (int64_t i = 0; i < 9 * 16; ++i) sink.gradient.f32()[i] = 1000;
  p.loss(machine, {}, true, true);
  for (int64_t i = 0; i < 9; ++i)
    EXPECT_EQ(machine.tape.gradient(p.hidden).row(i)[0] == 1000.0f, p.predicted[static_cast<size_t>(i)] == 0)
        << i;
}

TEST(HeadLoss, WithoutATapeOnlyTheValueIsComputed) {
  Problem p(DType::bf16, 9, 16, 40);
  TapeMachine machine;
  const double with = p.loss(machine, {}, true, true).total({});
  EXPECT_EQ(p.loss(machine, {}, true, false).total({}), with);
}

}  // namespace
}  // namespace retort::train
