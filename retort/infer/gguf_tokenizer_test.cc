#include "retort/infer/gguf_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/formats/temporary_folder.h"
#include "retort/infer/model_text.h"
#include "retort/text/micro_family.h"

namespace retort {
namespace {

struct Trained {
  std::string json, config;

  Trained() {
    BpeTrainer trainer(micro_tokenizer_options(300));
    trainer.add("the tokenizer that the trainer trained, the texts that the tests took", 9);
    auto trained = trainer.train();
    json = write_tokenizer_json(trained);
    config = write_tokenizer_config_json(trained, kMicroChatTemplate, 512);
  }
};

class GgufTokenizer : public TemporaryFolder {};

std::string refusal(const TokenizerDefinition& definition, int64_t vocab_size = 1000) {
  try {
    GgufFields fields;
    add_gguf_tokenizer(fields, definition, {}, vocab_size, "t.json");
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST_F(GgufTokenizer, IsReadBackAsItStoodInTokenizerJson) {
  Trained t;
  auto definition = read_tokenizer_json(t.json, "t.json", t.config);
  auto chat = ChatTemplateSource::from_tokenizer_config(Json::parse(t.config), "config");
  GgufFields fields;
  fields.set_string("general.architecture", "llama");
  add_gguf_tokenizer(fields, definition, chat, 320, "t.json");

  auto path = dir / "vocabulary.gguf";
  GgufWriter(path, fields, {}).finish();

  auto checkpoint = Checkpoint::open(path);
  auto read = load_tokenizer(checkpoint);
  auto original = Tokenizer::from_json(t.json, "t.json", t.config);
  EXPECT_EQ(read.vocabulary_size(), 320);  // padded
  EXPECT_EQ(read.pre_tokenizer_name(), "qwen2");
  for (auto text : {"the trainer's tests", "<|user|>héllo 世界<think>", " \n\n1234", "\xff"})
    for (bool parse : {false, true}) {
      EncodeOptions options{.add_special_tokens = true, .parse_special_tokens = parse};
      EXPECT_EQ(read.encode(text, options), original.encode(text, options)) << text;
    }
  for (int32_t id = 0; id < original.vocabulary_size(); ++id) {
    EXPECT_EQ(read.piece(id), original.piece(id));
    EXPECT_EQ(read.is_special(id), original.is_special(id)) << id;
  }
  EXPECT_EQ(read.eos_id(), original.eos_id());
  EXPECT_EQ(read.pad_id(), original.pad_id());
  EXPECT_TRUE(load_chat_template(checkpoint, read).opens_thought());
}

TEST_F(GgufTokenizer, RefusesWhatItCannotSay) {
  Trained t;
  auto definition = read_tokenizer_json(t.json, "t.json", t.config);
  EXPECT_EQ(refusal(definition), "");
  EXPECT_EQ(refusal(definition, 299), "t.json: 300 tokens do not fit into the model's vocab_size of 299");
  auto changed = read_tokenizer_json(t.json, "t.json", t.config);
  changed.nfc = false;
  EXPECT_THAT(refusal(changed),
              testing::HasSubstr("has no name for this pre-tokenizer (normalizer NFC: false"));
  changed = read_tokenizer_json(t.json, "t.json", t.config);
  changed.prefix.push_back(7);
  EXPECT_THAT(refusal(changed),
              testing::HasSubstr("only the BOS token there, and the post_processor puts 2"));
  changed = read_tokenizer_json(t.json, "t.json", t.config);
  changed.pre_tokenizer.push_back({.regex = "x"});
  EXPECT_THAT(refusal(changed), testing::HasSubstr("has no name"));
}

}  // namespace
}  // namespace retort
