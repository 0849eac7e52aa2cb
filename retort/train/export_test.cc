#include "retort/train/export.h"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>

#include "retort/base/file.h"
#include "retort/formats/temporary_folder.h"
#include "retort/infer/loaded_model.h"
#include "retort/ops/linear.h"
#include "retort/tensor/codec.h"
#include "retort/tensor/float_formats.h"
#include "retort/train/small_models.h"

namespace retort::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kVocabulary = 2050;  // of tools/small_tokenizer.json
constexpr const char* kTemplate =
    "{{ '<｜User｜>' }}{{ messages[0]['content'] }}{{ '<｜Assistant｜><think>' }}";

ModelFiles files_of(const ModelConfig& config) {
  return {{"tokenizer.json", read_file(fs::path(RETORT_SOURCE_DIR) / "tools/small_tokenizer.json")},
          {"tokenizer_config.json",
           tokenizer_config_json("", "<｜end▁of▁sentence｜>", "<｜end▁of▁sentence｜>", kTemplate)},
          {"generation_config.json", generation_config_json(config, 0.6, 0.95)}};
}

ModelConfig exported_config(const char* architecture) {
  ModelConfig c = small_config(kVocabulary);
  c.architecture = architecture;
  c.attention_bias = c.architecture == "qwen2";
  c.eos_token_ids = {2043};
  return c;
}

class Export : public TemporaryFolder {};

TEST_F(Export, IsReadBackWithTheLogitsOfTraining) {
  for (const char* architecture : {"llama", "qwen2"}) {
    TapeMachine machine;
    machine.ctx.tape = nullptr;
    TrainableDecoder model(exported_config(architecture));
    model.initialise(machine.ctx, 9);
    const fs::path folder = dir / architecture;
    export_model(folder, model, files_of(model.config()));

    const LoadedModel loaded = LoadedModel::open(machine.ctx, folder);
    EXPECT_TRUE(loaded.chat_template) << loaded.chat_template_problem;
    EXPECT_EQ(loaded.generation.temperature, 0.6);
    EXPECT_THAT(loaded.stop_tokens(), ::testing::Contains(2043));
    const std::vector<int32_t> tokens = {5, 900, 2049, 17, 3, 3, 1200};
    const std::span<const int32_t> documents[] = {tokens};
    const Tensor wanted =
        linear(machine.ctx, model.decoder().hidden_states(machine.ctx, documents), model.decoder().lm_head());
    auto cache = loaded.make_cache(kernels::KvDType::bf16, 32);
    const std::vector<int32_t> pages = {0};
    const SequenceStep step{.tokens = tokens, .pages = pages, .n_logits = static_cast<int>(tokens.size())};
    const Tensor found = loaded.model->forward(machine.ctx, std::span(&step, 1), *cache);
    ASSERT_EQ(found.shape(), wanted.shape());
    EXPECT_EQ(std::memcmp(found.bytes(), wanted.bytes(), wanted.view().bytes()), 0) << architecture;
  }
}

/// Rows of a matrix in a folder, rounded as `retort quantize` rounds them, in the BF16 that products read.
std::vector<bf16> rounded_from_disk(const Checkpoint& checkpoint, const Parameter& p) {
  const TensorView view = checkpoint.get(p.name);
  const int64_t n = p.master.columns();
  std::vector<float> row(static_cast<size_t>(n));
  std::vector<bf16> all;
  for (int64_t i = 0; i < p.master.rows(); ++i) {
    decode_row(view.dtype, view.row(i), row.data(), n);
    round_to_grid(*p.grid, row.data(), row.data(), n);
    for (float w : row) all.push_back(to_bf16(w));
  }
  return all;
}

TEST_F(Export, RoundingItToTheFormatOfItsLastStageGivesTheValuesThatItLearntWith) {
  for (const WeightGrid& grid : weight_grids()) {
    if (grid.group > 32) continue;  // wider than the model
    TapeMachine machine;
    TrainableDecoder model(exported_config("llama"));
    model.initialise(machine.ctx, 9);
    model.quantise(machine.ctx, &grid);
    const fs::path folder = dir / std::string(grid.name);
    export_model(folder, model, files_of(model.config()));
    const Checkpoint checkpoint = Checkpoint::open(folder);
    int rounded = 0;
    for (const Parameter& p : model.parameters()) {
      if (p.grid == nullptr) continue;
      const std::vector<bf16> found = rounded_from_disk(checkpoint, p);
      ASSERT_EQ(std::memcmp(found.data(), p.value.bytes(), p.value.view().bytes()), 0)
          << grid.name << " " << p.name;
      ++rounded;
    }
    EXPECT_EQ(rounded, 2 * 7);
  }
}

TEST_F(Export, ReplacesAModelAsAWhole) {
  TapeMachine machine;
  TrainableDecoder model(exported_config("llama"));
  model.initialise(machine.ctx, 1);
  export_model(dir / "model", model, {{"README.md", "first"}, {"old.txt", "gone"}});
  export_model(dir / "model", model, {{"README.md", "second"}});
  EXPECT_EQ(read_file(dir / "model/README.md"), "second");
  EXPECT_FALSE(fs::exists(dir / "model/old.txt"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir), fs::directory_iterator()), 1)
      << "something was left behind";
}

TEST_F(Export, DoesNotReplaceWhatIsNoModel) {
  TapeMachine machine;
  TrainableDecoder model(exported_config("llama"));
  model.initialise(machine.ctx, 1);
  fs::create_directories(dir / "thesis");
  std::ofstream(dir / "thesis/chapter1.txt") << "years of work";
  EXPECT_THAT(error_message([&] { export_model(dir / "thesis", model, {}); }),
              ::testing::HasSubstr("is there and holds no model"));
  EXPECT_EQ(read_file(dir / "thesis/chapter1.txt"), "years of work");
}

}  // namespace
}  // namespace retort::train
