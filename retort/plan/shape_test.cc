#include "retort/plan/shape.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/formats/model_names.h"
#include "retort/plan/embedded.h"
#include "retort/plan/weights.h"

namespace retort::plan {
namespace {

/// "14.8 B" of the built-in table, and in the precision that is written.
struct Stated {
  double value, half_digit;
};
Stated stated(const std::string& text) {
  const std::string digits = text.substr(0, text.find(' '));
  const size_t point = digits.find('.');
  const double decimals = point == std::string::npos ? 0 : static_cast<double>(digits.size() - point - 1);
  return {std::stod(digits) * 1e9, 0.5 * std::pow(10.0, -decimals) * 1e9};
}

TEST(PublishedShapes, TensorsAddUpToTheParametersOnTheModelsPages) {
  const Json table = Json::parse(embedded_file("architectures.json"));
  for (const Json& row : table.at("models")) {
    const auto name = row.at("name").get<std::string>();
    const Stated parameters = stated(row.at("parameters"));
    EXPECT_NEAR(static_cast<double>(published_shape(name)->parameters()), parameters.value,
                1.05 * parameters.half_digit)
        << name;
    EXPECT_FALSE(row.at("source").get<std::string>().empty()) << name;
  }
}

TEST(PublishedShapes, ParametersOfSmallOnesByHand) {
  // 2 x vocabulary x hidden + layers x (attention with biases + feed-forward + 2 norms) + the last norm.
  const ModelShape s = *published_shape("DeepSeek-R1-Distill-Qwen-1.5B");
  const uint64_t attention = 1536 * 1536 * 2 + 2 * 1536 * 256 + 1536 + 2 * 256;
  EXPECT_EQ(s.parameters(), 2 * 151936ull * 1536 + 28 * (attention + 3 * 1536 * 8960 + 2 * 1536) + 1536);
}

TEST(PublishedShapes, MixturesUseAPartOfTheirParameters) {
  const ModelShape r1 = *published_shape("DeepSeek-R1");
  EXPECT_NEAR(static_cast<double>(r1.active_parameters()) / 1e9, 37.5,
              0.7);  // its report: 37 B, less a table
  const ModelShape dense = *published_shape("DeepSeek-R1-Distill-Qwen-7B");
  EXPECT_EQ(dense.active_parameters(), dense.parameters());
}

TEST(FindShape, AFilesTensorsAreThoseOfItsConfiguration) {
  for (const std::string& name : model_names()) {
    if (!std::filesystem::exists(std::filesystem::path(RETORT_SOURCE_DIR) / "models/micro" / name /
                                 "model.safetensors"))
      continue;
    const ModelShape s = find_shape(name);
    uint64_t stored = 0;
    for (const StoredWeight& t : s.stored) {
      stored += t.elements;
      EXPECT_NE(t.group, Group::other) << t.name;
    }
    EXPECT_EQ(stored, s.parameters()) << name;
    EXPECT_EQ(weights_of(s, kAsStored).bytes(), weights_of(s, "bf16").bytes()) << name;
  }
}

TEST(FindShape, AnUnknownNameOffersTheNearest) {
  try {
    find_shape("DeepSeek-R1-Distil-Qwen-14B");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::not_found);
    EXPECT_THAT(e.message(), testing::HasSubstr("did you mean 'DeepSeek-R1-Distill-Qwen-14B'"));
  }
}

Json config() {
  return Json::parse(
      R"({"model_type": "qwen2", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 128,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512})");
}

TEST(ShapeOfConfig, RefusesSizesThatMeanNothing) {
  const std::pair<const char*, int64_t> kBad[] = {{"num_attention_heads", 0},
                                                  {"num_key_value_heads", 0},
                                                  {"hidden_size", -64},
                                                  {"num_hidden_layers", 0},
                                                  {"num_key_value_heads", 3},
                                                  {"num_attention_heads", 5},
                                                  {"vocab_size", -1},
                                                  {"intermediate_size", 0},
                                                  {"head_dim", 1},
                                                  {"max_position_embeddings", -10},
                                                  {"hidden_size", 1 << 30}};
  for (const auto& [key, value] : kBad) {
    Json bad = config();
    bad[key] = value;
    try {
      shape_of_config(bad, "config.json");
      ADD_FAILURE() << key << " " << value;
    } catch (const Error& e) {
      EXPECT_THAT(e.message(), testing::StartsWith("config.json")) << e.message();
      EXPECT_EQ(e.message().find('\n'), std::string::npos);
    }
  }
}

TEST(ShapeOfConfig, RefusesWhatOverflows) {
  Json bad = config();
  bad["hidden_size"] = 1 << 20;
  bad["num_attention_heads"] = 1 << 14;
  bad["num_key_value_heads"] = 1 << 14;
  bad["head_dim"] = 4096;
  bad["num_hidden_layers"] = 4096;
  EXPECT_THROW(shape_of_config(bad, "config.json"), Error);
}

TEST(ShapeOfConfig, UnknownArchitecturesAreNamed) {
  Json other = config();
  other["model_type"] = "gemma3";
  try {
    shape_of_config(other, "config.json");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::unsupported);
    EXPECT_THAT(e.message(), testing::HasSubstr("deepseek_v3"));
  }
}

TEST(Weights, BitsOfEachFormatByHand) {
  // One layer-like shape whose widths every block divides: vectors and tables set aside.
  const ModelShape s = *published_shape("DeepSeek-R1-Distill-Qwen-7B");
  const std::pair<const char*, double> kBits[] = {{"bf16", 16},        {"q8_0", 8.5}, {"q4_0", 4.5},
                                                  {"q4_k", 4.5},       {"q5_k", 5.5}, {"q6_k", 6.5625},
                                                  {"int4-g128", 4.125}};
  for (const auto& [format, bits] : kBits) {
    const Weights w = weights_of(s, format);
    double elements = 0;
    for (const WeightTensor& t : w.tensors)
      if (t.group == Group::feed_forward) elements += static_cast<double>(t.rows * t.columns);
    EXPECT_DOUBLE_EQ(8 * static_cast<double>(w.bytes(Group::feed_forward)) / elements, bits) << format;
  }
}

TEST(Weights, ScalesOfFp8ByHand) {
  const ModelShape s = *published_shape("DeepSeek-R1-Distill-Qwen-1.5B");
  for (const WeightTensor& t : weights_of(s, "fp8").tensors)
    if (t.name == "model.layers.0.mlp.down_proj.weight") EXPECT_EQ(t.bytes, 1536 * 8960 + 1536 * 2);
  for (const WeightTensor& t : weights_of(s, "fp8-block").tensors)
    if (t.name == "model.layers.0.mlp.down_proj.weight") EXPECT_EQ(t.bytes, 1536 * 8960 + 12 * 70 * 4);
}

TEST(Weights, RowsThatBlocksDoNotDivideFallBack) {
  const ModelShape s = *published_shape("Qwen2.5-0.5B");  // 896 is no multiple of 256
  const Weights w = weights_of(s, "q4_k_m");
  EXPECT_GT(w.fallbacks(), 0);
  for (const WeightTensor& t : w.tensors)
    if (t.columns == 896 && t.group == Group::attention) EXPECT_EQ(t.type, "q8_0") << t.name;
  EXPECT_EQ(weights_of(*published_shape("DeepSeek-R1-Distill-Qwen-7B"), "q4_k_m").fallbacks(), 0);
}

}  // namespace
}  // namespace retort::plan
