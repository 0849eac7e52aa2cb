// A folder and the GGUF file that is written of it are the same model.
#include "retort/infer/gguf_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "bench/random_checkpoint.h"
#include "retort/formats/temporary_folder.h"
#include "retort/infer/loaded_model.h"

namespace retort {
namespace {

struct Case {
  const char* shape;
  const char* rope_scaling = "none";
};

class GgufExport : public TemporaryFolder, public ::testing::WithParamInterface<Case> {
 protected:
  std::filesystem::path folder(const char* dtype = "bf16") {
    write_random_checkpoint({.shape = GetParam().shape,
                             .dtype = dtype,
                             .format = "hf",
                             .tokenizer = std::string(RETORT_SOURCE_DIR) + "/tools/small_tokenizer.json",
                             .rope_scaling = GetParam().rope_scaling,
                             .out = dir / "model",
                             .layers = 2});
    return dir / "model";
  }

  std::vector<float> logits(const LoadedModel& loaded) {
    const ModelConfig& c = loaded.config;
    KvCache cache(
        {kernels::KvDType::bf16, static_cast<int>(c.num_key_value_heads), static_cast<int>(c.head_dim)},
        static_cast<int>(c.num_hidden_layers), 4);
    const int32_t tokens[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 97, 93}, pages[] = {0};
    const SequenceStep step{tokens, 0, pages, static_cast<int>(std::size(tokens))};
    Arena::Mark mark(arena);
    const Tensor y = loaded.model->forward(ctx, {&step, 1}, cache);
    return {y.f32(), y.f32() + y.shape().elements()};
  }

  ThreadPool pool{2};
  Arena arena;
  kernels::KernelTable table = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, table};
};

TEST_P(GgufExport, IsTheSameModel) {
  export_gguf(Checkpoint::open(folder()), dir / "model.gguf");
  const LoadedModel a = LoadedModel::open(ctx, dir / "model", {}),
                    b = LoadedModel::open(ctx, dir / "model.gguf", {});
  EXPECT_EQ(a.config.architecture, b.config.architecture);
  EXPECT_EQ(a.config.num_local_experts, b.config.num_local_experts);
  EXPECT_EQ(a.config.max_position_embeddings, b.config.max_position_embeddings);
  EXPECT_EQ(a.config.eos_token_ids, b.config.eos_token_ids);
  EXPECT_EQ(a.tokenizer.encode("What is 12 + 34?"), b.tokenizer.encode("What is 12 + 34?"));
  EXPECT_TRUE(b.chat_template.has_value());
  const std::vector<float> x = logits(a), y = logits(b);
  ASSERT_EQ(x.size(), y.size());
  double difference = 0, size = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    difference += std::pow(x[i] - y[i], 2);
    size += std::pow(x[i], 2);
  }
  // The order of rotary pairs decides in which order a score is added up.
  EXPECT_LT(std::sqrt(difference / size), 0.01);
}

INSTANTIATE_TEST_SUITE_P(Models, GgufExport,
                         ::testing::Values(Case{"tiny-qwen2"}, Case{"tiny-llama"}, Case{"tiny-mixtral"},
                                           Case{"tiny-llama", "llama3"}, Case{"tiny-qwen2", "yarn"}),
                         [](const auto& p) {
                           std::string name =
                               std::string(p.param.shape).substr(5) + "_" + p.param.rope_scaling;
                           return name;
                         });

class GgufExportRefusals : public TemporaryFolder {};

TEST_F(GgufExportRefusals, WhatGgufHasNoWordForIsRefused) {
  write_random_checkpoint({.shape = "tiny-qwen2", .dtype = "f8_e4m3", .format = "hf", .out = dir / "fp8"});
  EXPECT_THAT(error_message([&] { export_gguf(Checkpoint::open(dir / "fp8"), dir / "x.gguf"); }),
              testing::HasSubstr("its weights are quantised"));
  write_random_checkpoint({.shape = "tiny-qwen2",
                           .dtype = "bf16",
                           .format = "hf",
                           .rope_scaling = "dynamic",
                           .out = dir / "dynamic"});
  EXPECT_THAT(error_message([&] { export_gguf(Checkpoint::open(dir / "dynamic"), dir / "x.gguf"); }),
              testing::HasSubstr("GGUF has no word for dynamic"));
  EXPECT_FALSE(std::filesystem::exists(dir / "x.gguf"));
}

}  // namespace
}  // namespace retort
