#include "retort/compress/calibrated_layers.h"

#include <gtest/gtest.h>

#include "retort/compress/automatic_probe.h"
#include "retort/compress/calibration_fixture.h"
#include "retort/compress/layer_substitution.h"
#include "retort/compress/tiny_model.h"
#include "retort/formats/temporary_folder.h"

namespace retort::compress {
namespace {

constexpr IntegerGrid kGrid{4, 32};

class CalibratedLayersTest : public TemporaryFolder {
 protected:
  Checkpoint model_of(const std::string& architecture) {
    ModelConfig config = tiny_config(architecture);
    config.intermediate_size = 256;
    write_tiny_model(make_tiny_model(config), dir / architecture);
    return Checkpoint::open(dir / architecture);
  }

  static Calibration::Documents text(uint64_t seed) {
    Random random(seed);
    Calibration::Documents documents(4);
    for (auto& document : documents)
      for (int i = 0; i < 100; ++i) document.push_back(static_cast<int32_t>(random.below(300)));
    return documents;
  }

  /// The weights that a method makes, the foldings undone.
  std::map<std::string, std::vector<float>> weights_of(const Checkpoint& checkpoint, Method method) {
    SourceModel source(checkpoint);
    CalibratedLayers layers(machine.context, source, text(1), {.method = method, .grid = kGrid});
    std::map<std::string, std::vector<float>> weights;
    for (const SourceTensor& tensor : source.tensors()) {
      if (tensor.role != TensorRole::linear) continue;
      auto& values = weights[tensor.module];
      values.resize(static_cast<size_t>(tensor.rows * tensor.columns));
      decode_rows(layers.take(tensor), 0, tensor.rows, values.data());
      layers.foldings().undo(tensor, 0, tensor.rows, values.data());
    }
    return weights;
  }

  std::map<std::string, std::vector<float>> nearest(const SourceModel& source) {
    std::map<std::string, std::vector<float>> weights;
    for (const SourceTensor& tensor : source.tensors()) {
      if (tensor.role != TensorRole::linear) continue;
      auto& values = weights[tensor.module];
      values.resize(static_cast<size_t>(tensor.rows * tensor.columns));
      source.read_rows(tensor, 0, tensor.rows, values.data());
      decode_rows(round_to_nearest({values.data(), tensor.rows, tensor.columns}, kGrid), 0, tensor.rows,
                  values.data());
    }
    return weights;
  }

  double kl_of(const SourceModel& source, const std::map<std::string, std::vector<float>>& weights) {
    DivergenceProbe probe(machine.context, source, text(2));
    std::optional<LayerSubstitution> layer;
    return probe.kl_of_all(
        [&](int i) -> const DecoderLayer& {
          layer.emplace(probe.model().layer(i), source);
          for (const SourceTensor& tensor : source.tensors())
            if (tensor.layer == i && tensor.role == TensorRole::linear)
              layer->replace(tensor, weights.at(tensor.module).data());
          return layer->layer();
        },
        {});
  }

  fixture::Machine machine{2};
};

TEST_F(CalibratedLayersTest, MethodsLoseLessThanRoundToNearest) {
  for (const char* architecture : {"qwen2", "mixtral"}) {
    const Checkpoint checkpoint = model_of(architecture);
    const SourceModel source(checkpoint);
    const double plain = kl_of(source, nearest(source));
    EXPECT_LT(kl_of(source, weights_of(checkpoint, Method::gptq)), 0.9 * plain) << architecture;
    if (architecture == std::string("mixtral")) continue;
    EXPECT_LT(kl_of(source, weights_of(checkpoint, Method::importance)), plain);
    EXPECT_LT(kl_of(source, weights_of(checkpoint, Method::awq)), plain);
  }
}

TEST_F(CalibratedLayersTest, FoldingsReachNormsAndMatricesAlike) {
  const Checkpoint checkpoint = model_of("llama");
  const SourceModel plain(checkpoint);
  SourceModel folded(checkpoint);
  CalibratedLayers layers(machine.context, folded, text(1), {.method = Method::smoothquant, .grid = {8, 0}});
  layers.enter(0);
  const SourceTensor& norm = *plain.find("model.layers.0.input_layernorm.weight");
  const SourceTensor& query = *plain.find("model.layers.0.self_attn.q_proj.weight");
  std::vector<float> norm_before(256), norm_after(256), before(256), after(256);
  plain.read_rows(norm, 0, 1, norm_before.data());
  folded.read_rows(norm, 0, 1, norm_after.data());
  plain.read_rows(query, 7, 8, before.data());
  folded.read_rows(query, 7, 8, after.data());
  int moved = 0;
  for (size_t c = 0; c < 256; ++c) {
    EXPECT_NEAR(norm_after[c] * after[c], norm_before[c] * before[c], 1e-5) << c;
    moved += norm_after[c] != norm_before[c];
  }
  EXPECT_GT(moved, 200);
  // The next layer has not been entered.
  const SourceTensor& later = *plain.find("model.layers.1.input_layernorm.weight");
  plain.read_rows(later, 0, 1, norm_before.data());
  folded.read_rows(later, 0, 1, norm_after.data());
  EXPECT_EQ(norm_before, norm_after);
}

TEST_F(CalibratedLayersTest, ExpertsWithoutTokensAreRoundedToNearestAndNamed) {
  const Checkpoint checkpoint = model_of("mixtral");
  SourceModel source(checkpoint);
  // One token goes to two of the three experts.
  CalibratedLayers layers(machine.context, source, {{5}}, {.method = Method::gptq, .grid = kGrid});
  layers.enter(0);
  const std::vector<std::string>& fallbacks = layers.reports().front().fallbacks;
  ASSERT_EQ(fallbacks.size(), 3u);  // w1, w3 and w2 of one
  EXPECT_NE(fallbacks.front().find("no token of the text reached it"), std::string::npos);
}

}  // namespace
}  // namespace retort::compress
