#include "retort/formats/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "retort/base/file.h"
#include "retort/formats/fp8_scale.h"
#include "retort/formats/generation_config.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/model_config.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/formats/temporary_folder.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CheckpointTest : public TemporaryFolder {
 protected:
  /// A file whose f32 tensors of two elements hold 1, 2.
  void write_safetensors(const fs::path& path, const std::vector<std::string>& names) {
    std::vector<TensorSpec> specs;
    for (const auto& name : names) specs.push_back({name, DType::f32, {2}});
    SafetensorsWriter writer(path, specs);
    for (const auto& name : names) writer.write(name, std::as_bytes(std::span(kValues)));
    writer.finish();
  }
  void write_gguf(const fs::path& path, const GgufFields& fields, const std::vector<std::string>& names) {
    std::vector<TensorSpec> specs;
    for (const auto& name : names) specs.push_back({name, DType::f32, {2}});
    GgufWriter writer(path, fields, specs);
    for (const auto& name : names) writer.write(name, std::as_bytes(std::span(kValues)));
    writer.finish();
  }
  static std::vector<std::string> names(const Checkpoint& checkpoint) {
    std::vector<std::string> all;
    for (const auto& tensor : checkpoint.tensors()) all.push_back(tensor.name);
    return all;
  }
  const std::vector<float> kValues = {1.0f, 2.0f};
};

TEST_F(CheckpointTest, AFolderAFileAndShardsLookTheSame) {
  fs::create_directories(dir / "one");
  fs::create_directories(dir / "two");
  write_safetensors(dir / "one/model.safetensors", {"b", "a"});
  write_safetensors(dir / "two/x.safetensors", {"b"});
  write_safetensors(dir / "two/y.safetensors", {"a"});
  write_file_atomic(
      dir / "two/model.safetensors.index.json",
      R"({"metadata": {"total_size": 16}, "weight_map": {"a": "y.safetensors", "b": "x.safetensors"}})");
  for (const char* path : {"one", "one/model.safetensors", "two"}) {
    SCOPED_TRACE(path);
    const Checkpoint checkpoint = Checkpoint::open(dir / path);
    EXPECT_EQ(checkpoint.layout(), Layout::hugging_face);
    EXPECT_THAT(names(checkpoint), ElementsAre("a", "b"));
    EXPECT_EQ(checkpoint.tensor_bytes(), 16u);
    EXPECT_EQ(checkpoint.get("b").f32()[1], 2.0f);
    EXPECT_FALSE(checkpoint.find("c").has_value());
    EXPECT_TRUE(checkpoint.metadata().entries().empty());
  }
  EXPECT_EQ(Checkpoint::open(dir / "two").files().size(), 2u);
}

TEST_F(CheckpointTest, TensorsThatTheIndexDoesNotNameAreNotPartOfTheModel) {
  write_safetensors(dir / "x.safetensors", {"a", "left_over"});
  write_file_atomic(dir / "model.safetensors.index.json", R"({"weight_map": {"a": "x.safetensors"}})");
  EXPECT_THAT(names(Checkpoint::open(dir)), ElementsAre("a"));
}

TEST_F(CheckpointTest, AnyShardOfAGgufOpensAll) {
  for (uint32_t i = 0; i < 3; ++i) {
    GgufFields fields;
    if (i == 0) fields.set_string("general.architecture", "qwen2");
    fields.set_u16("split.no", static_cast<uint16_t>(i));
    fields.set_u16("split.count", 3);
    fields.set_i32("split.tensors.count", 3);
    write_gguf(dir / fmt::format("m-{:05}-of-00003.gguf", i + 1), fields, {fmt::format("t{}", i)});
  }
  for (const char* name : {"m-00001-of-00003.gguf", "m-00003-of-00003.gguf"}) {
    const Checkpoint checkpoint = Checkpoint::open(dir / name);
    EXPECT_EQ(checkpoint.layout(), Layout::gguf);
    EXPECT_THAT(names(checkpoint), ElementsAre("t0", "t1", "t2"));
    EXPECT_EQ(checkpoint.metadata().get<std::string_view>("general.architecture"), "qwen2");
    EXPECT_EQ(checkpoint.files().size(), 3u);
    EXPECT_EQ(checkpoint.get("t2").f32()[0], 1.0f);
  }
}

TEST_F(CheckpointTest, AMissingTensorIsNamedWithItsNeighbours) {
  write_safetensors(dir / "model.safetensors", {"model.layers.0.mlp.up_proj.weight", "model.norm.weight"});
  const Checkpoint checkpoint = Checkpoint::open(dir);
  EXPECT_THAT(error_message([&] { checkpoint.get("model.layers.0.mlp.up.weight"); }),
              HasSubstr("no tensor 'model.layers.0.mlp.up.weight'; nearest names: "
                        "'model.layers.0.mlp.up_proj.weight'"));
}

TEST_F(CheckpointTest, ViewsLiveAsLongAsAnOwner) {
  write_safetensors(dir / "model.safetensors", {"a"});
  TensorView view;
  std::shared_ptr<const void> owner;
  {
    const Checkpoint checkpoint = Checkpoint::open(dir);
    const Checkpoint copy = checkpoint;
    view = copy.get("a");
    owner = checkpoint.owner();
  }
  fs::remove(dir / "model.safetensors");
  EXPECT_EQ(view.f32()[1], 2.0f);
}

TEST_F(CheckpointTest, ReleasedBytesAreReadAgain) {
  SafetensorsWriter writer(dir / "model.safetensors", {{"a", DType::f32, {1 << 14}}});
  const std::vector<float> values(1 << 14, 3.0f);
  writer.write("a", std::as_bytes(std::span(values)));
  writer.finish();
  const Checkpoint checkpoint = Checkpoint::open(dir);
  const TensorView view = checkpoint.get("a");
  checkpoint.prefetch(view);
  EXPECT_EQ(view.f32()[9999], 3.0f);
  checkpoint.release(view);
  EXPECT_EQ(view.f32()[9999], 3.0f);
  const float stranger[2] = {};
  checkpoint.release({DType::f32, {2}, reinterpret_cast<const std::byte*>(stranger)});
}

TEST_F(CheckpointTest, TextsBesideTheWeightsAreRead) {
  write_safetensors(dir / "model.safetensors", {"a"});
  write_file_atomic(dir / "chat_template.jinja", "{{ messages }}");
  const Checkpoint checkpoint = Checkpoint::open(dir / "model.safetensors");
  EXPECT_EQ(checkpoint.text("chat_template.jinja"), "{{ messages }}");
  EXPECT_FALSE(checkpoint.text("tokenizer.json").has_value());
  EXPECT_FALSE(read_generation_config(checkpoint).temperature.has_value());
  write_file_atomic(dir / "generation_config.json",
                    R"({"temperature": 0.6, "top_p": 0.95, "eos_token_id": 151643})");
  const GenerationConfig generation = read_generation_config(checkpoint);
  EXPECT_EQ(generation.temperature, 0.6);
  EXPECT_EQ(generation.top_p, 0.95);
  EXPECT_THAT(generation.eos_token_ids, ElementsAre(151643));
}

TEST_F(CheckpointTest, GgufConfigurationsAreCompletedFromTheTensors) {
  GgufFields fields;
  fields.set_string("general.architecture", "llama");
  fields.set_u32("llama.block_count", 1);
  fields.set_u32("llama.embedding_length", 64);
  fields.set_u32("llama.feed_forward_length", 128);
  fields.set_u32("llama.attention.head_count", 4);
  fields.set_f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  fields.set_u32("llama.context_length", 128);
  fields.set_u32("llama.vocab_size", 32);
  fields.set_f32("general.sampling.temp", 0.5f);
  write_gguf(dir / "tied.gguf", fields, {"token_embd.weight"});
  write_gguf(dir / "untied.gguf", fields, {"token_embd.weight", "output.weight", "blk.0.attn_q.bias"});
  const Checkpoint tied = Checkpoint::open(dir / "tied.gguf");
  EXPECT_TRUE(read_model_config(tied).tie_word_embeddings);
  EXPECT_FALSE(read_model_config(tied).attention_bias);
  EXPECT_EQ(read_model_config(tied).num_key_value_heads, 4);
  EXPECT_EQ(read_generation_config(tied).temperature, 0.5);
  const ModelConfig untied = read_model_config(Checkpoint::open(dir / "untied.gguf"));
  EXPECT_FALSE(untied.tie_word_embeddings);
  EXPECT_TRUE(untied.attention_bias);
}

TEST_F(CheckpointTest, Fp8ScalesAreFoundByKindAndCheckedByShape) {
  SafetensorsWriter writer(dir / "model.safetensors", {{"b.weight", DType::f8_e4m3, {130, 256}},
                                                       {"b.weight_scale_inv", DType::f32, {2, 2}},
                                                       {"r.weight", DType::f8_e4m3, {4, 8}},
                                                       {"r.weight_scale", DType::bf16, {4, 1}},
                                                       {"n.weight", DType::bf16, {4, 8}},
                                                       {"x.weight", DType::f8_e4m3, {4, 8}},
                                                       {"x.weight_scale", DType::f32, {8, 1}}});
  const std::vector<std::byte> zeros(130 * 256);
  for (const auto& [name, n] : std::vector<std::pair<const char*, size_t>>{{"b.weight", 130 * 256},
                                                                           {"b.weight_scale_inv", 16},
                                                                           {"r.weight", 32},
                                                                           {"r.weight_scale", 8},
                                                                           {"n.weight", 64},
                                                                           {"x.weight", 32},
                                                                           {"x.weight_scale", 32}})
    writer.write(name, std::span(zeros).first(n));
  writer.finish();
  const Checkpoint checkpoint = Checkpoint::open(dir);
  EXPECT_EQ(find_scale(checkpoint, "b.weight").kind, WeightScale::Kind::block);
  EXPECT_EQ(find_scale(checkpoint, "r.weight").kind, WeightScale::Kind::row);
  EXPECT_EQ(find_scale(checkpoint, "r.weight").scale.shape, (Shape{4, 1}));
  EXPECT_EQ(find_scale(checkpoint, "n.weight").kind, WeightScale::Kind::none);
  EXPECT_THAT(error_message([&] { find_scale(checkpoint, "x.weight"); }),
              HasSubstr("'x.weight_scale' is f32 of shape [8, 1], expected floats of shape [4, 1]"));
}

}  // namespace
}  // namespace retort
