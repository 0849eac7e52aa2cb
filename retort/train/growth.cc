#include "retort/train/growth.h"

#include <fmt/core.h>

#include <algorithm>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/train/stored_weights.h"

namespace retort::train {
namespace {

void fill_zero(const Tensor& x) {
  std::fill_n(x.f32(), x.shape().elements(), 0.0f);
}

/// Into the upper left of a matrix, or the beginning of a vector.
void copy_into(const Tensor& from, const Tensor& to) {
  RETORT_CHECK(from.rows() <= to.rows() && from.columns() <= to.columns());
  for (int64_t i = 0; i < from.rows(); ++i)
    std::copy_n(from.f32() + i * from.columns(), from.columns(), to.f32() + i * to.columns());
}

struct Size {
  const char* key;
  int64_t wanted;
  int64_t ModelConfig::*member;
};

}  // namespace

ModelConfig grown_config(const StudentRecipe& s, const ModelConfig& base, std::string_view where) {
  if (base.has_experts())
    fail(ErrorCode::unsupported, "{}: its architecture is {}, a mixture; only dense models are grown", where,
         base.architecture);
  require_unquantised(base, where);
  ModelConfig config = base;
  for (const Size& size : {Size{"intermediate_size", s.intermediate_size, &ModelConfig::intermediate_size},
                           Size{"num_hidden_layers", s.num_hidden_layers, &ModelConfig::num_hidden_layers}}) {
    if (size.wanted == 0) continue;
    if (size.wanted < base.*size.member)
      fail(ErrorCode::bad_input,
           "{}: its {} is {}, the student's {}: growing only makes larger; student.prune_from makes smaller",
           where, size.key, base.*size.member, size.wanted);
    config.*size.member = size.wanted;
  }
  return config;
}

void grow(Context& ctx, TrainableDecoder& student, const Checkpoint& base, const ModelConfig& base_config,
          uint64_t seed) {
  TrainableDecoder smaller(base_config);
  smaller.load(ctx, base);
  student.initialise(ctx, seed);
  for (const Parameter& p : student.parameters())
    if (ends_in_residual_stream(p.name)) fill_zero(p.master);
  for (const Parameter& p : smaller.parameters()) {
    const Parameter* larger = student.find(p.name);
    RETORT_CHECK(larger != nullptr);
    copy_into(p.master, larger->master);
  }
  student.refresh(ctx);
}

}  // namespace retort::train
