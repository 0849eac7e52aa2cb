#include "retort/compress/folding_edit.h"

#include <gtest/gtest.h>

#include "retort/compress/calibration_fixture.h"
#include "retort/compress/scaled_group.h"
#include "retort/compress/tiny_model.h"
#include "retort/formats/temporary_folder.h"
#include "retort/model/architecture.h"
#include "retort/model/decoder.h"

namespace retort::compress {
namespace {

class FoldingEditTest : public TemporaryFolder {
 protected:
  /// The logits of a fixed text, all weights in f32.
  std::vector<float> logits_of(const std::filesystem::path& folder) {
    fixture::Machine machine(2);
    const Checkpoint checkpoint = Checkpoint::open(folder);
    const auto model = load_causal_lm(machine.context, checkpoint, read_model_config(checkpoint));
    const auto& decoder = dynamic_cast<const Decoder&>(*model);
    std::vector<int32_t> tokens;
    for (int32_t i = 0; i < 40; ++i) tokens.push_back(i * 7 % 300);
    const std::span<const int32_t> documents[] = {tokens};
    const Tensor hidden = decoder.hidden_states(machine.context, documents);
    const Tensor logits = linear(machine.context, hidden, decoder.lm_head());
    return {logits.f32(), logits.f32() + logits.shape().elements()};
  }

  /// The source's tensors in f32, as it reads them.
  void write_f32(const SourceModel& source, const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    std::vector<TensorSpec> specs;
    for (const SourceTensor& t : source.tensors())
      specs.push_back(
          {t.name, DType::f32, t.role == TensorRole::vector ? Shape{t.columns} : Shape{t.rows, t.columns}});
    SafetensorsWriter writer(folder / "model.safetensors", specs, {{"format", "pt"}});
    for (const SourceTensor& t : source.tensors()) {
      std::vector<float> values(static_cast<size_t>(t.rows * t.columns));
      source.read_rows(t, 0, t.rows, values.data());
      writer.write(t.name, std::as_bytes(std::span(values)));
    }
    writer.finish();
    std::filesystem::copy_file(dir / "hf" / "config.json", folder / "config.json");
  }
};

/// Relative distance of two vectors.
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i] - b[i]), 2);
    size += std::pow(static_cast<double>(a[i]), 2);
  }
  return std::sqrt(difference / size);
}

/// Random scales for every group of every layer, or for all but those behind the values.
FoldingEdit random_foldings(const SourceModel& source, bool values_too) {
  FoldingEdit edit(source.config().head_dim);
  Random random(3);
  for (int layer = 0; layer < 2; ++layer) {
    for (const ScaledGroup& group : scaled_groups(source, layer)) {
      if (!values_too && group.source.ends_with("v_proj.weight")) continue;
      std::vector<float> scale(static_cast<size_t>(group.readers.front()->columns));
      for (float& s : scale) s = std::exp(random.normal());
      edit.add(fold(source, group, std::move(scale)));
    }
  }
  return edit;
}

TEST_F(FoldingEditTest, LeavesTheModelsFunctionAsItIs) {
  for (const char* architecture : {"qwen2", "llama", "mixtral"}) {
    std::filesystem::remove_all(dir);
    write_tiny_model(make_tiny_model(tiny_config(architecture)), dir / "hf");
    write_f32(SourceModel(Checkpoint::open(dir / "hf")), dir / "plain");
    const std::vector<float> plain = logits_of(dir / "plain");
    for (bool values_too : {false, true}) {
      SourceModel source(Checkpoint::open(dir / "hf"));
      const FoldingEdit edit = random_foldings(source, values_too);
      source.set_edit(edit);
      write_f32(source, dir / "folded");
      const double d = distance(plain, logits_of(dir / "folded"));
      // All is f32 but keys and values, which attention rounds to BF16: scaled ones elsewhere, and of those
      // that are the same but for their last bits a few.
      EXPECT_LT(d, values_too ? 5e-3 : 1e-4) << architecture;
      EXPECT_GT(d, 0) << architecture;
      std::filesystem::remove_all(dir / "folded");
    }
  }
}

TEST(FoldingEdit, NormsCarryTheirDivisionExactly) {
  std::vector<float> scale = {0.3f, 1.7f, 12.0f, 1e-3f, 2.0f};
  const std::vector<float> wanted = scale, norm = {1.0f, 0.8125f, -0.5f, 0.7f, 0.0f};
  fit_to_norm(scale, norm);
  for (size_t i = 0; i < 4; ++i) {
    const float divided = norm[i] / scale[i];
    EXPECT_NEAR(to_f32(to_bf16(divided)) / divided, 1.0, 1e-6);
    EXPECT_NEAR(scale[i] / wanted[i], 1.0, 0.005);
  }
  EXPECT_EQ(scale[4], 1.0f);
}

TEST(FoldingEdit, AKeyValueHeadFeedsAllHeadsOfItsGroup) {
  // Two key-value heads of two channels, four query heads.
  EXPECT_EQ(fed_column(0, 4, 8, 2), 0);
  EXPECT_EQ(fed_column(1, 4, 8, 2), 1);
  EXPECT_EQ(fed_column(2, 4, 8, 2), 4);
  EXPECT_EQ(fed_column(3, 4, 8, 2), 5);
  std::vector<float> scale = {1, 2, 4, 8, 1, 3, 9, 27};
  share_between_heads(scale, 4, 2);
  EXPECT_FLOAT_EQ(scale[0], 2);  // channel 0 of heads 0 and 1
  EXPECT_FLOAT_EQ(scale[2], 2);
  EXPECT_FLOAT_EQ(scale[5], 9);  // channel 1 of heads 2 and 3
  EXPECT_FLOAT_EQ(scale[7], 9);
}

}  // namespace
}  // namespace retort::compress
