#include "retort/text/micro_family.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/base/file.h"
#include "retort/text/chat_template.h"

namespace retort {
namespace {

ChatTemplate micro() {
  return {{.templates = {{"default", std::string(kMicroChatTemplate)}},
           .bos_token = std::string(kMicroBos),
           .eos_token = std::string(kMicroEos)},
          "micro"};
}

std::string render(const char* messages, bool add_generation_prompt = true) {
  return micro().render(Json::parse(messages), {.add_generation_prompt = add_generation_prompt}).text;
}

TEST(MicroFamily, TheOutsideReadersRenderTheSameTemplate) {
  EXPECT_EQ(read_file(RETORT_SOURCE_DIR "/tests/golden/templates/micro.jinja"), kMicroChatTemplate);
}

TEST(MicroFamily, ItsTemplateHasTheCustomsOfR1) {
  ChatTemplate chat = micro();
  EXPECT_TRUE(chat.opens_thought());
  EXPECT_TRUE(chat.drops_old_thoughts());
  EXPECT_EQ(render(R"([{"role": "user", "content": "1+1?"}])"),
            "<|begin_of_text|><|user|>1+1?<|assistant|><think>\n");
  EXPECT_EQ(
      render(R"([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?"},
                       {"role": "assistant", "content": "<think>\nhm\n</think>\n\n2"}, {"role": "user", "content": ""}])"),
      "<|begin_of_text|>Be brief.<|user|>1+1?<|assistant|>2<|end_of_text|><|user|><|assistant|><think>\n");
}

TEST(MicroFamily, TrainingDataKeepsTheLastThought) {
  const char* whole =
      R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>\nx\n</think>\n\nb"},
                          {"role": "user", "content": "c"}, {"role": "assistant", "content": "<think>\ny\n</think>\n\nd"}])";
  const char* split =
      R"([{"role": "user", "content": "a"}, {"role": "assistant", "reasoning_content": "x", "content": "b"},
                          {"role": "user", "content": "c"}, {"role": "assistant", "reasoning_content": "y\n", "content": "d"}])";
  auto expected =
      "<|begin_of_text|><|user|>a<|assistant|>b<|end_of_text|><|user|>c<|assistant|><think>\ny\n</think>\n\nd"
      "<|end_of_text|>";
  EXPECT_EQ(render(whole, false), expected);
  EXPECT_EQ(render(split, false), expected);
}

TEST(MicroFamily, HasSixteenSpecialTokens) {
  auto tokens = micro_special_tokens();
  EXPECT_EQ(tokens.size(), 16u);
  EXPECT_EQ(tokens[0].content, kMicroBos);
}

}  // namespace
}  // namespace retort
