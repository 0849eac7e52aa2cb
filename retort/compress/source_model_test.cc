#include "retort/compress/source_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/compress/tiny_model.h"
#include "retort/formats/temporary_folder.h"
#include "retort/infer/gguf_export.h"

namespace retort::compress {
namespace {

using ::testing::HasSubstr;

class SourceModelTest : public TemporaryFolder {
 protected:
  SourceModel folder_of(const TinyModel& model) {
    write_tiny_model(model, dir / "hf");
    return SourceModel(Checkpoint::open(dir / "hf"));
  }
};

void expect_weights(const SourceModel& source, const TinyModel& model) {
  EXPECT_EQ(source.tensors().size(), model.weights.size());
  for (const auto& [name, weight] : model.weights) {
    const SourceTensor* tensor = source.find(name);
    ASSERT_NE(tensor, nullptr) << name;
    std::vector<float> values(weight.values.size(), NAN);
    source.read_rows(*tensor, 0, tensor->rows, values.data());
    EXPECT_EQ(values, weight.values) << name;
    source.release(*tensor);
  }
}

TEST_F(SourceModelTest, HasEveryTensorOfAFolderUnderItsName) {
  for (const char* architecture : {"qwen2", "llama", "mixtral"}) {
    const TinyModel model = make_tiny_model(tiny_config(architecture));
    expect_weights(folder_of(model), model);
  }
}

TEST_F(SourceModelTest, HasTheSameNamesRowsAndExpertsFromAGguf) {
  for (const char* architecture : {"qwen2", "llama", "mixtral"}) {
    const TinyModel model = make_tiny_model(tiny_config(architecture));
    write_tiny_model(model, dir / "hf");
    export_gguf(Checkpoint::open(dir / "hf"), dir / "m.gguf");
    expect_weights(SourceModel(Checkpoint::open(dir / "m.gguf")), model);
  }
}

TEST_F(SourceModelTest, ListsInTheOrderOfTheForwardPassWithoutATiedHead) {
  ModelConfig config = tiny_config("qwen2");
  config.tie_word_embeddings = true;
  const SourceModel source = folder_of(make_tiny_model(config));
  const auto tensors = source.tensors();
  EXPECT_EQ(tensors.front().name, "model.embed_tokens.weight");
  EXPECT_EQ(tensors[1].name, "model.layers.0.input_layernorm.weight");
  EXPECT_EQ(tensors[2].name, "model.layers.0.self_attn.q_proj.weight");
  EXPECT_EQ(tensors[3].name, "model.layers.0.self_attn.q_proj.bias");
  EXPECT_EQ(tensors[2].role, TensorRole::linear);
  EXPECT_EQ(tensors[3].role, TensorRole::vector);
  EXPECT_EQ(tensors[2].layer, 0);
  EXPECT_EQ(tensors.back().name, "model.norm.weight");
  EXPECT_EQ(source.find("lm_head.weight"), nullptr);
}

TEST_F(SourceModelTest, ReadsAnyRowsAndEditsThem) {
  const TinyModel model = make_tiny_model(tiny_config("llama"));
  SourceModel source = folder_of(model);
  source.set_edit([](const SourceTensor& tensor, int64_t begin, int64_t end, float* rows) {
    if (tensor.module == "lm_head")
      for (int64_t i = 0; i < (end - begin) * tensor.columns; ++i) rows[i] *= 2;
  });
  std::vector<float> rows(2 * 256);
  source.read_rows(*source.find("lm_head.weight"), 7, 9, rows.data());
  const auto& values = model.weights.at("lm_head.weight").values;
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], 2 * values[7 * 256 + i]);
}

/// FP8 with scales of rows or blocks, written here by hand.
class Fp8Folder {
 public:
  Fp8Folder(const std::filesystem::path& folder, bool blocks) {
    TinyModel model = make_tiny_model(tiny_config("llama"));
    write_tiny_model(model, folder);
    std::vector<TensorSpec> specs;
    for (const auto& [name, w] : model.weights)
      specs.push_back({name, name == kName ? DType::f8_e4m3 : DType::bf16, w.shape});
    const std::string scale_name = std::string(kName) + (blocks ? "_scale_inv" : "_scale");
    const Shape scale_shape = blocks ? Shape{4, 2} : Shape{512, 1};
    specs.push_back({scale_name, DType::f32, scale_shape});
    SafetensorsWriter writer(folder / "model.safetensors", specs);
    std::vector<float> scales;
    for (int64_t i = 0; i < scale_shape.elements(); ++i) scales.push_back(0.5f + static_cast<float>(i));
    writer.write(scale_name, std::as_bytes(std::span(scales)));
    for (const auto& [name, w] : model.weights) {
      std::vector<std::byte> bytes(w.values.size() * 2);
      if (name == kName) {
        bytes.assign(512 * 256, std::byte{0x38});  // 1.0
        bytes[300 * 256 + 200] = std::byte{0xb8};
      }
      writer.write(name, bytes);
    }
    writer.finish();
  }
  static constexpr const char* kName = "model.layers.1.mlp.up_proj.weight";
};

TEST_F(SourceModelTest, AppliesTheScalesOfFp8Rows) {
  Fp8Folder folder(dir / "fp8", false);
  const SourceModel source(Checkpoint::open(dir / "fp8"));
  EXPECT_TRUE(source.is_quantised());
  const SourceTensor& tensor = *source.find(Fp8Folder::kName);
  EXPECT_TRUE(tensor.quantised);
  std::vector<float> row(256);
  source.read_rows(tensor, 300, 301, row.data());
  EXPECT_EQ(row[0], 300.5f);
  EXPECT_EQ(row[200], -300.5f);
}

TEST_F(SourceModelTest, AppliesTheScalesOfFp8Blocks) {
  Fp8Folder folder(dir / "fp8", true);
  const SourceModel source(Checkpoint::open(dir / "fp8"));
  std::vector<float> row(256);
  source.read_rows(*source.find(Fp8Folder::kName), 300, 301, row.data());
  EXPECT_EQ(row[0], 4.5f);     // block 2, 0
  EXPECT_EQ(row[200], -5.5f);  // block 2, 1
}

TEST_F(SourceModelTest, NamesTheFirstNumberThatIsNone) {
  for (float bad : {NAN, -INFINITY}) {
    TinyModel model = make_tiny_model(tiny_config("llama"));
    model.weights["model.layers.1.mlp.down_proj.weight"].values[3 * 512 + 77] = bad;
    const SourceModel source = folder_of(model);
    const SourceTensor& tensor = *source.find("model.layers.1.mlp.down_proj.weight");
    std::vector<float> rows(static_cast<size_t>(tensor.rows * tensor.columns));
    const std::string message = error_message([&] { source.read_rows(tensor, 0, tensor.rows, rows.data()); });
    EXPECT_THAT(message, HasSubstr("tensor 'model.layers.1.mlp.down_proj.weight': row 3, column 77"));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST_F(SourceModelTest, RefusesMissingTensorsAndWrongShapes) {
  TinyModel model = make_tiny_model(tiny_config("llama"));
  model.weights["model.layers.0.mlp.up_proj.weight"].shape = {256, 512};
  EXPECT_THAT(error_message([&] { folder_of(model); }),
              HasSubstr("has shape [256, 512], config says [512, 256]"));
  model.weights.erase("model.layers.0.mlp.up_proj.weight");
  EXPECT_THAT(error_message([&] { folder_of(model); }),
              HasSubstr("no tensor 'model.layers.0.mlp.up_proj.weight'"));
}

}  // namespace
}  // namespace retort::compress
