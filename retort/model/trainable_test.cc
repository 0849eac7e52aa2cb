#include "retort/model/trainable.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>

#include "retort/base/error.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/model/architecture.h"
#include "retort/ops/expert_load.h"
#include "retort/ops/gradient_check.h"
#include "retort/ops/rms_norm.h"
#include "retort/ops/router_loss.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

struct Kind {
  const char* architecture;
  bool tied;
};

ModelConfig config_of(const Kind& kind, int64_t head_dim) {
  ModelConfig c;
  c.architecture = kind.architecture;
  c.vocab_size = 19;
  c.num_hidden_layers = 2;
  c.num_attention_heads = 4;
  c.num_key_value_heads = 2;
  c.head_dim = head_dim;
  c.hidden_size = 3 * head_dim;
  c.intermediate_size = 5 * head_dim - 1;
  c.max_position_embeddings = 64;
  c.attention_bias = c.architecture == "qwen2";
  c.tie_word_embeddings = kind.tied;
  if (c.architecture == "mixtral") {
    c.intermediate_size = 3 * head_dim;
    c.num_local_experts = 5;
    c.num_experts_per_tok = 2;
  }
  return c;
}

/// Larger and all different, so that no gradient hides behind another's rounding.
void randomise(Context& ctx, TrainableDecoder& model, double scale) {
  uint64_t seed = 1;
  for (Parameter& p : model.parameters()) {
    Random random(++seed);
    for (int64_t i = 0; i < p.master.shape().elements(); ++i)
      set_value(p.master, i, (p.decay ? 0 : 1) + scale * static_cast<double>(random.normal()));
  }
  model.refresh(ctx);
}

const std::vector<int32_t> kFirst = {3, 1, 4, 1, 5, 9, 2, 6, 5}, kSecond = {18, 0, 7, 7};
const std::span<const int32_t> kDocuments[] = {kFirst, kSecond};

/// logits = head(hidden states), probed.
Tensor logits_of(Context& ctx, const TrainableDecoder& model) {
  return linear(ctx, model.decoder().hidden_states(ctx, kDocuments), model.decoder().lm_head());
}

/// The gradients of the probe of the logits.
void run_backward(TapeMachine& machine, TrainableDecoder& model) {
  clear_gradients(machine.ctx, model.parameters());
  watch(machine.tape, model.parameters());
  put_probe(machine.tape, logits_of(machine.ctx, model), 7);
  machine.tape.backward(machine.ctx);
}

class Trainable : public ::testing::TestWithParam<Kind> {};

TEST_P(Trainable, DirectionalDerivativesOfTheWholeModelInF64) {
  TrainableDecoder model(config_of(GetParam(), 6), DType::f64);
  TapeMachine machine;
  randomise(machine.ctx, model, 0.4);
  run_backward(machine, model);
  // Each parameter in a direction of its own, and all of them at once.
  const size_t n = model.parameters().size();
  for (size_t one = 0; one <= n; ++one) {
    double along = 0;
    std::vector<std::pair<Tensor, Tensor>> moved;  // master, direction
    std::vector<Tensor> before;
    for (size_t i = 0; i < n; ++i) {
      if (one < n && i != one) continue;
      const Parameter& p = model.parameters()[i];
      // Short steps: the loss bends a lot along hundreds of weights at once.
      const Tensor direction = random_real(DType::f64, p.master.shape(), i + 100, 0.02);
      Tensor copy = Tensor::owned(DType::f64, p.master.shape());
      std::memcpy(copy.bytes(), p.master.bytes(), copy.view().bytes());
      for (int64_t j = 0; j < p.master.shape().elements(); ++j)
        along += value_at(direction, j) * value_at(p.gradient, j);
      moved.emplace_back(p.master, direction);
      before.push_back(copy);
    }
    const double exact = derivative([&](double step) {
      for (size_t i = 0; i < moved.size(); ++i)
        for (int64_t j = 0; j < before[i].shape().elements(); ++j)
          set_value(moved[i].first, j, value_at(before[i], j) + step * value_at(moved[i].second, j));
      TapeMachine plain(1);
      plain.ctx.tape = nullptr;
      return probe(logits_of(plain.ctx, model), 7);
    });
    for (size_t i = 0; i < moved.size(); ++i)
      std::memcpy(moved[i].first.bytes(), before[i].bytes(), before[i].view().bytes());
    EXPECT_NEAR(along, exact, 1e-6 * std::abs(exact)) << (one < n ? model.parameters()[one].name : "all");
  }
}

/// |a - b| / |b| over all elements.
double distance(const Tensor& a, const Tensor& b) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < b.shape().elements(); ++i) {
    difference += std::pow(value_at(a, i) - value_at(b, i), 2);
    size += std::pow(value_at(b, i), 2);
  }
  return std::sqrt(difference / size);
}

/// How far gradients may be from those in f64. f32 products pass keys and values through the cache's BF16,
/// and the highest level rounds all operands of attention; BF16 products round every operand.
double tolerance_of(DType products, const std::string& name) {
  const double usual = products == DType::f32 ? 0.01 : 0.03;
  // Softmax takes what all scores of a query share out of the gradients of scores, but not its rounding; a
  // bias of the keys is mostly that.
  if (name.ends_with("k_proj.bias")) return 10 * usual;
  const bool score = name.find("q_proj") != name.npos || name.find("k_proj") != name.npos;
  return score ? 5 * usual : usual;
}

TEST_P(Trainable, F32AndBf16GradientsStayNearF64AtEveryLevel) {
  ModelConfig config = config_of(GetParam(), 16);
  config.num_experts_per_tok = config.num_local_experts;  // or rounding would choose others
  TapeMachine exact_machine;
  TrainableDecoder exact(config, DType::f64);
  randomise(exact_machine.ctx, exact, 0.1);
  run_backward(exact_machine, exact);
  for (kernels::Isa isa : kernels::supported_isas()) {
    for (DType products : {DType::f32, DType::bf16}) {
      TapeMachine machine(2, isa);
      TrainableDecoder model(config, products);
      randomise(machine.ctx, model, 0.1);
      run_backward(machine, model);
      for (size_t i = 0; i < model.parameters().size(); ++i) {
        const Parameter& p = model.parameters()[i];
        EXPECT_LT(distance(p.gradient, exact.parameters()[i].gradient), tolerance_of(products, p.name))
            << kernels::name(isa) << " " << name(products) << " " << p.name;
      }
    }
  }
}

TEST_P(Trainable, GradientsAreTheSameBitsOnAnyNumberOfThreads) {
  const ModelConfig config = config_of(GetParam(), 16);
  std::vector<std::vector<std::byte>> first;
  for (int threads : {1, 2, 3}) {
    TapeMachine machine(threads);
    TrainableDecoder model(config);
    randomise(machine.ctx, model, 0.1);
    run_backward(machine, model);
    for (size_t i = 0; i < model.parameters().size(); ++i) {
      const auto bytes = model.parameters()[i].gradient.view().span();
      if (threads == 1)
        first.emplace_back(bytes.begin(), bytes.end());
      else
        EXPECT_EQ(std::memcmp(bytes.data(), first[i].data(), bytes.size()), 0)
            << model.parameters()[i].name << " on " << threads;
    }
  }
}

TEST_P(Trainable, ATapeDoesNotChangeABitOfTheForwardPass) {
  TrainableDecoder model(config_of(GetParam(), 16));
  TapeMachine taped, plain;
  plain.ctx.tape = nullptr;
  model.initialise(plain.ctx, 3);
  watch(taped.tape, model.parameters());
  const Tensor x = logits_of(taped.ctx, model), y = logits_of(plain.ctx, model);
  EXPECT_EQ(std::memcmp(x.bytes(), y.bytes(), x.view().bytes()), 0);
}

/// A Hugging Face file of the model's values, as an export writes them.
Checkpoint exported(const TrainableDecoder& model, DType dtype, const std::filesystem::path& path) {
  std::vector<TensorSpec> specs;
  for (const Parameter& p : model.parameters()) specs.push_back({p.name, dtype, p.master.shape()});
  SafetensorsWriter writer(path, specs);
  for (const Parameter& p : model.parameters()) {
    std::vector<std::byte> bytes(static_cast<size_t>(row_bytes(dtype, p.master.shape().elements())));
    encode_row(dtype, p.master.f32(), bytes.data(), p.master.shape().elements());
    writer.write(p.name, bytes);
  }
  writer.finish();
  return Checkpoint::open(path);
}

std::filesystem::path file_of(const Kind& kind, const char* what) {
  return std::filesystem::path(::testing::TempDir()) /
         (std::string("retort_") + kind.architecture + (kind.tied ? "_tied_" : "_untied_") + what +
          ".safetensors");
}

TEST_P(Trainable, ServingItsBf16ExportGivesTheSameBits) {
  const ModelConfig config = config_of(GetParam(), 16);
  TapeMachine machine;
  machine.ctx.tape = nullptr;
  TrainableDecoder model(config);
  randomise(machine.ctx, model, 0.1);
  const Tensor trained = logits_of(machine.ctx, model);

  const Checkpoint checkpoint = exported(model, DType::bf16, file_of(GetParam(), "bits"));
  auto served = load_causal_lm(machine.ctx, checkpoint, config);
  KvCache cache({kernels::KvDType::bf16, 2, 16}, 2, 8);
  const int32_t pages[] = {3, 5};
  const SequenceStep steps[] = {{kFirst, 0, std::span(pages).first(1), static_cast<int>(kFirst.size())},
                                {kSecond, 0, std::span(pages).last(1), static_cast<int>(kSecond.size())}};
  const Tensor logits = served->forward(machine.ctx, steps, cache);
  ASSERT_EQ(logits.shape(), trained.shape());
  EXPECT_EQ(std::memcmp(logits.bytes(), trained.bytes(), logits.view().bytes()), 0);
}

TEST_P(Trainable, LoadsWhatItExported) {
  const ModelConfig config = config_of(GetParam(), 16);
  TapeMachine machine;
  TrainableDecoder model(config), loaded(config);
  randomise(machine.ctx, model, 0.1);
  loaded.load(machine.ctx, exported(model, DType::f32, file_of(GetParam(), "load")));
  for (size_t i = 0; i < model.parameters().size(); ++i) {
    const Parameter &a = model.parameters()[i], &b = loaded.parameters()[i];
    EXPECT_EQ(std::memcmp(a.master.bytes(), b.master.bytes(), a.master.view().bytes()), 0) << a.name;
    EXPECT_EQ(std::memcmp(a.value.bytes(), b.value.bytes(), a.value.view().bytes()), 0) << a.name;
  }
}

TEST_P(Trainable, ValuesAndTransposedFollowTheMaster) {
  TapeMachine machine(3);
  TrainableDecoder model(config_of(GetParam(), 16));
  randomise(machine.ctx, model, 0.1);
  for (const Parameter& p : model.parameters()) {
    const int64_t rows = p.master.rows(), columns = p.master.columns();
    std::vector<float> value(static_cast<size_t>(columns)), turned(static_cast<size_t>(rows));
    for (int64_t i = 0; i < rows; ++i) {
      decode_row(p.value.dtype(), p.value.view().row(i), value.data(), columns);
      for (int64_t j = 0; j < columns; ++j)
        ASSERT_EQ(value[static_cast<size_t>(j)], to_f32(to_bf16(p.master.row(i)[j]))) << p.name;
    }
    if (p.transposed.bytes() == nullptr) continue;
    ASSERT_EQ(p.transposed.shape(), (Shape{columns, rows}));
    for (int64_t j = 0; j < columns; ++j) {
      decode_row(p.transposed.dtype(), p.transposed.view().row(j), turned.data(), rows);
      for (int64_t i = 0; i < rows; ++i)
        ASSERT_EQ(turned[static_cast<size_t>(i)], to_f32(to_bf16(p.master.row(i)[j]))) << p.name;
    }
  }
}

/// The values that products read, rounded by the reference from what a BF16 export of the masters holds.
std::vector<float> rounded_row(const Parameter& p, const WeightGrid& grid, int64_t row) {
  std::vector<float> values(static_cast<size_t>(p.master.columns()));
  for (size_t j = 0; j < values.size(); ++j) values[j] = to_f32(to_bf16(p.master.row(row)[j]));
  round_to_grid(grid, values.data(), values.data(), p.master.columns());
  for (float& v : values) v = to_f32(to_bf16(v));
  return values;
}

bool is_rounded(const Parameter& p) {
  return p.name.starts_with("model.layers.") && p.decay && !p.name.ends_with("block_sparse_moe.gate.weight");
}

/// Of both value and transposed; every other parameter's are those of its master.
void expect_on_grid(const TrainableDecoder& model, const WeightGrid& grid) {
  for (const Parameter& p : model.parameters()) {
    ASSERT_EQ(p.grid != nullptr, is_rounded(p)) << p.name;
    if (!is_rounded(p)) continue;
    const int64_t n = p.master.columns();
    std::vector<float> value(static_cast<size_t>(n)), turned(static_cast<size_t>(p.master.rows()));
    for (int64_t i = 0; i < p.master.rows(); ++i) {
      const std::vector<float> wanted = rounded_row(p, grid, i);
      decode_row(DType::bf16, p.value.view().row(i), value.data(), n);
      ASSERT_EQ(value, wanted) << p.name << " row " << i;
      for (int64_t j = 0; j < n; ++j) {
        decode_row(DType::bf16, p.transposed.view().row(j), turned.data(), p.master.rows());
        ASSERT_EQ(turned[static_cast<size_t>(i)], wanted[static_cast<size_t>(j)]) << p.name;
      }
    }
  }
}

/// Widths that are whole groups of 32.
ModelConfig grouped_config(const Kind& kind) {
  ModelConfig c = config_of(kind, 16);
  c.hidden_size = 64;
  c.intermediate_size = 96;
  return c;
}

TEST_P(Trainable, QuantisedItsLayersReadTheGridAndNothingElseDoes) {
  TapeMachine machine(3);
  TrainableDecoder model(grouped_config(GetParam()));
  randomise(machine.ctx, model, 0.1);
  for (const char* name : {"int4-g32", "fp8"}) {
    const WeightGrid& grid = *find_weight_grid(name);
    model.quantise(machine.ctx, &grid);
    expect_on_grid(model, grid);
  }
}

TEST_P(Trainable, GradientsPassStraightThroughToTheMasters) {
  // As if a model that had the rounded values for masters had been asked.
  TapeMachine machine(2), other_machine(2);
  TrainableDecoder model(grouped_config(GetParam())), other(model.config());
  randomise(machine.ctx, model, 0.1);
  model.quantise(machine.ctx, find_weight_grid("int4-g32"));
  for (size_t i = 0; i < model.parameters().size(); ++i) {
    const Tensor &value = model.parameters()[i].value, &master = other.parameters()[i].master;
    for (int64_t j = 0; j < value.rows(); ++j)
      decode_row(value.dtype(), value.view().row(j), master.row(j), value.columns());
  }
  other.refresh(other_machine.ctx);
  run_backward(machine, model);
  run_backward(other_machine, other);
  for (size_t i = 0; i < model.parameters().size(); ++i) {
    const Tensor &a = model.parameters()[i].gradient, &b = other.parameters()[i].gradient;
    EXPECT_EQ(std::memcmp(a.bytes(), b.bytes(), a.view().bytes()), 0) << model.parameters()[i].name;
  }
}

TEST_P(Trainable, AfterAQuantisedStageItsValuesAreTheMastersAgain) {
  TapeMachine machine(1);
  TrainableDecoder model(grouped_config(GetParam()));
  randomise(machine.ctx, model, 0.1);
  const Parameter& p = *model.find("model.layers.1.self_attn.o_proj.weight");
  const auto bytes = [&] {
    return std::string(reinterpret_cast<const char*>(p.value.bytes()), p.value.view().bytes());
  };
  const std::string before = bytes();
  model.quantise(machine.ctx, find_weight_grid("int8"));
  EXPECT_NE(bytes(), before);
  model.quantise(machine.ctx, nullptr);
  EXPECT_EQ(bytes(), before);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Trainable,
                         ::testing::Values(Kind{"qwen2", true}, Kind{"qwen2", false}, Kind{"llama", true},
                                           Kind{"llama", false}, Kind{"mixtral", true},
                                           Kind{"mixtral", false}),
                         [](const auto& p) {
                           return std::string(p.param.architecture) + (p.param.tied ? "_tied" : "_untied");
                         });

TEST(TrainableDecoderTest, ParametersHaveHuggingFacesNamesEachOnce) {
  const TrainableDecoder tied(config_of({"qwen2", true}, 16)), untied(config_of({"llama", false}, 16));
  std::set<std::string> names;
  for (const Parameter& p : tied.parameters()) EXPECT_TRUE(names.insert(p.name).second) << p.name;
  EXPECT_EQ(names.size(), 2u + 2 * 12);
  EXPECT_TRUE(names.contains("model.layers.1.self_attn.k_proj.bias"));
  EXPECT_EQ(tied.head().name, "model.embed_tokens.weight");
  EXPECT_EQ(untied.head().name, "lm_head.weight");
  EXPECT_EQ(untied.find("model.layers.0.self_attn.q_proj.bias"), nullptr);
  EXPECT_TRUE(untied.find("model.layers.0.mlp.up_proj.weight")->decay);
  EXPECT_FALSE(untied.find("model.norm.weight")->decay);
}

TEST(TrainableDecoderTest, ExpertsHaveHuggingFacesNames) {
  const TrainableDecoder model(config_of({"mixtral", true}, 16));
  std::set<std::string> names;
  for (const Parameter& p : model.parameters()) EXPECT_TRUE(names.insert(p.name).second) << p.name;
  EXPECT_EQ(names.size(), 2u + 2 * (6 + 1 + 5 * 3));
  EXPECT_TRUE(names.contains("model.layers.1.block_sparse_moe.gate.weight"));
  for (const char* matrix : {"w1", "w2", "w3"})
    EXPECT_TRUE(
        names.contains(std::string("model.layers.0.block_sparse_moe.experts.4.") + matrix + ".weight"));
}

TEST(TrainableDecoderTest, ARouterIsMultipliedInF32ByWhatTheExportHolds) {
  TapeMachine machine;
  TrainableDecoder model(config_of({"mixtral", true}, 16));
  randomise(machine.ctx, model, 0.1);
  const Parameter& router = *model.find("model.layers.0.block_sparse_moe.gate.weight");
  EXPECT_EQ(router.value.dtype(), DType::f32);
  EXPECT_EQ(router.transposed.dtype(), DType::f32);
  EXPECT_TRUE(router.decay);
  bool rounded = false;
  for (int64_t i = 0; i < router.value.shape().elements(); ++i)
    rounded |= router.value.f32()[i] != router.master.f32()[i];
  EXPECT_TRUE(rounded);
}

TEST(TrainableDecoderTest, ExpertsEndInTheResidualStreamToo) {
  TapeMachine machine;
  ModelConfig config = config_of({"mixtral", true}, 16);
  config.hidden_size = 256;
  TrainableDecoder model(config);
  model.initialise(machine.ctx, 5);
  for (const auto& [matrix, share] : {std::pair{"w1", 1.0}, {"w2", 0.5}, {"w3", 1.0}}) {
    const Tensor& x =
        model.find(fmt::format("model.layers.1.block_sparse_moe.experts.2.{}.weight", matrix))->master;
    double squares = 0;
    const auto n = static_cast<double>(x.shape().elements());
    for (int64_t i = 0; i < x.shape().elements(); ++i) squares += std::pow(x.f32()[i], 2);
    const double deviation = share / std::sqrt(static_cast<double>(x.columns()));
    EXPECT_NEAR(std::sqrt(squares / n), deviation, 4 * deviation / std::sqrt(n)) << matrix;
  }
}

TEST(TrainableDecoderTest, ExpertsGatherGradientsWhereTokensWentOnly) {
  TapeMachine machine;
  TrainableDecoder model(config_of({"mixtral", true}, 16));
  randomise(machine.ctx, model, 0.1);
  ExpertLoad load(2, 5);
  machine.ctx.expert_load = &load;
  run_backward(machine, model);
  for (int64_t layer = 0; layer < 2; ++layer)
    for (int64_t e = 0; e < 5; ++e) {
      const Parameter& w =
          *model.find(fmt::format("model.layers.{}.block_sparse_moe.experts.{}.w2.weight", layer, e));
      bool any = false;
      for (int64_t i = 0; i < w.gradient.shape().elements(); ++i) any |= w.gradient.f32()[i] != 0;
      EXPECT_EQ(any, load.count(layer, e) > 0) << layer << " " << e;
    }
}

TEST(TrainableDecoderTest, TheBalanceLossReachesRoutersAndWhatLiesBeforeThem) {
  TapeMachine machine;
  TrainableDecoder model(config_of({"mixtral", true}, 16));
  randomise(machine.ctx, model, 0.1);
  run_backward(machine, model);
  std::vector<Tensor> plain;
  for (const Parameter& p : model.parameters()) {
    plain.push_back(Tensor::owned(DType::f32, p.gradient.shape()));
    std::memcpy(plain.back().bytes(), p.gradient.bytes(), p.gradient.view().bytes());
  }
  RouterLoss loss{.balance_coefficient = 1, .z_coefficient = 0};
  machine.ctx.router_loss = &loss;
  run_backward(machine, model);
  EXPECT_GE(loss.balance, 2 * 0.99);  // 1 a layer where experts are even
  // The last layer's router sees it directly; what lies behind the routers does not.
  auto changed = [&](const char* name) {
    for (size_t i = 0; i < plain.size(); ++i)
      if (model.parameters()[i].name == name)
        return std::memcmp(plain[i].bytes(), model.parameters()[i].gradient.bytes(),
                           plain[i].view().bytes()) != 0;
    ADD_FAILURE() << name;
    return false;
  };
  EXPECT_TRUE(changed("model.layers.1.block_sparse_moe.gate.weight"));
  EXPECT_TRUE(changed("model.layers.0.self_attn.q_proj.weight"));
  EXPECT_FALSE(changed("model.layers.1.block_sparse_moe.experts.0.w2.weight"));
  EXPECT_FALSE(changed("model.norm.weight"));
}

TEST(TrainableDecoderTest, FirstValuesDependOnSeedAndNameOnly) {
  TapeMachine one(1), three(3);
  ModelConfig config = config_of({"qwen2", true}, 16);
  config.hidden_size = 256;
  TrainableDecoder a(config), b(config), c(config);
  config.num_hidden_layers = 8;
  TrainableDecoder deep(config);
  a.initialise(one.ctx, 5);
  b.initialise(three.ctx, 5);
  c.initialise(one.ctx, 6);
  deep.initialise(one.ctx, 5);
  for (size_t i = 0; i < a.parameters().size(); ++i) {
    const Parameter& p = a.parameters()[i];
    const Tensor &x = p.master, &y = b.parameters()[i].master, &z = c.parameters()[i].master;
    EXPECT_EQ(std::memcmp(x.bytes(), y.bytes(), x.view().bytes()), 0) << p.name;
    if (p.decay) EXPECT_NE(std::memcmp(x.bytes(), z.bytes(), x.view().bytes()), 0) << p.name;
    double squares = 0, sum = 0;
    const auto n = static_cast<double>(x.shape().elements());
    for (int64_t j = 0; j < x.shape().elements(); ++j) {
      squares += std::pow(x.f32()[j], 2);
      sum += x.f32()[j];
    }
    const bool residual = p.name.find("o_proj") != p.name.npos || p.name.find("down_proj") != p.name.npos;
    if (p.decay) {
      const double deviation = 1 / std::sqrt(static_cast<double>(x.columns()));
      EXPECT_NEAR(std::sqrt(squares / n), residual ? deviation / 2 : deviation, 4 * deviation / std::sqrt(n))
          << p.name;
    }
    if (!p.decay) EXPECT_EQ(sum, p.name.ends_with(".bias") ? 0 : n) << p.name;
  }
  const char* name = "model.layers.1.mlp.gate_proj.weight";
  EXPECT_EQ(a.find(name)->master.f32()[9], deep.find(name)->master.f32()[9]);
}

TEST(TrainableDecoderTest, AFrozenParameterGathersNothing) {
  TapeMachine machine;
  TrainableDecoder model(config_of({"qwen2", false}, 16));
  randomise(machine.ctx, model, 0.1);
  for (const Parameter& p : model.parameters())
    if (p.name.starts_with("model.layers.1.")) watch(machine.tape, std::span(&p, 1));
  put_probe(machine.tape, logits_of(machine.ctx, model), 7);
  machine.tape.backward(machine.ctx);
  for (const Parameter& p : model.parameters()) {
    bool any = false;
    for (int64_t i = 0; i < p.gradient.shape().elements(); ++i) any |= p.gradient.f32()[i] != 0;
    EXPECT_EQ(any, p.name.starts_with("model.layers.1.")) << p.name;
  }
}

TEST(TrainableDecoderTest, ATraceShowsWhatLiesInside) {
  TapeMachine machine;
  const ModelConfig config = config_of({"llama", false}, 16);
  TrainableDecoder model(config);
  randomise(machine.ctx, model, 0.1);
  machine.ctx.tape = nullptr;
  std::vector<LayerTrace> trace;
  const Tensor x = model.decoder().hidden_states(machine.ctx, kDocuments, &trace);
  const Tensor y = model.decoder().hidden_states(machine.ctx, kDocuments);
  EXPECT_EQ(std::memcmp(x.bytes(), y.bytes(), x.view().bytes()), 0);
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace[0].q.shape(), (Shape{13, 64}));
  EXPECT_EQ(trace[1].k.shape(), (Shape{13, 32}));
  EXPECT_EQ(trace[0].v.shape(), (Shape{13, 32}));
  EXPECT_EQ(trace[0].mixed.shape(), (Shape{13, 64}));
  EXPECT_EQ(trace[0].activated.shape(), (Shape{13, config.intermediate_size}));
  EXPECT_EQ(trace[1].input.bytes(), trace[0].output.bytes());
  const Tensor middle_normed =
      rms_norm(machine.ctx, trace[1].middle,
               model.find("model.layers.1.post_attention_layernorm.weight")->value, config.rms_norm_eps);
  EXPECT_EQ(std::memcmp(middle_normed.bytes(), trace[1].mlp_norm.bytes(), middle_normed.view().bytes()), 0);
  const Tensor normed =
      rms_norm(machine.ctx, trace[1].output, model.find("model.norm.weight")->value, config.rms_norm_eps);
  EXPECT_EQ(std::memcmp(normed.bytes(), x.bytes(), x.view().bytes()), 0);
}

std::string refusal(const ModelConfig& config) {
  try {
    TrainableDecoder model(config);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::unsupported);
    return e.message();
  }
  return "";
}

TEST(TrainableDecoderTest, WhatCannotBeTrainedIsRefused) {
  ModelConfig config = config_of({"llama", false}, 16);
  config.head_dim = 40;
  EXPECT_EQ(refusal(config), "training: head_dim 40 is not a multiple of 16 up to 256");
  config.head_dim = 32;
  config.quantization.kind = QuantizationConfig::Kind::fp8_block;
  EXPECT_EQ(refusal(config), "training: the weights are quantised; start from a checkpoint in BF16 or F32");
  config.architecture = "mamba";
  EXPECT_EQ(refusal(config),
            "training: architecture 'mamba' is not supported; supported: qwen2, llama, mixtral");
}

TEST(TrainableDecoderTest, AGridThatDoesNotFitIsRefusedByTheMatrix) {
  try {
    require_fits(grouped_config({"llama", true}), *find_weight_grid("int4-g64"),
                 "r.json: stages[0].quantise");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(
        error.message(),
        "r.json: stages[0].quantise: int4-g64 shares scales among 64 columns, and "
        "'model.layers.0.mlp.down_proj.weight' has 96: take a format with smaller groups, or widths that are "
        "multiples of 64");
  }
  EXPECT_NO_THROW(require_fits(grouped_config({"llama", true}), *find_weight_grid("int8"), "r.json"));
}

TEST(TrainableDecoderTest, ACheckpointOfOtherShapesIsRefusedByName) {
  TapeMachine machine;
  ModelConfig config = config_of({"llama", false}, 16);
  const TrainableDecoder model(config);
  const Checkpoint checkpoint = exported(model, DType::bf16, file_of({"llama", false}, "shapes"));
  config.vocab_size = 20;
  TrainableDecoder other(config);
  try {
    other.load(machine.ctx, checkpoint);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(e.message().find("tensor 'model.embed_tokens.weight' has shape [19, 48], config says [20, 48]"),
              std::string::npos)
        << e.message();
  }
}

}  // namespace
}  // namespace retort
