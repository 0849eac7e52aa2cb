#include "retort/compress/pruned_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/error.h"

namespace retort::compress {
namespace {

using testing::HasSubstr;

/// DeepSeek-R1-Distill-Qwen-1.5B.
ModelConfig qwen() {
  ModelConfig c;
  c.architecture = "qwen2";
  c.vocab_size = 151936;
  c.hidden_size = 1536;
  c.intermediate_size = 8960;
  c.num_hidden_layers = 28;
  c.num_attention_heads = 12;
  c.num_key_value_heads = 2;
  c.head_dim = 128;
  c.attention_bias = true;
  return c;
}

TEST(PrunedShape, CountsTheParametersOfAPublishedModel) {
  EXPECT_EQ(parameter_count(qwen()), 1777088000);  // as its model.safetensors has them
}

TEST(PrunedShape, ReadsSizes) {
  EXPECT_EQ(parse_size("900M", 0), 900000000);
  EXPECT_EQ(parse_size("1.2B", 0), 1200000000);
  EXPECT_EQ(parse_size("350k", 0), 350000);
  EXPECT_EQ(parse_size("1234567", 0), 1234567);
  EXPECT_EQ(parse_size("0.7", 1000), 700);
  for (const char* bad : {"", "x", "-1", "0", "1.2T", "nan", "inf", "7 M", "0.7M7", "1e30", "0.0001"})
    EXPECT_THROW(parse_size(bad, 100), Error) << bad;
}

TEST(PrunedShape, CutsTheMlpFirstThenHiddenChannelsThenLayers) {
  const ModelConfig base = qwen();
  struct {
    int64_t size;
    const char* how;
  } cases[] = {
      {1700000000, "MLP"}, {1300000000, "MLP"}, {900000000, "MLP, hidden channels"}, {400000000, "layers"}};
  for (const auto& c : cases) {
    const ShapeChoice choice = choose_shape(base, c.size, "here");
    EXPECT_THAT(choice.chosen.how, HasSubstr(c.how)) << c.size;
    ModelConfig shape = base;
    shape.num_hidden_layers = choice.chosen.num_hidden_layers;
    shape.hidden_size = choice.chosen.hidden_size;
    shape.intermediate_size = choice.chosen.intermediate_size;
    EXPECT_EQ(parameter_count(shape), choice.chosen.parameters);
    EXPECT_LE(choice.chosen.parameters, c.size);
    EXPECT_GT(choice.chosen.parameters, c.size * 9 / 10);
    EXPECT_EQ(shape.hidden_size % 64, 0);
    EXPECT_EQ(shape.intermediate_size % 64, 0);
    for (const PrunedShape& other : choice.others) EXPECT_LE(other.parameters, c.size);
  }
}

TEST(PrunedShape, RefusesSizesThatCannotBe) {
  auto error_of = [](int64_t size) {
    try {
      choose_shape(qwen(), size, "here");
    } catch (const Error& e) {
      return e.message();
    }
    return std::string("no error");
  };
  EXPECT_THAT(error_of(2000000000), HasSubstr("here: has 1777088000 parameters, --to asks for 2000000000"));
  EXPECT_THAT(error_of(1000000), HasSubstr("the smallest has "));
}

}  // namespace
}  // namespace retort::compress
