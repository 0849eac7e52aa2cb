#include "retort/train/pruning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "retort/base/error.h"
#include "retort/formats/temporary_folder.h"
#include "retort/train/distillation.h"
#include "retort/train/export.h"
#include "retort/train/small_models.h"
#include "retort/train/trainer.h"

namespace retort::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kVocab = 48;

/// Three layers, four heads over two.
ModelConfig base_config() {
  ModelConfig c = small_config(kVocab, 3);
  c.num_attention_heads = 4;
  c.num_key_value_heads = 2;
  c.rms_norm_eps = 1e-9;  // it is added to what pruning changes
  return c;
}

void randomise(Context& ctx, TrainableDecoder& model, float scale) {
  uint64_t seed = 10;
  for (Parameter& p : model.parameters()) {
    Random random(++seed);
    for (int64_t i = 0; i < p.master.shape().elements(); ++i)
      p.master.f32()[i] = (p.decay ? 0 : 1) + scale * random.normal();
  }
  model.refresh(ctx);
}

void clear_rows(const TrainableDecoder& model, const std::string& name, std::span<const int64_t> rows) {
  const Tensor& x = model.find(name)->master;
  for (int64_t r : rows) std::fill_n(x.row(r), x.columns(), 0.0f);
}
void clear_columns(const TrainableDecoder& model, const std::string& name, std::span<const int64_t> columns) {
  const Tensor& x = model.find(name)->master;
  for (int64_t i = 0; i < x.rows(); ++i)
    for (int64_t j : columns) x.row(i)[j] = 0;
}

std::string layer_name(int64_t layer, const char* module) {
  return fmt::format("model.layers.{}.{}.weight", layer, module);
}

Importance measured_on(Context& ctx, const TrainableDecoder& model, const Dataset& data) {
  std::vector<std::span<const int32_t>> sequences;
  for (int64_t i = 0; i < data.size(); ++i) sequences.push_back(data[i].tokens);
  return measure_importance(ctx, model.decoder(), sequences);
}

double loss_on(Context& ctx, TrainableDecoder& model, const Dataset& data) {
  Distillation objective(ctx, model, {});
  Batches batches(data, {.sequences = data.size(), .virtual_shards = 1});
  const StepBatch batch = batches.at(0);
  LossReport sum;
  for (const MicroBatch& micro : batch.shards.front())
    sum += objective.run(ctx, micro, static_cast<double>(batch.predicted));
  return sum.total;
}

class Pruning : public TemporaryFolder {
 protected:
  Pruning() : base(base_config()), data(random_dataset(40, kVocab, 3)) {
    machine.ctx.tape = nullptr;
    randomise(machine.ctx, base, 0.2f);
  }

  TrainableDecoder pruned(const ModelConfig& config, const Importance& importance,
                          DType products = DType::bf16) {
    export_model(dir / "base", base, {});
    TrainableDecoder student(config, products);
    prune(machine.ctx, student, Checkpoint::open(dir / "base"), base.config(),
          plan_pruning(config, base.config(), importance));
    return student;
  }
  Tensor logits_of(const TrainableDecoder& model) {
    const std::span<const int32_t> documents[] = {data[0].tokens, data[1].tokens};
    return linear(machine.ctx, model.decoder().hidden_states(machine.ctx, documents),
                  model.decoder().lm_head());
  }

  TapeMachine machine;
  TrainableDecoder base;
  Dataset data;
};

TEST_F(Pruning, ToTheSameShapeIsTheIdentityBitForBit) {
  const TrainableDecoder student = pruned(base_config(), measured_on(machine.ctx, base, data));
  const Tensor x = logits_of(base), y = logits_of(student);
  EXPECT_EQ(std::memcmp(x.bytes(), y.bytes(), x.view().bytes()), 0);
  for (const Parameter& p : student.parameters())
    EXPECT_EQ(std::memcmp(p.value.bytes(), base.find(p.name)->value.bytes(), p.value.view().bytes()), 0)
        << p.name;
}

TEST_F(Pruning, KeepsTheFunctionWhenWhatIsDeadGoes) {
  const int64_t dead_hidden[] = {0, 7, 8, 30}, dead_inner[] = {1, 2, 3, 40, 63}, dead_layer = 1;
  clear_columns(base, "model.embed_tokens.weight", dead_hidden);
  for (int64_t layer = 0; layer < 3; ++layer) {
    clear_rows(base, layer_name(layer, "self_attn.o_proj"), dead_hidden);
    clear_rows(base, layer_name(layer, "mlp.down_proj"), dead_hidden);
    clear_rows(base, layer_name(layer, "mlp.up_proj"), dead_inner);
    // Values of zeros: the first of two key-value heads, 16 channels.
    std::vector<int64_t> first(16);
    for (size_t i = 0; i < first.size(); ++i) first[i] = static_cast<int64_t>(i);
    clear_rows(base, layer_name(layer, "self_attn.v_proj"), first);
  }
  const Tensor& o = base.find(layer_name(dead_layer, "self_attn.o_proj"))->master;
  const Tensor& down = base.find(layer_name(dead_layer, "mlp.down_proj"))->master;
  std::fill_n(o.f32(), o.shape().elements(), 0.0f);
  std::fill_n(down.f32(), down.shape().elements(), 0.0f);
  base.refresh(machine.ctx);

  const Importance importance = measured_on(machine.ctx, base, data);
  ModelConfig config = base_config();
  config.hidden_size -= std::ssize(dead_hidden);
  config.intermediate_size -= std::ssize(dead_inner);
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.num_key_value_heads = 1;
  const PruningPlan plan = plan_pruning(config, base.config(), importance);
  EXPECT_THAT(plan.layers, ElementsAre(0, 2));
  EXPECT_THAT(plan.key_value_heads, ElementsAre(ElementsAre(1), ElementsAre(1)));
  EXPECT_THAT(plan.heads, ElementsAre(ElementsAre(2, 3), ElementsAre(2, 3)));
  for (int64_t channel : dead_hidden) EXPECT_THAT(plan.hidden, testing::Not(testing::Contains(channel)));
  for (int64_t channel : dead_inner)
    EXPECT_THAT(plan.intermediate[1], testing::Not(testing::Contains(channel)));
  EXPECT_NEAR(plan.energy[0], 1, 1e-12);

  const TrainableDecoder student = pruned(config, importance, DType::f32);
  TrainableDecoder exact(base_config(), DType::f32);
  exact.load(machine.ctx, Checkpoint::open(dir / "base"));
  // Attention rounds keys and values to BF16, and they are of another size now.
  EXPECT_LT(relative_difference(logits_of(student), logits_of(exact)), 5e-3);
}

TEST_F(Pruning, RanksWhatWasPlantedInItsOrder) {
  // Hidden channel 5 is large in every norm, 6 larger; of the MLP of layer 2, channel 9 is large, 4 small.
  for (int64_t layer = 0; layer < 3; ++layer)
    for (const char* norm : {"input_layernorm", "post_attention_layernorm"}) {
      base.find(layer_name(layer, norm))->master.f32()[5] = 20;
      base.find(layer_name(layer, norm))->master.f32()[6] = 40;
    }
  const Tensor& up = base.find(layer_name(2, "mlp.up_proj"))->master;
  for (int64_t j = 0; j < up.columns(); ++j) {
    up.row(9)[j] *= 20;
    up.row(4)[j] *= 0.01f;
  }
  // In layer 0, queries of zeros average over all tokens before, which makes a head's result smaller.
  const Tensor& q = base.find(layer_name(0, "self_attn.q_proj"))->master;
  for (int64_t i = 0; i < 16; ++i) std::fill_n(q.row(i), q.columns(), 0.0f);
  for (int64_t i = 16; i < 32; ++i)
    for (int64_t j = 0; j < q.columns(); ++j) q.row(i)[j] *= 10;
  base.refresh(machine.ctx);
  const Importance importance = measured_on(machine.ctx, base, data);
  const auto rank_of = [](const std::vector<double>& scores, size_t i) {
    return std::count_if(scores.begin(), scores.end(), [&](double x) { return x > scores[i]; });
  };
  EXPECT_EQ(rank_of(importance.hidden, 6), 0);
  EXPECT_EQ(rank_of(importance.hidden, 5), 1);
  EXPECT_EQ(rank_of(importance.intermediate[2], 9), 0);
  EXPECT_EQ(rank_of(importance.intermediate[2], 4), 63);
  EXPECT_GT(importance.heads[0][1], importance.heads[0][0]);
  for (const auto& norm : importance.energy)
    EXPECT_NEAR(std::accumulate(norm.begin(), norm.end(), 0.0), 1, 1e-9);
  EXPECT_EQ(importance.sequences, data.size());
  EXPECT_EQ(importance.tokens, data.tokens());
}

TEST_F(Pruning, ImportanceIsTheSameOnAnyNumberOfThreads) {
  const Importance one = measured_on(machine.ctx, base, data);
  TapeMachine three(3);
  three.ctx.tape = nullptr;
  const Importance other = measured_on(three.ctx, base, data);
  EXPECT_EQ(one.hidden, other.hidden);
  EXPECT_EQ(one.heads, other.heads);
  EXPECT_EQ(one.layers, other.layers);
}

/// Sequences that count up by steps of their own: a rule to learn rather than texts to remember.
Dataset counting(int64_t n) {
  Dataset dataset(kVocab);
  Random random(1);
  for (int64_t i = 0; i < n; ++i) {
    TokenSequence s;
    auto x = static_cast<int32_t>(random.below(kVocab));
    const auto step = static_cast<int32_t>(1 + random.below(6));
    for (int j = 0; j < 12; ++j, x = (x + step) % kVocab) {
      s.tokens.push_back(x);
      s.predicted.push_back(j > 1);
    }
    dataset.add(s);
  }
  return dataset;
}

TEST_F(Pruning, ByImportanceLosesLessThanAtRandom) {
  base.initialise(machine.ctx, 1);
  const Dataset lessons = counting(48);
  Batches batches(lessons, {.sequences = 16, .virtual_shards = 1});
  Distillation objective(machine.ctx, base, {});
  Trainer trainer(machine.pool, machine.table, objective, [&](int64_t step) { return batches.at(step); },
                  {.steps = 250, .schedule = {.learning_rate = 1e-2}, .virtual_shards = 1});
  trainer.run();
  ASSERT_LT(loss_on(machine.ctx, base, lessons), 0.1);

  const Importance measured = measured_on(machine.ctx, base, lessons);
  const auto loss_of = [&](const ModelConfig& config, const Importance& importance) {
    TrainableDecoder student = pruned(config, importance);
    return loss_on(machine.ctx, student, lessons);
  };
  const auto loss_at_random = [&](const ModelConfig& config) {
    constexpr int kTries = 8;
    double sum = 0;
    for (uint64_t seed = 1; seed <= kTries; ++seed) {
      Importance random = measured;
      Random values(seed);
      for (double& x : random.layers) x = values.uniform();
      for (auto& list : random.intermediate)
        for (double& x : list) x = values.uniform();
      sum += loss_of(config, random);
    }
    return sum / kTries;
  };
  ModelConfig narrow = base_config(), shallow = base_config();
  narrow.intermediate_size = 32;
  shallow.num_hidden_layers = 2;
  const double narrow_loss = loss_of(narrow, measured), shallow_loss = loss_of(shallow, measured);
  EXPECT_LT(narrow_loss, 0.5 * loss_at_random(narrow));
  EXPECT_LT(shallow_loss, 0.5 * loss_at_random(shallow));
}

TEST_F(Pruning, ALlamaBecomesAQwen2WithBiasesOfZero) {
  StudentRecipe recipe;
  recipe.architecture = "qwen2";
  const ModelConfig config = pruned_config(recipe, base_config(), "here");
  EXPECT_TRUE(config.attention_bias);
  const TrainableDecoder student = pruned(config, measured_on(machine.ctx, base, data));
  EXPECT_EQ(student.find("model.layers.2.self_attn.k_proj.bias")->master.f32()[3], 0);
  EXPECT_EQ(relative_difference(logits_of(student), logits_of(base)), 0);
}

std::string refusal(const StudentRecipe& student, const ModelConfig& base) {
  return error_message([&] { pruned_config(student, base, "recipe.json: student.prune_from"); });
}

StudentRecipe shape(int64_t StudentRecipe::*member, int64_t value) {
  StudentRecipe recipe;
  recipe.architecture.clear();
  recipe.*member = value;
  return recipe;
}

TEST(PrunedConfig, LeavesOutWhatIsNotAskedFor) {
  const ModelConfig config =
      pruned_config(shape(&StudentRecipe::num_hidden_layers, 2), base_config(), "here");
  EXPECT_EQ(config.num_hidden_layers, 2);
  EXPECT_EQ(config.hidden_size, 32);
  EXPECT_EQ(config.architecture, "llama");
}

TEST(PrunedConfig, RefusesWhatDoesNotFitWithNumbers) {
  EXPECT_EQ(
      refusal(shape(&StudentRecipe::hidden_size, 64), base_config()),
      "recipe.json: student.prune_from: its hidden_size is 32, the student's 64: pruning only makes smaller; "
      "student.grow_from makes larger");
  EXPECT_THAT(refusal(shape(&StudentRecipe::num_hidden_layers, 4), base_config()),
              HasSubstr("its num_hidden_layers is 3, the student's 4"));
  EXPECT_THAT(refusal(shape(&StudentRecipe::head_dim, 8), base_config()),
              HasSubstr("its head_dim is 16, the student's 8"));
  EXPECT_THAT(refusal(shape(&StudentRecipe::num_attention_heads, 3), base_config()),
              HasSubstr("num_key_value_heads 2 does not divide num_attention_heads 3"));
  EXPECT_THAT(refusal(shape(&StudentRecipe::num_key_value_heads, 1), base_config()),
              HasSubstr("2 of its heads share keys and values, in the student 4 would (4 over 1)"));
  ModelConfig mixture = base_config();
  mixture.architecture = "mixtral";
  mixture.num_local_experts = 4;
  EXPECT_THAT(refusal({}, mixture), HasSubstr("a mixture; prune the dense model that it was upcycled from"));
  StudentRecipe llama;
  ModelConfig qwen2 = base_config();
  qwen2.architecture = "qwen2";
  EXPECT_THAT(refusal(llama, qwen2), HasSubstr("its architecture is qwen2, which cannot become a llama"));
}

}  // namespace
}  // namespace retort::train
