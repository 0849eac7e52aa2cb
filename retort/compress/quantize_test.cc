// Files as quantize writes them, read by decoders written here from the formats' descriptions:
// compressed-tensors' float-quantized, int-quantized and pack-quantized, DeepSeek-V3's FP8 blocks, and GGUF.
#include "retort/compress/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "retort/base/json.h"
#include "retort/compress/output_check.h"
#include "retort/compress/tiny_model.h"
#include "retort/formats/temporary_folder.h"
#include "retort/infer/gguf_export.h"
#include "retort/kernels/kernel_table.h"

namespace retort::compress {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kUp = "model.layers.1.mlp.up_proj";

/// A safetensors file, read without the reader under test: 8 bytes of header size, JSON, data.
class RawSafetensors {
 public:
  explicit RawSafetensors(const std::filesystem::path& path) : text_(read_file(path)) {
    uint64_t size = 0;
    std::memcpy(&size, text_.data(), 8);
    header_ = parse_json(std::string_view(text_).substr(8, size), "header");
    data_ = std::string_view(text_).substr(8 + size);
  }
  bool has(const std::string& name) const { return header_.contains(name); }
  std::string type(const std::string& name) const { return header_.at(name).at("dtype"); }
  std::vector<int64_t> shape(const std::string& name) const { return header_.at(name).at("shape"); }
  std::string_view bytes(const std::string& name) const {
    const uint64_t begin = header_.at(name).at("data_offsets").at(0),
                   end = header_.at(name).at("data_offsets").at(1);
    return data_.substr(begin, end - begin);
  }
  template <typename T>
  T at(const std::string& name, int64_t i) const {
    T x;
    std::memcpy(&x, bytes(name).data() + static_cast<size_t>(i) * sizeof(T), sizeof(T));
    return x;
  }
  float bf16_at(const std::string& name, int64_t i) const {
    return std::bit_cast<float>(static_cast<uint32_t>(at<uint16_t>(name, i)) << 16);
  }

 private:
  std::string text_;
  Json header_;
  std::string_view data_;
};

/// E4M3FN by its definition: sign, 4 bits of exponent with bias 7, 3 of mantissa.
double f8_value(uint8_t bits) {
  const int exponent = bits >> 3 & 15, mantissa = bits & 7;
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
  return bits & 0x80 ? -magnitude : magnitude;
}

class QuantizeTest : public TemporaryFolder {
 protected:
  QuantizeTest() : kernels_(kernels::kernel_table(kernels::choose_isa())) {}

  void write(const SourceModel& source, const std::string& format, const QuantizeOptions& options = {},
             int threads = 2) {
    ThreadPool pool(threads);
    Arena arena;
    Context ctx{pool, arena, kernels_};
    const Target& target = target_named(format);
    const QuantizationPlan plan = plan_quantization(source, target);
    const auto sink = target.layout == Layout::gguf ? make_gguf_sink(source, plan, out(format))
                                                    : make_folder_sink(source, plan, out(format));
    quantize(ctx, source, plan, options, *sink);
  }
  std::filesystem::path out(const std::string& format) const {
    return target_named(format).layout == Layout::gguf ? dir / (format + ".gguf") : dir / format;
  }
  SourceModel source_of(const TinyModel& model) {
    write_tiny_model(model, dir / "source");
    return SourceModel(Checkpoint::open(dir / "source"));
  }
  Json config_of(const std::string& format) const {
    return parse_json(read_file(out(format) / "config.json"), "config.json");
  }

  kernels::KernelTable kernels_;
};

float largest(const std::vector<float>& values, int64_t begin, int64_t end) {
  float most = 0;
  for (int64_t i = begin; i < end; ++i) most = std::max(most, std::fabs(values[static_cast<size_t>(i)]));
  return most;
}

TEST_F(QuantizeTest, Fp8IsAValueAByteAndABf16ScaleARow) {
  TinyModel model = make_tiny_model(tiny_config("llama"));
  auto& values = model.weights[std::string(kUp) + ".weight"].values;
  std::fill_n(values.begin() + 5 * 256, 256, 0.0f);  // a row of zeros
  write(source_of(model), "fp8");
  const RawSafetensors file(out("fp8") / "model.safetensors");
  const std::string weight = std::string(kUp) + ".weight", scale = weight + "_scale";
  EXPECT_EQ(file.type(weight), "F8_E4M3");
  EXPECT_THAT(file.shape(weight), ElementsAre(512, 256));
  EXPECT_EQ(file.type(scale), "BF16");
  EXPECT_THAT(file.shape(scale), ElementsAre(512, 1));
  for (int64_t r = 0; r < 512; ++r) {
    const float s = file.bf16_at(scale, r), most = largest(values, r * 256, (r + 1) * 256);
    ASSERT_GT(s, 0);
    if (most > 0) ASSERT_NEAR(s, most / 448, most / 448 / 250);
    for (int64_t c = 0; c < 256; ++c) {
      const double w = values[static_cast<size_t>(r * 256 + c)],
                   got = s * f8_value(file.at<uint8_t>(weight, r * 256 + c));
      // Half a step of 3 bits of mantissa, or of the smallest; and what the scale's rounding cuts off at the
      // end.
      ASSERT_LE(std::fabs(got - w), std::max(std::fabs(w) / 16 * 1.001, s * 0x1p-10)) << r << ", " << c;
    }
  }
  EXPECT_EQ(file.type("model.embed_tokens.weight"), "BF16");
  EXPECT_EQ(file.type("lm_head.weight"), "BF16");
  EXPECT_EQ(file.type("model.layers.0.input_layernorm.weight"), "BF16");
  EXPECT_FALSE(file.has("lm_head.weight_scale"));
}

TEST_F(QuantizeTest, Fp8SaysSoAsCompressedTensorsDoes) {
  write(source_of(make_tiny_model(tiny_config("llama"))), "fp8");
  const Json config = config_of("fp8"), q = config.at("quantization_config"),
             group = q.at("config_groups").at("group_0");
  EXPECT_EQ(config.at("torch_dtype"), "bfloat16");
  EXPECT_EQ(q.at("quant_method"), "compressed-tensors");
  EXPECT_EQ(q.at("format"), "float-quantized");
  EXPECT_EQ(q.at("ignore"), Json({"lm_head"}));
  EXPECT_EQ(group.at("targets"), Json({"Linear"}));
  EXPECT_EQ(group.at("weights").at("strategy"), "channel");
  EXPECT_EQ(group.at("weights").at("type"), "float");
  EXPECT_EQ(group.at("input_activations").at("strategy"), "token");
  EXPECT_EQ(group.at("input_activations").at("dynamic"), true);
}

TEST_F(QuantizeTest, Fp8BlocksHaveAnF32ScaleEvery128By128) {
  // 320 rows: the last block of the head would be ragged; q_proj has 2 x 2 whole ones, up_proj 4 x 2.
  ModelConfig config = tiny_config("qwen2");
  config.intermediate_size = 320;
  const TinyModel model = make_tiny_model(config);
  const auto& values = model.weights.at(std::string(kUp) + ".weight").values;
  write(source_of(model), "fp8-block");
  const RawSafetensors file(out("fp8-block") / "model.safetensors");
  const std::string weight = std::string(kUp) + ".weight", scale = weight + "_scale_inv";
  EXPECT_EQ(file.type(scale), "F32");
  EXPECT_THAT(file.shape(scale), ElementsAre(3, 2));
  for (int64_t r = 0; r < 320; ++r)
    for (int64_t c = 0; c < 256; ++c) {
      const float s = file.at<float>(scale, r / 128 * 2 + c / 128);
      const double w = values[static_cast<size_t>(r * 256 + c)],
                   got = s * f8_value(file.at<uint8_t>(weight, r * 256 + c));
      ASSERT_LE(std::fabs(got - w), std::max(std::fabs(w) / 16 * 1.001, s * 0x1p-10)) << r << ", " << c;
    }
  const Json q = config_of("fp8-block").at("quantization_config");
  EXPECT_EQ(q.at("quant_method"), "fp8");
  EXPECT_EQ(q.at("weight_block_size"), Json({128, 128}));
  EXPECT_EQ(q.at("activation_scheme"), "dynamic");
}

TEST_F(QuantizeTest, Int8IsHalfAStepFromTheWeightsWithAScaleOfMaxOver127AndAHalf) {
  const TinyModel model = make_tiny_model(tiny_config("llama"));
  const auto& values = model.weights.at(std::string(kUp) + ".weight").values;
  write(source_of(model), "int8");
  const RawSafetensors file(out("int8") / "model.safetensors");
  const std::string weight = std::string(kUp) + ".weight", scale = weight + "_scale";
  EXPECT_EQ(file.type(weight), "I8");
  EXPECT_EQ(file.type(scale), "BF16");
  EXPECT_THAT(file.shape(scale), ElementsAre(512, 1));
  for (int64_t r = 0; r < 512; ++r) {
    const float s = file.bf16_at(scale, r), most = largest(values, r * 256, (r + 1) * 256);
    ASSERT_NEAR(s, most / 127.5f, most / 127.5f / 250);
    for (int64_t c = 0; c < 256; ++c) {
      const float w = values[static_cast<size_t>(r * 256 + c)];
      const float wanted = std::clamp(std::nearbyint(w / s), -128.0f, 127.0f);
      ASSERT_EQ(file.at<int8_t>(weight, r * 256 + c), static_cast<int8_t>(wanted));
    }
  }
  EXPECT_EQ(config_of("int8").at("quantization_config").at("format"), "int-quantized");
}

TEST_F(QuantizeTest, Int4PacksEightValuesAWordLowestBitsFirst) {
  const TinyModel model = make_tiny_model(tiny_config("llama"));
  const auto& values = model.weights.at(std::string(kUp) + ".weight").values;
  write(source_of(model), "int4-g64");
  const RawSafetensors file(out("int4-g64") / "model.safetensors");
  const std::string packed = std::string(kUp) + ".weight_packed", scale = std::string(kUp) + ".weight_scale",
                    shape = std::string(kUp) + ".weight_shape";
  EXPECT_FALSE(file.has(std::string(kUp) + ".weight"));
  EXPECT_EQ(file.type(packed), "I32");
  EXPECT_THAT(file.shape(packed), ElementsAre(512, 32));
  EXPECT_THAT(file.shape(scale), ElementsAre(512, 4));
  EXPECT_EQ(file.type(shape), "I64");
  EXPECT_EQ(file.at<int64_t>(shape, 0), 512);
  EXPECT_EQ(file.at<int64_t>(shape, 1), 256);
  for (int64_t r = 0; r < 512; ++r)
    for (int64_t c = 0; c < 256; ++c) {
      const auto word = file.at<uint32_t>(packed, r * 32 + c / 8);
      const int q = static_cast<int>(word >> (4 * (c % 8)) & 15) - 8;
      const float s = file.bf16_at(scale, r * 4 + c / 64), w = values[static_cast<size_t>(r * 256 + c)];
      ASSERT_EQ(static_cast<float>(q), std::clamp(std::nearbyint(w / s), -8.0f, 7.0f)) << r << ", " << c;
    }
  const Json weights =
      config_of("int4-g64").at("quantization_config").at("config_groups").at("group_0").at("weights");
  EXPECT_EQ(weights.at("group_size"), 64);
  EXPECT_EQ(weights.at("num_bits"), 4);
}

/// What the reader gets back of the file, beside the weights: relative root of the mean square.
double loss_of(const std::filesystem::path& path, const TinyModel& model, const std::string& name) {
  const SourceModel written(Checkpoint::open(path));
  const SourceTensor& tensor = *written.find(name);
  std::vector<float> got(static_cast<size_t>(tensor.rows * tensor.columns));
  written.read_rows(tensor, 0, tensor.rows, got.data());
  const auto& wanted = model.weights.at(name).values;
  double error = 0, power = 0;
  for (size_t i = 0; i < got.size(); ++i)
    error += std::pow(got[i] - wanted[i], 2), power += std::pow(wanted[i], 2);
  return std::sqrt(error / power);
}

TEST_F(QuantizeTest, EveryGgufFormatReadsBackWithinItsError) {
  const std::pair<const char*, double> kBounds[] = {{"bf16", 0.0},  {"q8_0", 0.006}, {"q6_k", 0.02},
                                                    {"q5_k", 0.04}, {"q4_k", 0.08},  {"q4_0", 0.1}};
  const TinyModel model = make_tiny_model(tiny_config("llama"));
  const SourceModel source = source_of(model);
  for (const auto& [format, bound] : kBounds) {
    write(source, format);
    for (const auto& [name, weight] : model.weights)
      EXPECT_LE(loss_of(out(format), model, name), bound) << format << ", " << name;
  }
}

TEST_F(QuantizeTest, EveryArchitectureReadsBack) {
  for (const char* architecture : {"qwen2", "mixtral"}) {
    const TinyModel model = make_tiny_model(tiny_config(architecture));
    write(source_of(model), "q4_k_m");
    for (const auto& [name, weight] : model.weights)
      EXPECT_LE(loss_of(out("q4_k_m"), model, name), 0.08) << architecture << ", " << name;
  }
}

TEST_F(QuantizeTest, AGgufBecomesTheSameFileAsItsFolder) {
  const TinyModel model = make_tiny_model(tiny_config("llama"));
  write(source_of(model), "q4_k_m");
  const std::string weights = weights_checksum(Checkpoint::open(out("q4_k_m")));
  export_gguf(Checkpoint::open(dir / "source"), dir / "m.gguf");
  write(SourceModel(Checkpoint::open(dir / "m.gguf")), "q4_k_m");
  EXPECT_EQ(weights_checksum(Checkpoint::open(out("q4_k_m"))), weights);
}

TEST_F(QuantizeTest, IsTheSameFileForAnyNumberOfThreads) {
  const SourceModel source = source_of(make_tiny_model(tiny_config("llama")));
  write(source, "q4_k", {}, 1);
  const std::string one = read_file(out("q4_k"));
  write(source, "q4_k", {}, 3);
  EXPECT_EQ(read_file(out("q4_k")), one);
}

TEST_F(QuantizeTest, MixturesKeepMoreOfValuesAndDownProjectionsInSomeLayers) {
  ModelConfig config = tiny_config("qwen2");
  config.num_hidden_layers = 16;
  config.intermediate_size = 256;
  const SourceModel source = source_of(make_tiny_model(config));
  const QuantizationPlan plan = plan_quantization(source, target_named("q4_k_m"));
  std::vector<int> more;
  for (const TensorPlan& t : plan.tensors) {
    if (t.tensor->module.ends_with("v_proj") && t.encoding == Encoding::rows(DType::q6_k))
      more.push_back(t.tensor->layer);
    if (t.tensor->module.ends_with("q_proj") && t.tensor->role == TensorRole::linear)
      EXPECT_EQ(t.encoding, Encoding::rows(DType::q4_k));
    if (t.tensor->module == "lm_head") EXPECT_EQ(t.encoding, Encoding::rows(DType::q6_k));
  }
  // The first and the last eighth, and every third between.
  EXPECT_THAT(more, ElementsAre(0, 1, 4, 7, 10, 13, 14, 15));
}

TEST_F(QuantizeTest, AShapeThatDoesNotSuitIsAFallbackWithItsReasonAndItsRealBits) {
  ModelConfig config = tiny_config("llama");
  config.intermediate_size = 320;  // not whole blocks of 256, but of 32
  const SourceModel source = source_of(make_tiny_model(config));
  const QuantizationPlan plan = plan_quantization(source, target_named("q4_k"));
  int fallbacks = 0;
  for (const TensorPlan& t : plan.tensors) {
    EXPECT_EQ(t.is_fallback(), t.tensor->module.ends_with("down_proj"));
    if (!t.is_fallback()) continue;
    ++fallbacks;
    EXPECT_EQ(t.encoding, Encoding::rows(DType::q8_0));
    EXPECT_EQ(t.obstacle, "320 columns are not whole blocks of 256");
    EXPECT_EQ(t.bytes(), 256u * 320 / 32 * 34);
  }
  EXPECT_EQ(fallbacks, 2);
  EXPECT_GT(plan.bits_per_weight(), 4.5);
}

TEST_F(QuantizeTest, AFallbackInAFolderIsIgnoredByName) {
  ModelConfig config = tiny_config("llama");
  config.intermediate_size = 320;  // not whole groups of 128
  write(source_of(make_tiny_model(config)), "int4-g128");
  const Json ignore = config_of("int4-g128").at("quantization_config").at("ignore");
  EXPECT_EQ(ignore, Json({"model.layers.0.mlp.down_proj", "model.layers.1.mlp.down_proj", "lm_head"}));
  const RawSafetensors file(out("int4-g128") / "model.safetensors");
  EXPECT_EQ(file.type("model.layers.0.mlp.down_proj.weight"), "BF16");
}

TEST_F(QuantizeTest, ImportanceMovesTheErrorToColumnsThatMatterLess) {
  const TinyModel model = make_tiny_model(tiny_config("llama"));
  const SourceModel source = source_of(model);
  auto statistics = std::make_shared<InputStatistics>();
  statistics->columns = 256;
  for (int c = 0; c < 256; ++c) statistics->mean_square.push_back(c % 8 == 0 ? 100.0 : 0.01);
  Statistics all{{kUp, statistics}};
  const auto loss_where_it_matters = [&](const std::string& format) {
    const SourceModel written(Checkpoint::open(out(format)));
    const SourceTensor& tensor = *written.find(std::string(kUp) + ".weight");
    std::vector<float> got(512 * 256);
    written.read_rows(tensor, 0, 512, got.data());
    const auto& wanted = model.weights.at(tensor.name).values;
    double error = 0;
    for (size_t i = 0; i < got.size(); ++i)
      error += statistics->mean_square[i % 256] * std::pow(got[i] - wanted[i], 2);
    return error;
  };
  for (const char* format : {"q4_k", "q5_k", "q6_k", "q4_0"}) {
    write(source, format);
    const double plain = loss_where_it_matters(format);
    write(source, format, {.statistics = &all});
    EXPECT_LT(loss_where_it_matters(format), 0.9 * plain) << format;
  }
}

TEST(RoundToNearest, WithImportanceTheWeightedErrorIsNoLarger) {
  Random random(3);
  std::vector<float> w(4 * 128);
  std::vector<double> importance(128);
  for (float& x : w) x = random.normal();
  for (double& x : importance) x = std::exp(3 * random.normal());
  const MatrixView view{w.data(), 4, 128};
  const auto error = [&](const IntegerMatrix& m) {
    double sum = 0;
    for (int64_t i = 0; i < 512; ++i) {
      const double got = m.scale[static_cast<size_t>(i / 32)] * m.q[static_cast<size_t>(i)];
      sum += importance[static_cast<size_t>(i % 128)] * std::pow(got - w[static_cast<size_t>(i)], 2);
    }
    return sum;
  };
  EXPECT_LT(error(round_to_nearest(view, {4, 32}, importance)), 0.8 * error(round_to_nearest(view, {4, 32})));
}

TEST(RoundToNearest, GroupsOfZerosHaveTheScaleOne) {
  const std::vector<float> w(64, 0.0f);
  const IntegerMatrix m = round_to_nearest({w.data(), 1, 64}, {4, 32});
  EXPECT_THAT(m.scale, ElementsAre(1.0f, 1.0f));
  EXPECT_EQ(m.q, std::vector<int8_t>(64, 0));
}

TEST_F(QuantizeTest, AMethodGetsWholeMatricesAndItsIntegersAreWritten) {
  const SourceModel source = source_of(make_tiny_model(tiny_config("llama")));
  int calls = 0;
  QuantizeOptions options;
  options.method = [&](Context&, const SourceTensor& tensor, MatrixView w, IntegerGrid grid,
                       const InputStatistics*) {
    EXPECT_EQ(w.rows, tensor.rows);
    ++calls;
    IntegerMatrix m{grid, w.rows, w.columns, {}, {}};
    m.q.assign(static_cast<size_t>(w.rows * w.columns), int8_t{-3});
    m.scale.assign(static_cast<size_t>(w.rows * m.groups()), 0.5f);
    return m;
  };
  write(source, "int4-g32", options);
  EXPECT_EQ(calls, 14);
  const RawSafetensors file(out("int4-g32") / "model.safetensors");
  EXPECT_EQ(file.at<uint32_t>(std::string(kUp) + ".weight_packed", 77), 0x55555555u);
  EXPECT_EQ(file.bf16_at(std::string(kUp) + ".weight_scale", 3), 0.5f);
}

TEST_F(QuantizeTest, WhatGoesWrongLeavesNothing) {
  TinyModel model = make_tiny_model(tiny_config("llama"));
  model.weights["model.layers.1.mlp.down_proj.weight"].values[5] = NAN;
  const SourceModel source = source_of(model);
  for (const char* format : {"q8_0", "fp8"}) {
    EXPECT_THAT(error_message([&] { write(source, format); }),
                HasSubstr("'model.layers.1.mlp.down_proj.weight': row 0, column 5"));
    const auto stop = [](std::string_view, uint64_t, uint64_t) { fail(ErrorCode::cancelled, "stopped"); };
    EXPECT_EQ(error_message([&] { write(source, format, {.progress = stop}); }), "stopped");
  }
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    EXPECT_EQ(entry.path().filename(), "source");
}

TEST_F(QuantizeTest, OnlyModelsAreReplacedAndNeverTheSource) {
  const SourceModel source = source_of(make_tiny_model(tiny_config("llama")));
  std::filesystem::create_directories(dir / "papers");
  write_file_atomic(dir / "papers" / "thesis.txt", "years of work");
  EXPECT_THAT(error_message([&] { check_output(dir / "papers", source, false); }),
              HasSubstr("is there already"));
  EXPECT_THAT(error_message([&] { check_output(dir / "papers", source, true); }),
              HasSubstr("no config.json"));
  EXPECT_THAT(error_message([&] { check_output(dir / "source", source, true); }),
              HasSubstr("is the model itself"));
  EXPECT_THAT(error_message([&] { check_output(dir, source, true); }), HasSubstr("or holds it"));
  EXPECT_EQ(error_message([&] { check_output(dir / "new", source, false); }), "");
  EXPECT_THAT(error_message([&] { check_disk_space(dir / "new", uint64_t{1} << 60); }),
              HasSubstr("are free there"));
  EXPECT_THAT(error_message([&] { target_named("q4km"); }), HasSubstr("did you mean 'q4_k"));
}

}  // namespace
}  // namespace retort::compress
