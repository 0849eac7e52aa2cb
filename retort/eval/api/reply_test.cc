#include "retort/eval/api/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/eval/api/scripted_server.h"

namespace retort::eval {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> events_of(std::string_view text, size_t piece) {
  std::vector<std::string> out;
  SseParser parser(1000);
  for (size_t at = 0; at < text.size(); at += piece)
    parser.feed(text.substr(at, piece), [&](std::string_view data) {
      out.emplace_back(data);
      return true;
    });
  return out;
}

TEST(SseParser, GivesTheDataOfWholeEventsWhateverThePieces) {
  const std::string_view text =
      "\xef\xbb\xbf: comment\ndata: a\n\ndata:b\r\ndata: c\r\n\r\nevent: ping\ndata\n\nid: 7\n\ndata:  "
      "d\r\rdata: cut";
  for (size_t piece : {1, 2, 3, 7, 100})
    EXPECT_THAT(events_of(text, piece), ElementsAre("a", "b\nc", "", " d"));
}

TEST(SseParser, RefusesAnEventWithoutEnd) {
  SseParser parser(100);
  const auto none = [](std::string_view) { return true; };
  EXPECT_TRUE(parser.feed("data: " + std::string(90, 'x'), none));
  EXPECT_FALSE(parser.feed(std::string(90, 'x'), none));
  EXPECT_TRUE(parser.too_long());
}

Result<ApiReply> read(const std::string& body, bool streamed) {
  ReplyReader reader(streamed, 1 << 20);
  reader.feed(body);
  return reader.finish();
}
ApiReply whole(const json& body) {
  return or_throw(read(body.dump(), false));
}

TEST(Reply, HasTokenCountsOfAllKindsOfServers) {
  json body = answer_json("2");
  body["usage"] = {{"prompt_tokens", 10},
                   {"completion_tokens", 8},
                   {"prompt_tokens_details", {{"cached_tokens", 4}}},
                   {"completion_tokens_details", {{"reasoning_tokens", 5}}}};
  ApiReply reply = whole(body);
  EXPECT_EQ(reply.usage->prompt, 10);
  EXPECT_EQ(reply.usage->cached, 4);
  EXPECT_EQ(reply.usage->completion, 8);
  EXPECT_EQ(reply.usage->reasoning, 5);
  body["usage"] = {{"prompt_tokens", 10}, {"completion_tokens", 8}, {"prompt_cache_hit_tokens", 6}};
  reply = whole(body);
  EXPECT_EQ(reply.usage->cached, 6);
  EXPECT_FALSE(reply.usage->reasoning);
  body.erase("usage");
  EXPECT_FALSE(whole(body).usage);
}

TEST(Reply, RefusesTokenCountsThatCannotBe) {
  for (const json& usage :
       {json{{"prompt_tokens", -1}}, json{{"prompt_tokens", 1.5}}, json{{"prompt_tokens", "7"}},
        json{{"completion_tokens", uint64_t{1} << 63}},
        json{{"prompt_tokens", 1}, {"prompt_tokens_details", {{"cached_tokens", 2}}}},
        json{{"completion_tokens", 1}, {"completion_tokens_details", {{"reasoning_tokens", 2}}}}}) {
    json body = answer_json("2");
    body["usage"] = usage;
    const auto reply = read(body.dump(), false);
    ASSERT_FALSE(reply) << usage;
    EXPECT_THAT(reply.error().message(), HasSubstr("usage")) << usage;
  }
}

TEST(Reply, TellsTheThoughtFromTheAnswer) {
  ApiReply reply = whole(answer_json("<think>\n1 and 1\n</think>\n\n2"));
  EXPECT_EQ(reply.reasoning, "1 and 1");
  EXPECT_EQ(reply.content, "2");
  EXPECT_FALSE(reply.open_thought);
  reply = whole(answer_json("1 and 1</think>2"));  // the template opened the thought
  EXPECT_EQ(reply.reasoning, "1 and 1");
  EXPECT_EQ(reply.content, "2");
  reply = whole(answer_json("<think>1 and"));
  EXPECT_EQ(reply.reasoning, "1 and");
  EXPECT_EQ(reply.content, "");
  EXPECT_TRUE(reply.open_thought);
  reply = whole(answer_json("The tags are <think> and </think>."));
  EXPECT_EQ(reply.content, "The tags are <think> and </think>.");
  json body = answer_json("2 <think>");
  body["choices"][0]["message"]["reasoning_content"] = "1 and 1";
  body["choices"][0]["message"]["reasoning"] = "1 and 1";
  reply = whole(body);
  EXPECT_EQ(reply.reasoning, "1 and 1");
  EXPECT_EQ(reply.content, "2 <think>");
}

TEST(Reply, KeepsARefusalApart) {
  json body = answer_json("");
  body["choices"][0]["message"] = {{"content", nullptr}, {"refusal", "I can't help with that."}};
  const ApiReply reply = whole(body);
  EXPECT_EQ(reply.content, "");
  EXPECT_EQ(reply.refusal, "I can't help with that.");
}

TEST(Reply, OfAStreamIsTheSameWhateverThePieces) {
  const json usage{{"model", "m"},
                   {"choices", json::array()},
                   {"usage", {{"prompt_tokens", 3}, {"completion_tokens", 2}}}};
  const std::string body = ": keep-alive\n\n" + event(delta_json({{"content", "<thi"}})) +
                           event(delta_json({{"content", "nk>a</think>\xc3\xa9"}})) +
                           event(delta_json(json::object(), "stop")) + event(usage) + "data: [DONE]\n\nrest";
  for (size_t piece : {1, 5, 1000}) {
    ReplyReader reader(true, 1 << 20);
    for (size_t at = 0; at < body.size(); at += piece) EXPECT_TRUE(reader.feed(body.substr(at, piece)));
    EXPECT_TRUE(reader.ended());
    const ApiReply reply = or_throw(reader.finish());
    EXPECT_EQ(reply.reasoning, "a");
    EXPECT_EQ(reply.content, "\xc3\xa9");
    EXPECT_EQ(reply.usage->completion, 2);
    EXPECT_EQ(reply.finish_reason, "stop");
  }
}

TEST(Reply, RefusesWhatIsNone) {
  json two = answer_json("2");
  two["choices"].push_back(two["choices"][0]);
  json number = answer_json("2");
  number["choices"][0]["message"]["content"] = 2;
  for (const std::string& body :
       {std::string(""), std::string("<html>"), std::string("null"), std::string("{}"),
        std::string("{\"choices\": 7}"), two.dump(), number.dump(), std::string(100000, '[')}) {
    const auto reply = read(body, false);
    ASSERT_FALSE(reply) << body.substr(0, 50);
    EXPECT_LT(reply.error().message().size(), 300u);
  }
}

TEST(ErrorBody, IsReadInTheFormsThatServersUse) {
  EXPECT_EQ(parse_error_body(R"({"error": {"message": "a", "code": "b", "param": "c"}})")->parameter, "c");
  EXPECT_EQ(parse_error_body(R"({"error": "a"})")->message, "a");
  EXPECT_EQ(parse_error_body(R"({"message": "a", "code": 400})")->message, "a");
  EXPECT_EQ(parse_error_body(R"({"detail": "a"})")->message, "a");
  EXPECT_FALSE(parse_error_body("<html>Bad Gateway</html>"));
  EXPECT_FALSE(parse_error_body("{}"));
}

}  // namespace
}  // namespace retort::eval
