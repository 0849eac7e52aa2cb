#include "retort/train/vocabularies.h"

#include <gtest/gtest.h>

#include <string>

#include "retort/text/bpe_trainer.h"
#include "retort/text/micro_family.h"

namespace retort::train {
namespace {

Tokenizer trained(std::string_view text, int32_t size) {
  BpeTrainer trainer(micro_tokenizer_options(size));
  trainer.add(text, 10);
  TrainedTokenizer tokenizer = trainer.train();
  return Tokenizer::from_json(write_tokenizer_json(tokenizer), "tokenizer.json",
                              write_tokenizer_config_json(tokenizer, kMicroChatTemplate, 512));
}

constexpr std::string_view kText = "the quick brown fox jumps over the lazy dog and over the other dogs";

TEST(Vocabularies, EqualOnesDoNotDiffer) {
  EXPECT_EQ(vocabulary_difference(trained(kText, 300), trained(kText, 300)), std::nullopt);
}

TEST(Vocabularies, OneOfEqualSizeAndOtherTokensDiffers) {
  Tokenizer a = trained(kText, 280), b = trained("zzyzx zzyzx xyzzy quux quuux corge", 280);
  ASSERT_EQ(a.vocabulary_size(), b.vocabulary_size());
  auto difference = vocabulary_difference(a, b);
  ASSERT_TRUE(difference);
  EXPECT_TRUE(difference->starts_with("token 256 is '")) << *difference;
}

TEST(Vocabularies, ALargerOneDiffers) {
  auto difference = vocabulary_difference(trained(kText, 280), trained(kText, 284));
  ASSERT_TRUE(difference);
  EXPECT_NE(difference->find("to the student"), std::string::npos);
}

}  // namespace
}  // namespace retort::train
