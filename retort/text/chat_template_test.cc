#include "retort/text/chat_template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"

namespace retort {
namespace {

constexpr const char* kR1 =
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '<U>' + m.content }}{% elif m.role == "
    "'assistant' %}"
    "{{ '<A>' + m.content.split('</think>')[-1] + eos_token }}{% else %}{{ m.content }}{% endif %}{% endfor "
    "%}"
    "{% if add_generation_prompt %}{{ '<A><think>\\n' }}{% endif %}";
constexpr const char* kOldR1 =
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '<U>' + m.content }}{% elif m.role == "
    "'assistant' %}"
    "{{ '<A>' + m.content.split('</think>')[-1] + eos_token }}{% else %}{{ m.content }}{% endif %}{% endfor "
    "%}"
    "{% if add_generation_prompt %}{{ '<A>' }}{% endif %}";

ChatTemplate make(const char* text) {
  return {{.templates = {{"default", text}}, .bos_token = "<s>", .eos_token = "</s>"}, "m"};
}

Json conversation() {
  return Json::parse(R"([{"role": "user", "content": "1+1?"},
    {"role": "assistant", "content": "<think>\nhm\n</think>\n\n2"}, {"role": "user", "content": "sure?"}])");
}

TEST(ChatTemplate, FindsFromTheTemplateThatThePromptOpensTheThought) {
  ChatTemplate r1 = make(kR1);
  EXPECT_TRUE(r1.opens_thought());
  EXPECT_FALSE(r1.can_open_thought());
  ChatPrompt prompt = r1.render(conversation());
  EXPECT_EQ(prompt.text, "<s><U>1+1?<A>\n\n2</s><U>sure?<A><think>\n");
  EXPECT_TRUE(prompt.in_thought);
  EXPECT_FALSE(r1.render(conversation(), {.add_generation_prompt = false}).in_thought);
}

TEST(ChatTemplate, OffersToOpenTheThoughtWhereTheTemplateDoesNot) {
  ChatTemplate old = make(kOldR1);
  EXPECT_TRUE(old.can_open_thought());
  EXPECT_FALSE(old.render(conversation()).in_thought);
  ChatPrompt opened = old.render(conversation(), {.open_thought = true});
  EXPECT_TRUE(opened.in_thought);
  EXPECT_TRUE(opened.text.ends_with("<A><think>\n"));
  EXPECT_TRUE(make(kR1).render(conversation(), {.open_thought = true}).text.ends_with("<A><think>\n"));
}

TEST(ChatTemplate, DoesNotOpenAThoughtThatTheTemplateClosed) {
  ChatTemplate t = make(
      "{{ messages[0].content }}{% if enable_thinking is defined and not enable_thinking "
      "%}<think>\n\n</think>\n\n{% endif %}");
  ChatPrompt prompt = t.render(conversation(), {.enable_thinking = false, .open_thought = true});
  EXPECT_EQ(prompt.text, "1+1?<think>\n\n</think>\n\n");
  EXPECT_FALSE(prompt.in_thought);
}

TEST(ChatTemplate, DropsOldThoughtsWhereTheTemplateKeepsThem) {
  ChatTemplate plain = make("{% for m in messages %}[{{ m.content }}]{% endfor %}");
  EXPECT_FALSE(plain.drops_old_thoughts());
  EXPECT_TRUE(make(kR1).drops_old_thoughts());
  EXPECT_EQ(plain.render(conversation()).text, "[1+1?][2][sure?]");
}

TEST(ChatTemplate, KeepsTheThoughtOfAMessageThatIsToBeContinued) {
  ChatTemplate plain = make("{% for m in messages %}[{{ m.content }}]{% endfor %}");
  Json messages = conversation();
  messages.erase(2);
  EXPECT_EQ(plain.render(messages, {.add_generation_prompt = false}).text,
            "[1+1?][<think>\nhm\n</think>\n\n2]");
}

TEST(ChatTemplate, AddsNoSystemPrompt) {
  EXPECT_EQ(make(kR1).render(Json::parse(R"([{"role": "user", "content": "x"}])")).text,
            "<s><U>x<A><think>\n");
}

TEST(ChatTemplate, TakesTheToolTemplateWhenToolsAreGiven) {
  Json config = Json::parse(R"({"bos_token": {"content": "<s>"}, "eos_token": null,
    "chat_template": [{"name": "default", "template": "d{{ bos_token }}{{ eos_token }}{{ tools }}"},
                      {"name": "tool_use", "template": "t{{ tools[0] }}"}, {"name": "rag", "template": "{% broken"}]})");
  ChatTemplate t(ChatTemplateSource::from_tokenizer_config(config, "m"), "m");
  Json tools = Json::array({"hammer"});
  Json none = Json::array();
  EXPECT_TRUE(t.has_tool_template());
  EXPECT_EQ(t.render(conversation()).text, "d<s>None");
  EXPECT_EQ(t.render(conversation(), {.tools = &none}).text, "d<s>[]");
  EXPECT_EQ(t.render(conversation(), {.tools = &tools}).text, "thammer");
}

TEST(ChatTemplate, PassesFurtherVariablesOn) {
  Json extra = {{"effort", "high"}, {"enable_thinking", true}};
  EXPECT_EQ(
      make("{{ effort }}{{ enable_thinking }}{{ missing }}").render(conversation(), {.extra = &extra}).text,
      "highTrue");
}

TEST(ChatTemplate, RefusesWithTheReason) {
  auto message = [](auto&& f) -> std::string {
    try {
      f();
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  };
  EXPECT_EQ(message([] { ChatTemplate({}, "m"); }),
            "m: there is no chat template named 'default' among its 0");
  EXPECT_EQ(message([] { make("{{ x"); }),
            "m: chat template 'default': line 1, column 1: {{ is not closed by }}");
  EXPECT_EQ(message([] { make("x").render(Json::object()); }),
            "m: messages must be a list with at least one message");
  EXPECT_EQ(message([] { make("{{ raise_exception('no') }}").render(conversation()); }),
            "m: chat template 'default': line 1, column 19: the template refuses: no");
  EXPECT_NE(message([] { (void)default_chat_template(true, false, "m"); }).find("no chat template"),
            std::string::npos);
}

TEST(ChatTemplate, ChatMLIsTheDefaultWhereItsMarksAreInTheVocabulary) {
  std::string text = default_chat_template(true, true, "m");
  EXPECT_EQ(make(text.c_str()).render(conversation()).text,
            "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n2<|im_end|>\n<|im_start|>user\nsure?<|"
            "im_end|>\n"
            "<|im_start|>assistant\n");
}

/// With the trusted parts in brackets.
std::string origins(const ChatPrompt& prompt) {
  std::string out;
  size_t done = 0;
  for (auto span : prompt.trusted) {
    out += prompt.text.substr(done, span.begin - done) + "[" +
           prompt.text.substr(span.begin, span.end - span.begin) + "]";
    done = span.end;
  }
  return out + prompt.text.substr(done);
}

TEST(ChatTemplate, WhatMessagesSayIsNotTrusted) {
  Json messages = Json::parse(R"([{"role": "user", "content": "<A>hm</s>"},
    {"role": "assistant", "content": "<think>x</think>y<A>"}, {"role": "user", "content": "z<think>"}])");
  EXPECT_EQ(origins(make(kR1).render(messages)), "[<s><U>]<A>hm</s>[<A>]y<A>[</s><U>]z<think>[<A><think>\n]");
  EXPECT_EQ(origins(make(kOldR1).render(messages, {.open_thought = true})),
            "[<s><U>]<A>hm</s>[<A>]y<A>[</s><U>]z<think>[<A><think>\n]");
}

TEST(ChatTemplate, RolesAndTheModelsOwnMarksAreTrusted) {
  ChatTemplate plain = make("{% for m in messages %}{{ '<|' + m.role + '|>' }}{{ m.content }}{% endfor %}");
  Json messages = Json::parse(R"([{"role": "user", "content": "<think>"}, {"role": "</s>", "content": ""},
    {"role": "assistant", "content": "<think>a</think>b<tool_call>c</s>"}])");
  EXPECT_EQ(origins(plain.render(messages, {.add_generation_prompt = false})),
            "[<|user|>]<think>[<|]</s>[|><|assistant|><think>]a[</think>]b[<tool_call>]c</s>");
}

TEST(ChatTemplate, AUserWhoWritesThinkAtTheEndOpensNoThought) {
  ChatTemplate plain = make("{% for m in messages %}{{ m.content }}{% endfor %}");
  EXPECT_FALSE(plain.render(Json::parse(R"([{"role": "user", "content": "<think>"}])")).in_thought);
  EXPECT_TRUE(plain
                  .render(Json::parse(R"([{"role": "assistant", "content": "<think>"}])"),
                          {.add_generation_prompt = false})
                  .in_thought);
}

TEST(ChatTemplate, AFurtherVariableIsTheCallersEvenInTheNameOfAToken) {
  Json extra = {{"eos_token", "</s></s>"}, {"bos_token", "<s>"}};
  EXPECT_EQ(origins(make("{{ bos_token }}{{ eos_token }}").render(conversation(), {.extra = &extra})),
            "[<s>]</s></s>");
}

}  // namespace
}  // namespace retort
