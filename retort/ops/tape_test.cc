#include "retort/ops/tape.h"

#include <gtest/gtest.h>

#include <string>

#include "retort/ops/gradient_check.h"

namespace retort {
namespace {

Tensor of(float value) {
  Tensor x = Tensor::owned(DType::f32, {1});
  x.f32()[0] = value;
  return x;
}

/// Adds `value` to the sink of x, as an op's backward does.
void flow(Tape& tape, const Tensor& x, float value) {
  const Tape::Sink sink = tape.sink(x);
  sink.gradient.f32()[0] = sink.empty ? value : sink.gradient.f32()[0] + value;
}

TEST(TapeTest, TheFirstWriterOverwritesAndTheOthersAdd) {
  TapeMachine m;
  const Tensor x = of(0);
  const Tape::Sink first = m.tape.sink(x);
  EXPECT_TRUE(first.empty);
  first.gradient.f32()[0] = 5;
  const Tape::Sink second = m.tape.sink(x);
  EXPECT_FALSE(second.empty);
  EXPECT_EQ(second.gradient.f32(), first.gradient.f32());
  EXPECT_EQ(m.tape.gradient(x).f32()[0], 5);
}

TEST(TapeTest, RecordsArePlayedFromTheLastToTheFirst) {
  TapeMachine m;
  const Tensor x = of(0), y = of(0), z = of(0);
  std::string played;
  m.tape.record(y, [&](Context& c) {
    played += "y";
    flow(*c.tape, x, 2 * c.tape->gradient(y).f32()[0]);
  });
  m.tape.record(z, [&](Context& c) {
    played += "z";
    flow(*c.tape, y, 3 * c.tape->gradient(z).f32()[0]);
  });
  flow(m.tape, z, 1);
  m.tape.backward(m.ctx);
  EXPECT_EQ(played, "zy");
  EXPECT_EQ(m.tape.gradient(x).f32()[0], 6);
  m.tape.backward(m.ctx);
  EXPECT_EQ(played, "zy") << "records are gone after they were played";
}

TEST(TapeTest, AnOpThatNothingDependsOnIsNotPlayed) {
  TapeMachine m;
  const Tensor x = of(0), aside = of(0), y = of(0);
  bool played = false;
  m.tape.record(aside, [&](Context&) { played = true; });
  m.tape.record(y, [&](Context& c) { flow(*c.tape, x, c.tape->gradient(y).f32()[0]); });
  flow(m.tape, y, 4);
  m.tape.backward(m.ctx);
  EXPECT_FALSE(played);
  EXPECT_EQ(m.tape.gradient(x).f32()[0], 4);
}

TEST(TapeTest, AnOpOfManyOutputsIsPlayedIfOneIsReached) {
  TapeMachine m;
  const Tensor x = of(0), outputs[] = {of(0), of(0)};
  m.tape.record(outputs, [&](Context& c) {
    EXPECT_EQ(c.tape->gradient(outputs[0]).bytes(), nullptr);
    flow(*c.tape, x, c.tape->gradient(outputs[1]).f32()[0]);
  });
  flow(m.tape, outputs[1], 7);
  m.tape.backward(m.ctx);
  EXPECT_EQ(m.tape.gradient(x).f32()[0], 7);
}

TEST(TapeTest, AnOpInPlacePassesItsGradientOn) {
  TapeMachine m;
  const Tensor x = of(0), y = of(0);
  m.tape.record(y, [&](Context& c) { flow(*c.tape, x, c.tape->gradient(y).f32()[0]); });
  m.tape.record(
      y, [&](Context& c) { c.tape->gradient(y).f32()[0] *= 10; }, /*in_place=*/true);
  flow(m.tape, y, 3);
  m.tape.backward(m.ctx);
  EXPECT_EQ(m.tape.gradient(x).f32()[0], 30);
}

TEST(TapeTest, GradientsOfOutputsAreGivenBackAndRecycled) {
  TapeMachine m;
  std::vector<Tensor> chain = {of(0), of(0), of(0), of(0)};
  std::vector<const float*> used;
  for (size_t i = 1; i < chain.size(); ++i)
    m.tape.record(chain[i], [&, i](Context& c) {
      used.push_back(c.tape->gradient(chain[i]).f32());
      flow(*c.tape, chain[i - 1], 1);
    });
  flow(m.tape, chain.back(), 1);
  m.tape.backward(m.ctx);
  ASSERT_EQ(used.size(), 3u);
  EXPECT_EQ(used[2], used[0]) << "two buffers take turns";
  EXPECT_EQ(m.tape.gradient(chain[2]).bytes(), nullptr);
}

TEST(TapeTest, ParametersAreAddedToAndStayWatched) {
  TapeMachine m;
  const Tensor w = of(0), gradient = of(100);
  EXPECT_FALSE(m.tape.parameter(w.bytes()));
  m.tape.watch(w.bytes(), gradient);
  m.tape.reset();
  ASSERT_TRUE(m.tape.parameter(w.bytes()));
  EXPECT_EQ(m.tape.parameter(w.bytes())->f32(), gradient.f32());
  EXPECT_EQ(gradient.f32()[0], 100);
}

TEST(TapeTest, ResetForgetsRecordsAndGradients) {
  TapeMachine m;
  const Tensor x = of(0), y = of(0);
  bool played = false;
  m.tape.record(y, [&](Context&) { played = true; });
  flow(m.tape, y, 1);
  m.tape.reset();
  EXPECT_EQ(m.tape.gradient(y).bytes(), nullptr);
  flow(m.tape, x, 1);
  m.tape.backward(m.ctx);
  EXPECT_FALSE(played);
}

TEST(TapeDeathTest, ATensorSeenInTwoShapesStopsTheProgram) {
  TapeMachine m;
  const Tensor x = Tensor::owned(DType::f32, {2, 3});
  m.tape.sink(x);
  EXPECT_DEATH(m.tape.sink(Tensor(DType::f32, {3, 2}, x.bytes())), "internal check failed");
}

}  // namespace
}  // namespace retort
