// The ops that go row by row or value by value: few rows on the caller, many on all threads, the same bits.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "retort/base/random.h"
#include "retort/ops/add.h"
#include "retort/ops/rms_norm.h"
#include "retort/ops/softmax.h"
#include "retort/ops/swiglu.h"

namespace retort {
namespace {

Tensor random_tensor(int64_t rows, int64_t columns, uint64_t seed) {
  Random random(seed);
  Tensor x = Tensor::owned(DType::f32, {rows, columns});
  for (int64_t i = 0; i < rows * columns; ++i) x.f32()[i] = 2.0f * random.normal();
  return x;
}

/// What op returns on a pool of so many threads, copied out of the arena.
std::vector<float> on_threads(int threads, const std::function<Tensor(Context&)>& op) {
  ThreadPool pool(threads);
  Arena arena;
  auto table = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, table};
  Tensor y = op(ctx);
  return {y.f32(), y.f32() + y.shape().elements()};
}

struct Shape2 {
  int64_t rows, columns;
};
class RowOps : public ::testing::TestWithParam<Shape2> {
 protected:
  Tensor x = random_tensor(GetParam().rows, GetParam().columns, 1);
  Tensor y = random_tensor(GetParam().rows, GetParam().columns, 2);
  int64_t rows = GetParam().rows, columns = GetParam().columns;
};

TEST_P(RowOps, RmsNorm) {
  Tensor w = random_tensor(1, columns, 3);
  auto op = [&](Context& ctx) { return rms_norm(ctx, x, w, 1e-6); };
  auto z = on_threads(2, op);
  for (int64_t i = 0; i < rows; ++i) {
    double squares = 0;
    for (int64_t j = 0; j < columns; ++j) squares += std::pow(x.row(i)[j], 2);
    for (int64_t j = 0; j < columns; ++j)
      ASSERT_NEAR(z[static_cast<size_t>(i * columns + j)],
                  x.row(i)[j] / std::sqrt(squares / static_cast<double>(columns) + 1e-6) * w.f32()[j], 2e-5);
  }
  EXPECT_EQ(z, on_threads(1, op));
}

TEST_P(RowOps, Swiglu) {
  auto op = [&](Context& ctx) { return swiglu(ctx, x, y); };
  auto z = on_threads(2, op);
  for (size_t j = 0; j < z.size(); ++j) {
    double gate = x.f32()[j];
    ASSERT_NEAR(z[j], gate / (1 + std::exp(-gate)) * y.f32()[j], 1e-4);
  }
  EXPECT_EQ(z, on_threads(3, op));
}

TEST_P(RowOps, AddInPlace) {
  std::vector<float> before(x.f32(), x.f32() + x.shape().elements());
  auto z = on_threads(2, [&](Context& ctx) {
    add_in_place(ctx, y, x);
    return x;
  });
  for (size_t j = 0; j < z.size(); ++j) ASSERT_EQ(z[j], before[j] + y.f32()[j]);
}

TEST_P(RowOps, Softmax) {
  auto op = [&](Context& ctx) { return softmax(ctx, x); };
  auto z = on_threads(2, op);
  for (int64_t i = 0; i < rows; ++i) {
    double sum = 0, mass = 0;
    for (int64_t j = 0; j < columns; ++j) sum += std::exp(static_cast<double>(x.row(i)[j]));
    for (int64_t j = 0; j < columns; ++j) {
      float p = z[static_cast<size_t>(i * columns + j)];
      mass += p;
      ASSERT_NEAR(p, std::exp(static_cast<double>(x.row(i)[j])) / sum, 1e-5 * p + 1e-9);
    }
    ASSERT_NEAR(mass, 1.0, 1e-5);
  }
  EXPECT_EQ(z, on_threads(1, op));
}

INSTANTIATE_TEST_SUITE_P(Shapes, RowOps,
                         ::testing::Values(Shape2{1, 1}, Shape2{1, 100}, Shape2{3, 1536}, Shape2{200, 333},
                                           Shape2{64, 4096}),
                         [](const auto& p) {
                           return std::to_string(p.param.rows) + "x" + std::to_string(p.param.columns);
                         });

TEST(RowOpsDeathTest, ShapesThatDisagreeStopTheProgram) {
  Tensor x = random_tensor(2, 8, 1), y = random_tensor(2, 9, 2);
  auto run = [&](const std::function<void(Context&)>& op) {
    on_threads(1, [&](Context& ctx) {
      op(ctx);
      return x;
    });
  };
  EXPECT_DEATH(run([&](Context& ctx) { add_in_place(ctx, x, y); }), "internal check failed");
  EXPECT_DEATH(run([&](Context& ctx) { swiglu(ctx, x, y); }), "internal check failed");
  EXPECT_DEATH(run([&](Context& ctx) { rms_norm(ctx, x, y, 1e-6); }), "internal check failed");
}

}  // namespace
}  // namespace retort
