#include "retort/train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "retort/base/check.h"
#include "retort/train/gradients.h"

namespace retort::train {
namespace {

constexpr int64_t kTaskElements = 32768;

std::span<float> elements(const Tensor& x) {
  return {x.f32(), static_cast<size_t>(x.shape().elements())};
}

bool all_finite(const Tensor& x) {
  const auto values = elements(x);
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

}  // namespace

Optimizer::Optimizer(ParameterGroups groups, const AdamWOptions& options)
    : groups_(std::move(groups)), options_(options) {
  check(options);
  for (const auto& group : groups_)
    for (Parameter& p : group) {
      RETORT_CHECK(p.master.dtype() == DType::f32);
      all_.push_back(
          {&p, Tensor::owned(DType::f32, p.master.shape()), Tensor::owned(DType::f32, p.master.shape())});
    }
}

double Optimizer::gradient_norm(ThreadPool& pool) const {
  double sum = 0;
  for (const Moments& m : all_) sum += sum_of_squares(pool, elements(m.parameter->gradient));
  return std::sqrt(sum);
}

std::optional<std::string> Optimizer::gradient_not_finite() const {
  for (auto m = all_.rbegin(); m != all_.rend(); ++m)
    if (!all_finite(m->parameter->gradient)) return m->parameter->name;
  return std::nullopt;
}

std::optional<std::string> Optimizer::master_not_finite() const {
  for (const Moments& m : all_)
    if (!all_finite(m.parameter->master)) return m.parameter->name;
  return std::nullopt;
}

void Optimizer::update(Context& ctx, int64_t step, double learning_rate, double gradient_scale) {
  struct Task {
    const Moments* moments;
    int64_t begin, end;
  };
  std::vector<Task> tasks;
  for (const Moments& m : all_) {
    const int64_t n = m.parameter->master.shape().elements();
    for (int64_t i = 0; i < n; i += kTaskElements) tasks.push_back({&m, i, std::min(n, i + kTaskElements)});
  }
  const AdamWStep decaying = adamw_step(options_, step, learning_rate, gradient_scale, true);
  const AdamWStep plain = adamw_step(options_, step, learning_rate, gradient_scale, false);
  ctx.pool.parallel_dynamic(static_cast<int64_t>(tasks.size()), [&](int64_t i, int) {
    const Task& task = tasks[static_cast<size_t>(i)];
    const Parameter& p = *task.moments->parameter;
    adamw_update(p.decay ? decaying : plain, task.begin, task.end, p.gradient.f32(), task.moments->mean.f32(),
                 task.moments->square.f32(), p.master.f32());
  });
  refresh(ctx);
}

std::vector<std::span<float>> Optimizer::gradients() const {
  std::vector<std::span<float>> all;
  for (const Moments& m : all_) all.push_back(elements(m.parameter->gradient));
  return all;
}

void Optimizer::clear_gradients(Context& ctx) const {
  for (const auto& group : groups_) retort::clear_gradients(ctx, group);
}

void Optimizer::refresh(Context& ctx) const {
  for (const auto& group : groups_) retort::refresh(ctx, group);
}

std::vector<StateTensor> Optimizer::state() const {
  std::vector<StateTensor> tensors;
  for (const Moments& m : all_) {
    tensors.push_back({"master." + m.parameter->name, m.parameter->master});
    tensors.push_back({"adam.m." + m.parameter->name, m.mean});
    tensors.push_back({"adam.v." + m.parameter->name, m.square});
  }
  return tensors;
}

}  // namespace retort::train
